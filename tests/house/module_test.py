"""What cmake/TidemarkModule.cmake refuses, and what the self-check of headers finds."""
import os
import unittest

from tree import ROOT, TreeTest

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(toy LANGUAGES CXX)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
set(BUILD_TESTING OFF)
set(TIDEMARK_EMPTY_SOURCE "${PROJECT_BINARY_DIR}/empty.cpp")
file(WRITE "${TIDEMARK_EMPTY_SOURCE}" "")
add_library(tidemark_warnings INTERFACE)
add_library(tidemark_pch OBJECT "${TIDEMARK_EMPTY_SOURCE}")
target_compile_features(tidemark_pch PRIVATE cxx_std_23)
target_precompile_headers(tidemark_pch PRIVATE <vector>)
include("%s/cmake/TidemarkModule.cmake")
""" % ROOT
SOUND = """
set(TIDEMARK_LAYER 0)
tidemark_module(core/base)
set(TIDEMARK_LAYER 1)
tidemark_module(core/dns DEPENDS core/base)
"""


class Module(TreeTest):
    def configure(self, modules, files):
        self.write({"CMakeLists.txt": PROJECT + modules} | files)
        compiler = [f"-DCMAKE_CXX_COMPILER={os.environ['CXX']}"] if "CXX" in os.environ else []
        return self.run_command("cmake", "-G", "Ninja", "-S", self.tree, "-B", self.tree / "build",
                                *compiler)

    def build(self, target):
        return self.run_command("cmake", "--build", self.tree / "build", "--target", target)

    def test_a_climb_is_refused(self):
        code, said = self.configure(
            SOUND + "set(TIDEMARK_LAYER 0)\ntidemark_module(core/log DEPENDS core/dns)\n",
            {"core/base/a.hpp": "", "core/dns/b.hpp": "", "core/log/c.hpp": ""})
        self.assertNotEqual(code, 0)
        self.assertIn("core/log (layer 0) climbs to core/dns (layer 1)", said)

    def test_what_is_not_declared_above_is_refused(self):
        code, said = self.configure(SOUND + "tidemark_module(net DEPENDS topics)\n",
                                    {"core/base/a.hpp": "", "net/c.hpp": ""})
        self.assertNotEqual(code, 0)
        self.assertIn("net depends on topics, which is not declared above it", said)

    def test_an_empty_folder_is_left_out_and_so_is_every_edge_to_it(self):
        code, said = self.configure(SOUND, {"core/dns/b.cpp": "int b;\n"})
        self.assertEqual(code, 0, said)
        code, said = self.build("tidemark_core_dns")
        self.assertEqual(code, 0, said)

    def test_the_self_check_finds_what_the_precompiled_header_hides(self):
        hidden = "inline std::vector<int> hidden() { return {}; }\n"
        code, said = self.configure(SOUND, {"core/base/hidden.hpp": hidden,
                                            "core/base/a.cpp": '#include "core/base/hidden.hpp"\n'})
        self.assertEqual(code, 0, said)
        code, said = self.build("tidemark_core_base")
        self.assertEqual(code, 0, said)
        code, said = self.build("all_verify_interface_header_sets")
        self.assertNotEqual(code, 0)
        self.assertIn("hidden.hpp", said)


if __name__ == "__main__":
    unittest.main()

"""Each rule of scripts/check_layers.py, on a tree that breaks that rule only."""
import unittest

from tree import TreeTest

MODULES = """0 core/base
1 core/dns core/base
3 topics core/base
4 producer/publish core/base
6 producer/app core/base
"""
SOUND = {
    "core/base/result.hpp": "#include <expected>\n",
    "core/dns/name.hpp": '#include "core/base/result.hpp"\n#include <chrono>\n',
    "core/dns/name.cpp": '#include "core/dns/name.hpp"\n',
    "topics/log.hpp": '#include "core/base/result.hpp"\n',
    "topics/log.cpp": "#include <librdkafka/rdkafka.h>\n#include <sys/eventfd.h>\n",
    "producer/publish/outbox.hpp": '#include "core/base/result.hpp"\n',
    "producer/app/controller_main.cpp": '#include "topics/log.hpp"\n#include <CLI/CLI.hpp>\n',
    "tests/unit/core/dns/name_test.cpp": '#include "core/dns/name.hpp"\n#include <gtest/gtest.h>\n',
}


class CheckLayers(TreeTest):
    def check(self, broken=None, modules=MODULES):
        self.write(SOUND | (broken or {}) | {"modules.txt": modules})
        return self.run_script("check_layers.py", self.tree, self.tree / "modules.txt")

    def assert_breaks(self, rule, path, text):
        code, said = self.check({path: text})
        self.assertEqual(code, 1, said)
        lines = said.splitlines()
        self.assertEqual(len(lines), 1, said)
        self.assertRegex(lines[0], f"^{path}:1: rule {rule}: ")

    def test_a_sound_tree_passes(self):
        code, said = self.check()
        self.assertEqual((code, said), (0, "5 modules, every include goes down\n"))

    def test_rule_1_refuses_a_path_that_climbs(self):
        self.assert_breaks(1, "core/dns/zone.hpp", '#include "../base/result.hpp"\n')

    def test_rule_1_refuses_a_bare_name(self):
        self.assert_breaks(1, "core/dns/zone.hpp", '#include "name.hpp"\n')

    def test_rule_1_refuses_a_file_that_is_not_there(self):
        self.assert_breaks(1, "core/dns/zone.hpp", '#include "core/base/gone.hpp"\n')

    def test_rule_1_holds_in_tests_too(self):
        self.assert_breaks(1, "tests/unit/core/dns/zone_test.cpp", '#include "name.hpp"\n')

    def test_rule_2_refuses_an_include_that_goes_up(self):
        self.assert_breaks(2, "core/dns/zone.cpp", '#include "topics/log.hpp"\n')

    def test_rule_2_refuses_an_inherited_dependency(self):
        self.assert_breaks(2, "producer/publish/send.cpp", '#include "core/dns/name.hpp"\n')

    def test_rule_3_refuses_a_dependency_without_a_use(self):
        modules = MODULES.replace("publish core/base", "publish core/base,topics")
        code, said = self.check(modules=modules)
        self.assertEqual(code, 1)
        self.assertIn("rule 3: producer/publish DEPENDS on topics: no file uses it", said)

    def test_rule_4_refuses_a_source_outside_every_module(self):
        self.assert_breaks(4, "core/dns/deep/zone.hpp", "\n")

    def test_rule_5_refuses_a_foreign_header_outside_its_door(self):
        self.assert_breaks(5, "producer/publish/send.cpp", "#include <librdkafka/rdkafka.h>\n")

    def test_rule_5_keeps_sqlite_out_of_the_outbox(self):
        self.assert_breaks(5, "producer/publish/outbox.cpp", "#include <sqlite3.h>\n")

    def test_rule_5_sees_through_quotes(self):
        self.assert_breaks(5, "producer/publish/scrape.cpp", '#include "prometheus/registry.h"\n')

    def test_rule_5_counts_generated_headers_as_flatbuffers(self):
        self.assert_breaks(5, "topics/read.cpp", '#include "change_set_generated.h"\n')

    def test_rule_5_keeps_a_closed_door_out_of_headers(self):
        self.assert_breaks(5, "topics/handle.hpp", "#include <librdkafka/rdkafka.h>\n")

    def test_rule_5_knows_tls_apart_from_asio(self):
        self.assert_breaks(5, "producer/app/tls.cpp", "#include <boost/asio/ssl/stream.hpp>\n")

    def test_rule_5_refuses_a_library_without_a_door(self):
        self.assert_breaks(5, "topics/pack.cpp", "#include <unknown/pack.h>\n")

    def test_rule_6_refuses_a_thread_in_core(self):
        self.assert_breaks(6, "core/dns/zone.cpp", "#include <thread>\n")

    def test_rule_6_refuses_a_system_call_in_core(self):
        self.assert_breaks(6, "core/dns/zone.cpp", "#include <sys/socket.h>\n")

    def test_rule_6_refuses_to_read_a_clock_in_core(self):
        self.assert_breaks(6, "core/dns/zone.cpp",
                           "auto now = std::chrono::steady_clock::now();\n")


if __name__ == "__main__":
    unittest.main()

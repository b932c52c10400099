"""Each check of scripts/tidy.py, on a tree that breaks that check only."""
import unittest

from tree import TreeTest

SOUND = """// Names of ours and names of others: a helper's data in a comment is nobody's name.
#define TIDEMARK_CHECK(condition) ((void)(condition))
const char* text = "the manager";
struct Dataset { Rdata rdata; const char* data(); };
int poll(boost::asio::io_context& loop, Dataset& all) {
  return loop.context(all.data(), SSL_CTX_new);
}
int many = 1'000'000;
"""


class Tidy(TreeTest):
    def check(self, path="core/dns/name.hpp", text=SOUND):
        self.write({path: text})
        return self.run_script("tidy.py", self.tree)

    def assert_breaks(self, path, text, sentence):
        code, said = self.check(path, text)
        self.assertEqual(code, 1, said)
        self.assertEqual(said, f"{path}:1: {sentence}\n")

    def test_a_sound_tree_passes(self):
        self.assertEqual(self.check(), (0, "tidy\n"))

    def test_columns(self):
        self.assert_breaks("core/dns/a.cpp", "//" + "x" * 99 + "\n", "101 columns, 100 at most")

    def test_a_line_with_a_url_may_be_long(self):
        self.assertEqual(self.check("core/dns/a.cpp", "// https://" + "x" * 99 + "\n")[0], 0)

    def test_a_banned_word_is_found_in_every_spelling(self):
        for name, word in [("ZoneManager", "Manager"), ("zone_data", "data"), ("impl_", "impl")]:
            with self.subTest(name):
                self.assert_breaks("core/dns/a.cpp", f"int {name};\n",
                                   f"{name}: '{word}' is banned in names: find its noun")

    def test_a_banned_word_in_a_file_name(self):
        self.assert_breaks("core/dns/name_util.cpp", "\n",
                           "file name: 'util' is banned in names: find its noun")

    def test_using_namespace_in_a_header(self):
        self.assert_breaks("core/dns/a.hpp", "using namespace std;\n",
                           "using namespace in a header")

    def test_a_todo_without_an_issue(self):
        mark = "TO" + "DO"
        self.assert_breaks("core/dns/a.cpp", f"// {mark}: later\n",
                           f"write it as {mark}(#123): sentence")
        self.assertEqual(self.check("core/dns/a.cpp", f"// {mark}(#7): later\n")[0], 0)

    def test_a_macro_of_another_name(self):
        self.assert_breaks("core/dns/a.cpp", "#define CHECK(x) x\n",
                           "macro CHECK does not begin with TIDEMARK_")

    def test_a_dead_path_in_a_document(self):
        self.assert_breaks("docs/walk.md", "see `core/dns/gone` there\n",
                           "core/dns/gone does not exist")

    def test_paths_that_a_document_may_name(self):
        self.write({"core/dns/name.hpp": "\n"})
        words = "`core/dns/name` `core/dns/*.hpp` `core/dns/name.hpp:12` `tests/unit/<path>` `a/b`"
        self.assertEqual(self.check("docs/walk.md", words + " `core/dns/`\n"), (0, "tidy\n"))


if __name__ == "__main__":
    unittest.main()

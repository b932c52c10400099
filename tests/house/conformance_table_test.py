"""docs/conformance.md names tests: each of them exists, and the states are the three that it says.

In the table's column of tests every back-quoted word is a test: `Suite.Name` of a GoogleTest, or
`test_name` of a Python one. A state "not yet" names an issue, "by choice" gives its reason.
"""
import re
import unittest

from tree import ROOT, TreeTest

GTEST = re.compile(r"\b(?:TEST|TEST_F|TEST_P|TYPED_TEST|RC_GTEST_PROP|RC_GTEST_FIXTURE_PROP)\(\s*"
                   r"(\w+),\s*(\w+)")
PYTHON = re.compile(r"^\s*def (test_\w+)\(", re.M)
STATES = ("done", "by choice", "not yet", "not ours")


def tests_in(tree):
    found = set()
    for path in (tree / "tests").rglob("*"):
        if path.suffix == ".cpp":
            found |= {f"{suite}.{name}" for suite, name in GTEST.findall(path.read_text())}
        elif path.suffix == ".py":
            found |= set(PYTHON.findall(path.read_text()))
    return found


def rows_of(tree):
    """(line number, cells) of each row of every table, without its two lines of head."""
    lines = (tree / "docs/conformance.md").read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("| ") and not line.startswith("| clause"):
            yield number, [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def faults(tree):
    known = tests_in(tree)
    for number, cells in rows_of(tree):
        if len(cells) != 4:
            yield f"line {number}: {len(cells)} cells, not clause, requirement, tests, state"
            continue
        tests, state = cells[2], cells[3]
        named = re.findall(r"`([^`]+)`", tests)
        for name in named:
            if name not in known:
                yield f"line {number}: there is no test {name}"
        if not state.startswith(STATES):
            yield f"line {number}: the state is none of {', '.join(STATES)}"
        if state.startswith("done") and not named:
            yield f"line {number}: done, and no test shows it"
        if state.startswith("not yet") and not re.search(r"issue \d", state):
            yield f"line {number}: not yet, and no issue"
        if state.startswith("by choice") and len(state) < len("by choice: why"):
            yield f"line {number}: by choice, and no reason"


class ConformanceTable(TreeTest):
    def test_every_test_that_the_conformance_table_names_exists(self):
        self.assertEqual(list(faults(ROOT)), [])
        self.assertGreater(len(list(rows_of(ROOT))), 50)

    def test_a_missing_test_and_a_bare_state_are_found(self):
        self.write({
            "docs/conformance.md":
                "| clause | requirement | tests | state |\n|---|---|---|---|\n"
                "| 1 | a | `Real.One`, `test_two` | done |\n"
                "| 2 | b | `Gone.One` | done |\n"
                "| 3 | c | | done |\n"
                "| 4 | d | | not yet |\n"
                "| 5 | e | | soon |\n"
                "| 6 | f | | by choice |\n",
            "tests/unit/one_test.cpp": "TEST_F(\n    Real, One) {}\n",
            "tests/two_test.py": "class Two:\n    def test_two(self):\n        pass\n"})
        self.assertEqual([fault.split(":")[0] for fault in faults(self.tree)],
                         [f"line {number}" for number in (4, 5, 6, 7, 8)])


if __name__ == "__main__":
    unittest.main()

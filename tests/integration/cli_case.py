"""What the tests of the command line share: how it is run, and how it may end."""

import pathlib
import subprocess
import tempfile
import unittest

from fleet import BIN

TOOL = BIN / "tidemark"
OK, ERROR, USAGE, GUARD, TIME_OUT = 0, 1, 2, 4, 5
REASON = ("--reason", "test")


def run(*arguments, stdin=None, timeout=120):
    return subprocess.run([TOOL, *map(str, arguments)], capture_output=True, text=True,
                          input=stdin, timeout=timeout)


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tidemark-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def ends(self, code, done):
        self.assertEqual(done.returncode, code, f"{done.args}\n{done.stdout}{done.stderr}")
        return done

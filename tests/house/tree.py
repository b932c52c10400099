"""Small trees for the tests of the house: made in a temporary folder, checked, thrown away."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class TreeTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="tidemark-house-")
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name)

    def write(self, files):
        for path, text in files.items():
            file = self.tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def run_script(self, name, *arguments):
        """The exit code and the lines of one of the repository's own check scripts."""
        return self.run_command(sys.executable, "-B", ROOT / "scripts" / name, *arguments)

    def run_command(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.returncode, done.stdout

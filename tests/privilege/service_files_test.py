"""The systemd units are as strict as they claim, and an installed tree is whole.

usage: service_files_test.py [unittest arguments]
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "packaging/systemd").glob("*.service"))
EXPOSURE_TENTHS_MAX = 20  # 2.0


def run(*arguments):
    return subprocess.run([str(one) for one in arguments], capture_output=True, text=True,
                          timeout=120)


class ServiceFiles(unittest.TestCase):
    def test_units_are_hardened(self):
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            self.skipTest("systemd-analyze is not installed")
        self.assertEqual(len(UNITS), 3)
        for unit in UNITS:
            judged = run(analyze, "security", "--no-pager", "--offline=true",
                         f"--threshold={EXPOSURE_TENTHS_MAX}", unit)
            level = re.search(r"exposure level.*: ([\d.]+)", judged.stdout)
            self.assertIsNotNone(level, judged.stdout + judged.stderr)
            print(f"{unit.name}: exposure {level[1]}")
            self.assertEqual(judged.returncode, 0, judged.stdout)
            self.assertLessEqual(float(level[1]) * 10, EXPOSURE_TENTHS_MAX)

    def test_units_are_understood(self):
        analyze = shutil.which("systemd-analyze")
        if analyze is None:
            self.skipTest("systemd-analyze is not installed")
        with Installed() as prefix:
            units = sorted((prefix / "lib/systemd/system").glob("*.service"))
            self.assertEqual(len(units), 3)
            judged = run(analyze, "verify", *units)
            # The user and the documents of the installing machine are its own matter.
            said = [line for line in judged.stderr.splitlines()
                    if "packaging" in line or "tidemark" in line]
            self.assertEqual(said, [])

    def test_an_installed_tree_is_whole_and_its_examples_are_accepted(self):
        with Installed() as prefix:
            for program in ("tidemark", "tidemark-edge", "tidemark-controller", "tidemark-prober"):
                self.assertEqual(run(prefix / "bin" / program, "--help").returncode, 0, program)
            for unit in (prefix / "lib/systemd/system").glob("*.service"):
                started = re.search(r"ExecStart=(\S+)", unit.read_text())[1]
                self.assertTrue(os.access(started, os.X_OK), started)
                self.assertNotIn("/usr/bin/tidemark", unit.read_text())
            self.assertTrue((prefix / "lib/sysusers.d/tidemark.conf").is_file())
            examples = prefix / "share/doc/tidemark/examples"
            # Past the settings, at the first thing that only a real machine can answer.
            edge = run(prefix / "bin/tidemark-edge", "--config", examples / "edge.yaml",
                       "--user", "tidemark-no-such-user", "--state-dir", prefix / "state")
            self.assertEqual(edge.returncode, 1, edge.stderr)
            self.assertIn("tidemark-no-such-user", edge.stderr)
            controller = run(prefix / "bin/tidemark-controller", "--config",
                             examples / "controller.yaml")
            self.assertEqual(controller.returncode, 2, controller.stderr)
            self.assertIn("/etc/tidemark/tokens", controller.stderr)


class Installed:
    """`cmake --install` into a temporary folder."""

    def __enter__(self):
        build = os.environ.get("TIDEMARK_BUILD", ROOT / "build/dev")
        self.folder = tempfile.TemporaryDirectory(prefix="tidemark-install-")
        prefix = pathlib.Path(self.folder.name)
        done = run("cmake", "--install", build, "--prefix", prefix)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        return prefix

    def __exit__(self, *_):
        self.folder.cleanup()


if __name__ == "__main__":
    unittest.main()

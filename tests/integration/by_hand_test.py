"""docs/by-hand.md as it is written: its blocks in one shell, only with free ports and this build.

usage: by_hand_test.py
"""

import os
import re
import subprocess
import tempfile
import unittest

from fleet import BIN, ROOT, free_port


class Page(unittest.TestCase):
    def test_every_command_does_what_the_page_says(self):
        page = (ROOT / "docs/by-hand.md").read_text()
        script = "\n".join(re.findall(r"^```sh\n(.*?)^```$", page, re.M | re.S))
        for written in ("8053", "5300", "9153"):
            self.assertIn(written, script)
            script = script.replace(written, str(free_port()))
        script = script.replace("$CLONE/build/release/bin", str(BIN))
        api = re.search(r"api: (\S+)", script)[1]
        with tempfile.TemporaryDirectory(prefix="tidemark-by-hand-") as home:
            environment = {**os.environ, "HOME": home, "TIDEMARK_API": f"http://{api}"}
            # Whatever breaks, nothing is left running.
            guarded = f"set -e\ntrap 'kill $edge $controller 2>/dev/null || :' EXIT\n{script}"
            done = subprocess.run(["bash", "-c", guarded], env=environment, cwd=home, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
        said = done.stdout
        self.assertEqual(done.returncode, 0, said)
        for words in (r"state +LIVE", r"edge1 +default +LIVE", "served by edge1", r"zone +www",
                      "move www", "fleet is pinned to version 1; obeyed by edge1",
                      r"\+ www\.example\.org\. 60 A 192\.0\.2\.99", "0 rejected"):
            self.assertRegex(said, words)
        answers = re.findall(r"(?m)^192\.0\.2\.\d+$", said)
        self.assertEqual(answers, ["192.0.2.10", "192.0.2.99", "192.0.2.10"], said)


if __name__ == "__main__":
    unittest.main(verbosity=2)

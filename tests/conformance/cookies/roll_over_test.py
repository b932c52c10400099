"""A fleet of two edges with one key and the log's salts: shared cookies, and their roll-over."""
import secrets
import unittest

from asking import CLIENT, NOERROR, ORIGIN, ZONE, ask  # makes the folders below known
from fleet import Fleet, wait_until


class RollOver(unittest.TestCase):
    def test_every_edge_takes_the_cookies_of_every_other_through_all_stages(self):
        fleet = Fleet("sqlite", edges=2)
        key = fleet.folder / "key"
        key.write_text(secrets.token_hex(32) + "\n")
        key.chmod(0o400)
        for edge in fleet.edges:
            edge.arguments += ["--cookie-key-file", str(key)]
        self.addCleanup(fleet.__exit__, None)
        fleet.__enter__()
        fleet.import_zone(ORIGIN, ZONE)
        fleet.wait_everywhere("www." + ORIGIN, "A", ["192.0.2.1"])
        one, other = (edge.dns for edge in fleet.edges)
        self.assertEqual(ask(one, CLIENT), (NOERROR, b""), "a key without a salt mints nothing")

        def step(action):
            fleet.cli("cookies", action, "--reason", "test", "--wait", "20")

        def returned(port, cookie):
            """It comes back although a fresh one would be younger: it is by the signing one."""
            wait_until(lambda: ask(port, CLIENT)[1][12:16] != cookie[12:16], "a second has passed")
            return ask(port, cookie)[1] == cookie

        step("add")
        first = ask(one, CLIENT)[1]
        self.assertEqual(len(first), 24)
        self.assertTrue(returned(other, first))
        step("add")
        self.assertTrue(returned(other, ask(one, CLIENT)[1]))
        self.assertTrue(returned(one, first), "the second only verifies yet")
        step("promote")
        second = ask(other, CLIENT)[1]
        self.assertTrue(returned(one, second))
        self.assertFalse(returned(one, first), "valid, but renewed by the one that signs now")
        step("drop")
        self.assertTrue(returned(one, second))


if __name__ == "__main__":
    unittest.main()

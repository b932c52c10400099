"""A fleet of two edges with one key and the log's salts: shared cookies, and their roll-over."""
import secrets
import unittest

from asking import CLIENT, NOERROR, ask  # makes the folders below known
from fleet import wait_until
import cookie_fleet


class RollOver(unittest.TestCase):
    def test_every_edge_takes_the_cookies_of_every_other_through_all_stages(self):
        fleet = cookie_fleet.start(self.addCleanup, 2, "--cookie-key-file", secrets.token_hex(32))
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

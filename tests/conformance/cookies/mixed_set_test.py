"""One secret, four vendors: a cookie that one of them gave is good at every other one."""
import unittest

from asking import BADCOOKIE, CLIENT, NOERROR, ORIGIN, ZONE, ask  # makes the folders below known
from fleet import wait_until
import cookie_fleet
import servers

SECRET = "000102030405060708090a0b0c0d0e0f"


class Knot(servers.Knot):
    def arguments(self, files):
        arguments = super().arguments(files)
        path = self.folder / "knot.conf"
        path.write_text(path.read_text().replace(
            "template:\n  - id: default\n",
            f"mod-cookies:\n  - id: one\n    secret: 0x{SECRET}\n    badcookie-slip: 1\n"
            "template:\n  - id: default\n    global-module: mod-cookies/one\n"))
        return arguments


class Nsd(servers.Nsd):
    def arguments(self, files):
        arguments = super().arguments(files)
        path = self.folder / "nsd.conf"
        path.write_text(path.read_text().replace(
            "server:\n", f'server:\n  answer-cookie: yes\n  cookie-secret: "{SECRET}"\n', 1))
        return arguments


class Bind(servers.Bind):
    def arguments(self, files):
        arguments = super().arguments(files)
        path = self.folder / "named.conf"
        path.write_text(path.read_text().replace(
            "options {\n", "options {\n  answer-cookie yes; cookie-algorithm siphash24;\n"
            "  require-server-cookie yes;\n"
            f'  cookie-secret "{SECRET}";\n', 1))
        return arguments


def answers(port):
    try:
        return ask(port, CLIENT)[1] != b""
    except OSError:
        return False


class MixedSet(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = cookie_fleet.start(cls.addClassCleanup, 1, "--cookie-secret-file", SECRET)
        cls.edge = cls.fleet.edges[0]
        cls.zone = cls.fleet.folder / "zone"
        cls.zone.write_text(ZONE)

    def exchange(self, vendor):
        try:
            peer = vendor(self.fleet.folder)
        except servers.Missing as missing:
            self.skipTest(str(missing))
        peer.start([(ORIGIN, self.zone)])
        self.addCleanup(peer.stop)
        wait_until(lambda: answers(peer.port), f"{peer.name} answers with a cookie")
        ours, theirs = ask(self.edge.dns, CLIENT)[1], ask(peer.port, CLIENT)[1]
        # A cookie of a later second is another one: then to get the first back means it is valid.
        wait_until(lambda: ask(peer.port, CLIENT)[1][12:16] not in (ours[12:16], theirs[12:16]),
                   "a second has passed")
        for given, there in ((ours, peer.port), (theirs, self.edge.dns)):
            self.assertEqual(len(given), 24)
            self.assertEqual(ask(there, given)[0], NOERROR)
            forged = given[:-1] + bytes([given[-1] ^ 1])
            if there == self.edge.dns or vendor is Nsd:
                self.assertEqual(ask(there, given)[1], given, "valid and young: as it is")
                self.assertNotEqual(ask(there, forged)[1], forged)
            else:  # these give a fresh one each time; their verdict is in the rcode
                self.assertEqual(ask(there, forged)[0], BADCOOKIE)

    def test_knot(self):
        self.exchange(Knot)

    def test_nsd(self):
        self.exchange(Nsd)

    def test_bind(self):
        self.exchange(Bind)


if __name__ == "__main__":
    unittest.main()

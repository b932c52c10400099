"""DNS cookies on the wire: dig against a real edge, and an anycast set of a real edge and named.

The set shares one secret file: a cookie that one of them gave proves the source to the other.
"""

import re
import shutil
import socket
import subprocess
import unittest

import dns.rcode

from served import Reply, edns_packet, option, question  # makes fleet's folder known
from fleet import Fleet, Process, free_port, wait_until

SECRET = "000102030405060708090a0b0c0d0e0f"
CLIENT = bytes.fromhex("3132333435363738")
ZONE = """$ORIGIN probe.test.
@ 300 SOA a b 1 2 3 4 60
@ 300 NS ns.else.test.
www 300 A 192.0.2.1
"""


def ask(port, message):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.sendto(message, ("127.0.0.1", port))
        return Reply(client.recv(65535))


def cookie_query(value):
    return edns_packet(question("www.probe.test"), options=option(10, value))


class CookieProbes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = Fleet("sqlite", edges=1)
        secret = cls.fleet.folder / "secret"
        secret.write_text(SECRET + "\n")
        secret.chmod(0o400)
        cls.edge = cls.fleet.edges[0]
        cls.edge.arguments += ["--cookie-secret-file", str(secret)]
        cls.addClassCleanup(cls.fleet.__exit__, None)
        cls.fleet.__enter__()
        cls.fleet.import_zone("probe.test", ZONE)
        cls.fleet.wait_everywhere("www.probe.test", "A", ["192.0.2.1"])

    def dig(self, *arguments):
        return subprocess.run(
            ["dig", "@127.0.0.1", "-p", str(self.edge.dns), "+timeout=5", "+tries=1", *arguments,
             "A", "www.probe.test"], capture_output=True, text=True, timeout=30).stdout

    def test_dig_finds_its_cookie_good_and_gets_it_back(self):
        first = re.search(r"; COOKIE: ([0-9a-f]{48}) \(good\)", self.dig("+cookie"))
        self.assertTrue(first)
        again = re.search(r"; COOKIE: ([0-9a-f]{48}) \(good\)", self.dig("+cookie=" + first[1]))
        self.assertEqual(again[1], first[1])

    def test_a_cookie_of_another_server_with_our_secret_is_valid(self):
        named = shutil.which("named", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        if named is None:
            self.skipTest("named is not installed")
        port = self.start_named(named)
        theirs = ask(port, cookie_query(CLIENT)).option(10)
        self.assertEqual(len(theirs), 24)
        self.assertEqual(ask(self.edge.dns, cookie_query(theirs)).option(10), theirs,
                         "valid and young: it comes back as it is")
        ours = ask(self.edge.dns, cookie_query(CLIENT)).option(10)
        # named gives a fresh cookie each time, so its verdict is the rcode; it holds no zone.
        self.assertEqual(ask(port, cookie_query(ours)).rcode, dns.rcode.REFUSED)
        forged = ours[:-1] + bytes([ours[-1] ^ 1])
        self.assertEqual(ask(port, cookie_query(forged)).rcode, dns.rcode.BADCOOKIE)

    def test_without_a_question_a_cookie_is_given_or_checked(self):
        fresh = ask(self.edge.dns, edns_packet(options=option(10, CLIENT)))
        self.assertEqual((fresh.rcode, fresh.counts), (dns.rcode.NOERROR, [0, 0, 0, 1]))
        forged = CLIENT + bytes(16)
        self.assertEqual(ask(self.edge.dns, edns_packet(options=option(10, forged))).rcode,
                         dns.rcode.BADCOOKIE)

    def start_named(self, named):
        port, folder = free_port(), self.fleet.folder / "named"
        folder.mkdir()
        settings = folder / "named.conf"
        settings.write_text(f"""
options {{
  directory "{folder}"; pid-file "{folder}/pid"; session-keyfile "{folder}/key"; lock-file none;
  listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; dnssec-validation no; empty-zones-enable no;
  answer-cookie yes; cookie-algorithm siphash24; cookie-secret "{SECRET}";
  require-server-cookie yes;
}};
controls {{ }};
""")
        server = Process("named", [named, "-g", "-4", "-n", "1", "-c", settings], self.fleet.folder)
        self.addCleanup(server.stop)
        server.start()
        wait_until(lambda: " running\n" in server.log.read_text() or not server.running(),
                   "named is running")
        self.assertTrue(server.running(), server.tail())
        return port


if __name__ == "__main__":
    unittest.main()

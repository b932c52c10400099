"""kill -9 of a working controller, again and again, while clients change records.

What was answered 200 or 202 is in the log, once; what was answered by nothing is there once or not
at all; the same request with the same Idempotency-Key is never done twice.

usage: controller_crash_test.py [ROUNDS]
"""

import collections
import random
import signal
import sys
import threading
import time

from fleet import ZONE, Fleet, free_port, request, wait_until

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
CLIENTS = 4


class Client(threading.Thread):
    """Writes records of its own, one after the other; goes on with the next when a call breaks."""

    def __init__(self, port, number, ending):
        super().__init__()
        self.port, self.number, self.ending = port, number, ending
        self.told = {}       # address -> change_id: the controller said 200 or 202
        self.broken = []     # (key, address): nobody answered
        self.next = 0

    def put(self, address, key):
        return request(self.port, "PUT", f"/v1/zones/example.org/rrsets/c{self.number}/A",
                       {"ttl": 1, "rdata": [address]}, {"Idempotency-Key": key}, timeout=20)

    def run(self):
        while not self.ending.is_set():
            self.next += 1
            address = f"10.{self.number}.{self.next // 250}.{self.next % 250 + 1}"
            try:
                reply = self.put(address, f"k-{address}")
            except OSError:
                self.broken.append((f"k-{address}", address))
                time.sleep(0.05)
                continue
            except Exception as broken:  # http.client's: the answer broke off
                self.broken.append((f"k-{address}", address))
                assert "http.client" in type(broken).__module__, broken
                continue
            if reply.status in (200, 202):
                self.told[address] = reply.json["change_id"]
            else:
                assert reply.status in (409, 503), reply


def accepted(port):
    """address -> the changes that put it, as a controller knows them that has folded the log."""
    page = request(port, "GET", "/v1/changes?limit=1000").json["changes"]
    assert len(page) < 1000, "the test asks for one page"
    found = collections.defaultdict(list)
    for change in page:
        for edit in change["edits"] if change["state"] == "accepted" else []:
            if edit.startswith("put c"):
                found[edit.split()[-1]].append(change["change_id"])
    return found


def status(port):
    try:
        return request(port, "GET", "/v1/status").json
    except OSError:
        return {}


def caught_up(witness, controller):
    wait_until(lambda: status(witness).get("offset", -1) == status(controller).get("offset"),
               "the witness has caught up")


def main():
    with Fleet("sqlite", edges=0) as fleet:
        fleet.import_zone("example.org", ZONE)
        ending = threading.Event()
        clients = [Client(fleet.api, number, ending) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(ROUNDS):
            goal = sum(len(client.told) for client in clients) + random.randint(5, 60)
            wait_until(lambda: sum(len(client.told) for client in clients) >= goal,
                       "changes go on after a kill")
            fleet.controller.stop(signal.SIGKILL)
            fleet.controller.start()
        ending.set()
        for client in clients:
            client.join(60)
        wait_until(lambda: status(fleet.api).get("outbox") == {"changes": 0},
                   "the outbox is empty")

        witness_port = free_port()  # one that folds the whole log, from its beginning
        witness = fleet.make_controller("witness", witness_port)
        fleet.others.append(witness.start())

        caught_up(witness_port, fleet.api)
        found = accepted(witness_port)
        for client in clients:
            for address, change_id in client.told.items():
                assert found[address] == [change_id], (address, change_id, found[address])
            for key, address in client.broken:
                assert len(found[address]) <= 1, (address, found[address])
                there = list(found[address])
                reply = client.put(address, key)
                assert reply.status in (200, 409), reply
                if there:
                    assert reply.json.get("change_id") == there[0], (reply, there)
        caught_up(witness_port, fleet.api)
        for address, changes in accepted(witness_port).items():
            assert len(changes) == 1, (address, changes)
        told = sum(len(client.told) for client in clients)
        broken = sum(len(client.broken) for client in clients)
        print(f"{ROUNDS} kills: {told} changes were answered and are in the log once, "
              f"{broken} requests broke off")


main()

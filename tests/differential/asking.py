"""Many questions to one server at once, over UDP and over TCP."""
import select
import socket
import struct
import time

WINDOW = 64  # questions under way
TURN = 60000  # ids of one turn: each question's place among them


def ask_udp(port, queries, patience_s=1.0, tries=5):
    """One answer or None for each query; its id is set to that of its place."""
    answers = []
    for start in range(0, len(queries), TURN):
        answers += _ask_turn(port, queries[start:start + TURN], patience_s, tries)
    return answers


def _ask_turn(port, queries, patience_s, tries):
    answers = [None] * len(queries)
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        udp.connect(("127.0.0.1", port))
        udp.setblocking(False)
        waiting = range(len(queries))
        for _ in range(tries):
            _ask_once(udp, queries, waiting, answers, patience_s)
            waiting = [place for place in waiting if answers[place] is None]
            if not waiting:
                break
    return answers


def _ask_once(udp, queries, waiting, answers, patience_s):
    under_way, to_send = set(), iter(waiting)
    last = time.monotonic()
    more = True
    while more or under_way:
        while more and len(under_way) < WINDOW:
            place = next(to_send, None)
            if place is None:
                more = False
                break
            try:
                udp.send(struct.pack("!H", place) + queries[place][2:])
            except OSError:  # nobody listens there yet
                time.sleep(0.01)
            under_way.add(place)
        if not select.select([udp], [], [], max(0.0, last + patience_s - time.monotonic()))[0]:
            if time.monotonic() < last + patience_s:
                continue
            return  # what was lost is asked again
        try:
            while True:
                answer = udp.recv(65535)
                place = struct.unpack_from("!H", answer)[0]
                if place in under_way:
                    answers[place] = answer
                    under_way.remove(place)
                    last = time.monotonic()
        except BlockingIOError:
            pass
        except OSError:
            time.sleep(0.02)


def ask_tcp(port, queries, patience_s=5.0, tries=4):
    """The same over TCP, some pipelined on a connection."""
    answers = [None] * len(queries)
    for _ in range(tries):
        waiting = [place for place, answer in enumerate(answers) if answer is None]
        for start in range(0, len(waiting), WINDOW):
            try:
                _ask_connection(port, queries, waiting[start:start + WINDOW], answers, patience_s)
            except OSError:
                pass  # what is missing is asked again
    return answers


def _ask_connection(port, queries, places, answers, patience_s):
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as tcp:
        messages = [struct.pack("!H", at) + queries[place][2:] for at, place in enumerate(places)]
        tcp.sendall(b"".join(struct.pack("!H", len(one)) + one for one in messages))
        stream = tcp.makefile("rb")
        for _ in places:
            length = stream.read(2)
            if len(length) < 2:
                break
            answer = stream.read(struct.unpack("!H", length)[0])
            at = struct.unpack_from("!H", answer)[0]
            if at < len(places):
                answers[places[at]] = answer


def ask_all(port, queries):
    """queries.Query each, by its own transport."""
    answers = [None] * len(queries)
    for tcp, ask in ((False, ask_udp), (True, ask_tcp)):
        places = [place for place, query in enumerate(queries) if query.tcp == tcp]
        for place, answer in zip(places, ask(port, [queries[place].wire for place in places])):
            answers[place] = answer
    return answers

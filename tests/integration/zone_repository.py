"""A git repository of zone files with a past like those of people: generated from a seed.

Many authors, files renamed and deleted, zones renamed, commits that broke a file, merges, files
that are no zones. The model of what each commit meant is made beside it, by other code.
"""

import random
import subprocess

AUTHORS = [("Alice Doe", "alice@example.org"), ("Bob", "bob@example.org"),
           ("Zoë Müller", "zoe@example.org"), ("", "ci@example.org"),
           ("Eve \"the\" <Admin", "eve@example.org")]
BEGIN = 1_500_000_000


class Zone:
    def __init__(self, name, rng):
        self.name = name
        self.serial = 1
        self.records = {}  # (owner relative, type) -> (ttl, [rdata])
        self.records["ns1", "A"] = (300, ["192.0.2.1"])
        for _ in range(rng.randrange(3, 12)):
            self.edit(rng)

    def edit(self, rng):
        self.serial += 1
        owner = f"host{rng.randrange(40)}"
        kind = rng.choice(["A", "A", "A", "TXT", "MX"])
        if (owner, kind) in self.records and rng.random() < 0.5:
            del self.records[owner, kind]
            return
        if kind == "A":
            count = rng.randrange(1, 4)
            values = sorted({f"192.0.2.{rng.randrange(1, 255)}" for _ in range(count)})
        elif kind == "TXT":
            values = [f'"word {rng.randrange(1000)}; not a comment"']
        else:
            values = [f"{rng.randrange(1, 9)}0 mail{rng.randrange(3)}"]
        self.records[owner, kind] = (rng.choice([60, 300, 3600]), values)

    def file(self):
        lines = [f"$ORIGIN {self.name}", "$TTL 5m ; of most",
                 f"@ SOA ns1 hostmaster ( {self.serial} 7200 900 1209600 300 )", "@ NS ns1"]
        for (owner, kind), (ttl, values) in sorted(self.records.items()):
            for value in values:
                lines.append(f"{owner} {ttl} {kind} {value}")
        return "\n".join(lines) + "\n"

    def lines(self):
        """What an export holds, the serial left out."""
        found = {f"{self.name} 300 IN SOA ns1.{self.name} hostmaster.{self.name} "
                 "7200 900 1209600 300",
                 f"{self.name} 300 IN NS ns1.{self.name}"}
        for (owner, kind), (ttl, values) in self.records.items():
            for value in values:
                text = f"{value}.{self.name}" if kind == "MX" else value
                found.add(f"{owner}.{self.name} {ttl} IN {kind} {text}")
        return found


def lines_of(text):
    """The lines of an export as Zone.lines() gives them."""
    found = set()
    for line in text.splitlines():
        words = line.split(" ")
        if line and not line.startswith(";"):
            if words[3] == "SOA":
                del words[6]
            found.add(" ".join(words))
    return found


class Repository:
    """`commits`: on the first-parent line. `past[i]`: zone -> lines after the i-th of them."""

    def __init__(self, folder, commits, seed=1, zones=12):
        self.folder = folder
        self.rng = random.Random(seed)
        self.stream = []
        self.mark = 0
        self.time = BEGIN
        self.files = {}   # path -> Zone (its last good state) on the main line
        self.past, self.times, self.hashes = [], [], []
        self.broken = 0
        self.names = 0
        self.merges = self.renames = self.deletions = 0
        subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
        self.begin(zones)
        while len(self.past) < commits:
            self.step()
        self.write()

    # The stream of git fast-import.

    def data(self, text):
        octets = text.encode()
        self.stream.append(b"data %d\n" % len(octets) + octets + b"\n")

    def commit(self, changes, message, branch="main", parents=()):
        """`changes`: path -> text, or None (deleted), or (old path,) (renamed)."""
        self.mark += 1
        self.time += self.rng.randrange(1, 90_000)
        name, mail = self.rng.choice(AUTHORS)
        name = name.replace("<", "")
        self.stream.append(f"commit refs/heads/{branch}\nmark :{self.mark}\n"
                           f"author {name} <{mail}> {self.time - 60} +0200\n"
                           f"committer {name} <{mail}> {self.time} +0200\n".encode())
        self.data(message)
        for word, parent in zip(("from", "merge", "merge"), parents):
            self.stream.append(f"{word} :{parent}\n".encode())
        for path, change in changes.items():
            if change is None:
                self.stream.append(f"D {path}\n".encode())
            else:
                self.stream.append(f"M 100644 inline {path}\n".encode())
                self.data(change)
        return self.mark

    def on_main(self, changes, message, *others):
        parents = (self.head, *others) if self.past else ()
        self.head = self.commit(changes, message, parents=parents)
        self.past.append({zone.name: zone.lines() for zone in self.files.values()})
        self.times.append(self.time)

    # What people do.

    def new_zone(self):
        self.names += 1
        zone = Zone(f"z{self.names}.example.", self.rng)
        path = f"zones/{self.rng.choice(['', 'a/', 'b/'])}file{self.names}.zone"
        self.files[path] = zone
        return path, zone

    def begin(self, zones):
        changes = {}
        for _ in range(zones):
            path, zone = self.new_zone()
            changes[path] = zone.file()
        self.on_main({**changes, "README": "zones\n"}, "the first zones")

    def edited(self, count=1):
        changes = {}
        for path in self.rng.sample(sorted(self.files), min(count, len(self.files))):
            for _ in range(self.rng.randrange(1, 4)):
                self.files[path].edit(self.rng)
            changes[path] = self.files[path].file()
        return changes

    def step(self):
        dice = self.rng.random()
        number = len(self.past)
        if dice < 0.78:
            self.on_main(self.edited(), f"change {number}\n\nwith a body; and \"quotes\"")
        elif dice < 0.83:
            self.on_main(self.edited(3), f"three zones at once {number}")
        elif dice < 0.86 or len(self.files) < 4:
            path, zone = self.new_zone()
            self.on_main({path: zone.file()}, f"zone {zone.name}")
        elif dice < 0.89:
            self.renames += 1
            old = self.rng.choice(sorted(self.files))
            zone = self.files.pop(old)
            new = f"zones/moved{number}.zone"
            self.files[new] = zone
            if self.rng.random() < 0.4:  # the zone gets another name, too
                self.names += 1
                zone.name = f"z{self.names}.example."
            self.on_main({old: None, new: zone.file()}, f"{old} is {new}")
        elif dice < 0.91:
            self.deletions += 1
            old = self.rng.choice(sorted(self.files))
            del self.files[old]
            self.on_main({old: None}, "")
        elif dice < 0.94:
            self.broken += 1
            path = self.rng.choice(sorted(self.files))
            # No two of them say the same: git would see no change in the second.
            oops = f"oops A 192.0.2.999 ; {number}\n"
            self.on_main({path: self.files[path].file() + oops}, "oops")
        elif dice < 0.96:
            self.on_main({"README": f"{number}\n"}, "docs only")
        else:
            self.merge(number)

    def merge(self, number):
        self.merges += 1
        path = self.rng.choice(sorted(self.files))
        side = self.head
        for i in range(self.rng.randrange(1, 4)):
            self.files[path].edit(self.rng)
            side = self.commit({path: self.files[path].file()}, f"side {number}.{i}",
                               f"side{number}", (side,))
        self.on_main({path: self.files[path].file()}, f"Merge branch side{number}", side)

    def write(self):
        done = subprocess.run(["git", "-C", str(self.folder), "fast-import", "--quiet"],
                              input=b"".join(self.stream), capture_output=True)
        assert done.returncode == 0, done.stderr
        self.stream = []
        self.hashes = subprocess.run(
            ["git", "-C", str(self.folder), "rev-list", "--first-parent", "--reverse", "main"],
            check=True, capture_output=True, text=True).stdout.split()
        assert len(self.hashes) == len(self.past)

    def more(self, commits):
        """Goes on behind what was written."""
        self.mark = 1
        self.stream.append(b"reset refs/heads/main\nfrom " + self.hashes[-1].encode() + b"\n\n")
        self.head = None
        target = len(self.past) + commits
        while len(self.past) < target:
            changes = self.edited()
            self.mark += 1
            self.time += self.rng.randrange(1, 90_000)
            self.stream.append(f"commit refs/heads/main\nmark :{self.mark}\n"
                               f"committer Later <later@example.org> {self.time} +0000\n".encode())
            self.data("later")
            for path, text in changes.items():
                self.stream.append(f"M 100644 inline {path}\n".encode())
                self.data(text)
            self.past.append({zone.name: zone.lines() for zone in self.files.values()})
            self.times.append(self.time)
        self.write()

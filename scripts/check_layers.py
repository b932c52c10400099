#!/usr/bin/env python3
"""Checks that includes follow the diagram: arrows go down, and each foreign library has one door.

usage: check_layers.py TREE MODULES
  TREE     the repository root
  MODULES  build/<preset>/modules.txt, written by CMake: "layer path dependency,dependency" a line

Prints "file:line: rule N: what is wrong" for each break and ends with 1; with 0 if there is none.
  1  A quoted include is a full path to a file of the tree: no "../x.hpp", no bare name.
  2  It leads into the own module or into one named in DEPENDS (directly, not inherited).
  3  A DEPENDS that no file of the module uses goes: the diagram stays true.
  4  Every source lies in a module. Layer 6 (*/app, cli) may include everyone: no rules 2 and 3.
  5  A foreign header is included through its door only, and in a .hpp only if the door says so.
  6  core/ is pure: no threads, clock, files, streams, locale, randomness, system calls.
tests/ and loadtest/ stand outside the diagram: of them only rule 1 is asked.
"""
import re
import sys
from pathlib import Path

MODULE_FOLDERS = ["core", "schemas", "topics", "net", "producer", "consumer", "dns-edge", "cli"]
FREE_FOLDERS = ["tests", "loadtest"]
APPS = ["dns-edge/app", "producer/app", "cli"]
ASIO = ["net", "consumer/bootstrap", "consumer/feeder", "dns-edge/serve", "dns-edge/admin",
        "producer/api", "producer/prober", *APPS]

# header prefix -> (folders that may include it, may it show in a .hpp?); the longest prefix counts
DOORS = {
    "flatbuffers/": (["schemas"], False),
    "librdkafka/": (["topics"], False),
    "sqlite3.h": (["topics"], False),  # producer/publish: through a wrapper that topics offers
    "xxhash.h": (["core/base"], False),
    "openssl/": (["core/base"], False),
    "yaml-cpp/": (["topics"], False),
    "prometheus/": (["dns-edge/admin"], False),
    "spdlog/": (APPS, False),
    "fmt/": (APPS, False),
    "CLI/": (APPS, False),
    "maxminddb.h": ([], False),  # nobody yet: steering by geography brings its folder
    # The one library with several doors, as sockets live in several rooms of layer 5.
    "boost/asio": (ASIO, True),
    "boost/system/": (ASIO, True),
    "boost/asio/ssl": (["net"], False),
    "boost/beast": (["net"], False),
    "boost/url": (["net"], False),
    # For now read and written where the JSON is; net may come to offer one small value for all.
    "boost/json": (["net", "consumer/bootstrap", "consumer/proof", "consumer/snapshot_share",
                    "producer/api", "dns-edge/admin", "cli"], False),
}
SYSTEM = ("sys/", "netinet/", "arpa/", "net/", "linux/")  # folders of the C library
IMPURE = re.compile(
    r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token|"
    r"random|fstream|iostream|filesystem|locale|clocale|regex|ctime|time\.h|unistd\.h|fcntl\.h|"
    r"poll\.h|pthread\.h|signal\.h|(sys|netinet|arpa|net|linux)/.*)$")
MEMORY_DOOR = "core/base/pages.cpp"  # asks the system for memory, as operator new does elsewhere
CLOCK = re.compile(r"_clock::now\b")  # <chrono> is welcome in core/ for its types
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^">]+)[">]')


def door_of(header):
    if header.endswith("_generated.h"):
        return "flatbuffers/"
    return max((prefix for prefix in DOORS if header.startswith(prefix)), key=len, default=None)


class Check:
    def __init__(self, tree, modules):
        self.tree = tree
        self.depends = {path: set(edges.split(",")) - {""} for path, edges in modules}
        self.used = {path: set() for path in self.depends}
        self.broken = []

    def say(self, file, line, rule, sentence):
        self.broken.append(f"{file}:{line}: rule {rule}: {sentence}")

    def include(self, file, line, module, quoted, header):
        door = door_of(header)
        if door and module:
            self.foreign(file, line, module, header, door)
        elif quoted and not door:
            self.own(file, line, module, header)
        elif module and "/" in header and not header.startswith(SYSTEM):
            self.say(file, line, 5, f"<{header}> has no door: see DOORS in scripts/check_layers.py")
        memory = header == "sys/mman.h" and file == Path(MEMORY_DOOR)
        if module and module.startswith("core/") and not quoted and IMPURE.match(header) \
                and not memory:
            self.say(file, line, 6, f"<{header}> in core/, which is pure")

    def foreign(self, file, line, module, header, door):
        folders, may_show = DOORS[door]
        if module not in folders:
            owners = ", ".join(folders) or "nobody yet"
            self.say(file, line, 5, f"{header} belongs to {owners}, not to {module}")
        elif file.suffix == ".hpp" and not may_show:
            self.say(file, line, 5, f"{header} may be included in a .cpp only")

    def own(self, file, line, module, header):
        into = str(Path(header).parent)
        if ".." in Path(header).parts or "/" not in header or not (self.tree / header).is_file():
            self.say(file, line, 1, f'"{header}" is no full path to a file of the tree')
        elif module and into != module:
            self.used[module].add(into)
            if module not in APPS and into not in self.depends[module]:
                self.say(file, line, 2, f'"{header}": {module} does not name {into} in DEPENDS')

    def source(self, file):
        module = str(file.parent)
        if file.parts[0] in FREE_FOLDERS:
            module = None
        elif module not in self.depends:
            self.say(file, 1, 4, f"{module} is no module: declare it in CMakeLists.txt")
            return
        text = (self.tree / file).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if found := INCLUDE.match(line):
                self.include(file, number, module, found[1] == '"', found[2])
            elif module and module.startswith("core/") and CLOCK.search(line):
                self.say(file, number, 6, "a clock is read in core/: take the time as a value")

    def run(self):
        for folder in MODULE_FOLDERS + FREE_FOLDERS:
            for path in sorted((self.tree / folder).rglob("*")):
                if path.suffix in (".hpp", ".cpp", ".h"):
                    self.source(path.relative_to(self.tree))
        for module, edges in self.depends.items():
            for unused in sorted(edges - self.used[module]) if module not in APPS else []:
                self.say("CMakeLists.txt", 1, 3, f"{module} DEPENDS on {unused}: no file uses it")
        return self.broken


def main():
    if len(sys.argv) != 3 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
        return 0 if "--help" in sys.argv or "-h" in sys.argv else 2
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    modules = [(line.split(" ") + [""])[1:3] for line in lines if line]
    broken = Check(Path(sys.argv[1]), modules).run()
    print("\n".join(broken) or f"{len(modules)} modules, every include goes down")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

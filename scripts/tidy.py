#!/usr/bin/env python3
"""Checks the house style that no compiler sees. usage: tidy.py [TREE]   (default: this checkout)

Prints "file:line: what is wrong" for each break and ends with 1; with 0 if there is none.
  columns   no source line is longer than 100 characters (a line with a URL may be)
  names     no banned word is a part of a C++ name or of a file's name
  headers   no `using namespace` in a .hpp
  todo      a TODO names its issue: TODO(#123): sentence
  macros    a macro begins with TIDEMARK_
  paths     a back-quoted path in a .md that begins with a top folder exists (as .hpp, .cpp, too)
"""
import re
import sys
from pathlib import Path

COLUMNS = 100
TOP_FOLDERS = ("core schemas topics net producer consumer dns-edge cli tests loadtest k8s docs"
               " cmake scripts .ci").split()
CXX = {".hpp", ".cpp"}
CODE = CXX | {".fbs", ".py", ".cmake", ".sh", ".js"}
NO_SUFFIX = {"CMakeLists.txt", "run"}  # sources that their suffix does not show; scripts/* too

BANNED = set("manager helper util handler processor data info context common misc impl".split())
# Names that we use but did not choose. A name behind `.`, `->` or `::` is its owner's and never
# looked at: it is judged where it is declared.
FOREIGN = re.compile(
    r"io_context$|[A-Z][A-Z0-9]*_|"  # Asio; macros and constants of C libraries
    r"(rd_kafka|sqlite3|MMDB|SSL|EVP|XXH3?|flatbuffers|LLVMFuzzer|epoll|sig|seccomp|__user_cap)_?"
    r"\w*$|"
    r"context_as$")  # Asio
FROZEN = ("tests/golden/schemas/previous/",)  # copies of released schemas: never edited again
FOREIGN_FILES = {"cmake/asio_impl.cpp"}  # holds what Asio itself calls its impl
# Words that look like our paths and are not: kernel settings.
FOREIGN_PATHS = re.compile(r"net/(core|ipv4|ipv6)/")

# Comments and literals, whichever begins first.
NO_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/|"
    r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<!\w)\'(?:\\.|[^\'\\\n]){1,4}\'', re.S)
NAME = re.compile(r"(?<![\w.])(?<!->)(?<!::)[A-Za-z_]\w*")
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
TODO = re.compile(r"\bTODO\b(?!\(#\d+\): \S)")
QUOTED = re.compile(r"`([^`\s]+)")
PATTERN = re.compile(r"[<{$…]|NNNN")  # stands for many paths


def files_of(tree):
    for path in sorted(tree.rglob("*")):
        inside = path.relative_to(tree)
        if not inside.parts[0].startswith(("build", ".git", ".kafka")) and path.is_file():
            yield inside


def banned_part(name):
    return next((part for part in PART.findall(name) if part.lower() in BANNED), None)


def blank(match):  # keeps line numbers
    return "\n" * match[0].count("\n") or " "


def check_code(file, text):
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS and "://" not in line:
            yield number, f"{len(line)} columns, {COLUMNS} at most"
        if TODO.search(line) and file.name != "tidy.py":
            yield number, "write it as TODO(#123): sentence"


def check_cxx(file, text):
    for number, line in enumerate(NO_CODE.sub(blank, text).splitlines(), 1):
        if found := re.match(r"\s*#\s*define\s+(\w+)", line):
            if not found[1].startswith("TIDEMARK_"):
                yield number, f"macro {found[1]} does not begin with TIDEMARK_"
        elif re.match(r"\s*#", line):
            continue
        if file.suffix == ".hpp" and re.search(r"\busing\s+namespace\b", line):
            yield number, "using namespace in a header"
        for name in NAME.findall(line.replace("data()", "")):  # a contiguous range must have it
            if (word := banned_part(name)) and not FOREIGN.match(name):
                yield number, f"{name}: '{word}' is banned in names: find its noun"


def check_paths(tree, text):
    for number, line in enumerate(text.splitlines(), 1):
        for word in QUOTED.findall(line):
            word = re.sub(r"(:\d+|#\S*|[.,;:]+)$", "", word)
            if "/" not in word or word.split("/")[0] not in TOP_FOLDERS or PATTERN.search(word):
                continue
            if not FOREIGN_PATHS.match(word) and not exists(tree, word):
                yield number, f"{word} does not exist"


def exists(tree, word):
    if "*" in word:
        return any(tree.glob(word))
    return any((tree / (word + suffix)).exists() for suffix in ("", ".hpp", ".cpp"))


def check(tree, file):
    is_code = (file.suffix in CODE or file.name in NO_SUFFIX
               or (file.parts[0] == "scripts" and not file.suffix))
    if (not is_code and file.suffix != ".md") or str(file).startswith(FROZEN):
        return
    text = (tree / file).read_text(encoding="utf-8")
    if is_code:
        yield from check_code(file, text)
    if file.suffix == ".md":
        yield from check_paths(tree, text)
    if file.suffix in CXX:
        yield from check_cxx(file, text)
        if (word := banned_part(file.stem)) and str(file) not in FOREIGN_FILES:
            yield 1, f"file name: '{word}' is banned in names: find its noun"


def main():
    if {"-h", "--help"} & set(sys.argv):
        print(__doc__.strip())
        return 0
    tree = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    broken = [f"{file}:{number}: {sentence}"
              for file in files_of(tree) for number, sentence in check(tree, file)]
    print("\n".join(broken) or "tidy")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

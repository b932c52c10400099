#!/usr/bin/env python3
"""The part of schema evolution that `flatc --conform` lets pass.

usage: check_evolution.py PREVIOUS CURRENT     two folders of .fbs files
       check_evolution.py --self-test CURRENT  breaks each rule once and sees it refused

Refused: another file identifier or root; a field without id, renamed, retyped, gone, with another
default or newly `required`; a struct with other fields; a union or enum member gone, renamed or
moved; a table gone; min_reader not field 0 of a root table.
"""
import re
import sys
from pathlib import Path

BLOCK = re.compile(r"\b(table|struct|union|enum)\s+(\w+)\s*(?::\s*\w+\s*)?\{([^}]*)\}")
FIELD = re.compile(r"^(\w+)\s*:\s*([^=(]+?)\s*(?:=\s*([^(\s]+))?\s*(?:\(([^)]*)\))?$")


def parse(path):
    text = re.sub(r"//.*", "", path.read_text())
    identifier = re.search(r'file_identifier\s+"(\w+)"', text)
    root = re.search(r"root_type\s+(\w+)", text)
    blocks = {}
    for kind, name, body in BLOCK.findall(text):
        separator = ";" if kind in ("table", "struct") else ","
        members = [" ".join(member.split()) for member in body.split(separator) if member.strip()]
        blocks[kind, name] = members
    return identifier and identifier[1], root and root[1], blocks


def fields(members):
    """id -> (name, type, default, required)"""
    found = {}
    for member in members:
        match = FIELD.match(member)
        name, kind, default, attributes = match.groups() if match else (member, "", None, "")
        number = re.search(r"\bid:\s*(\d+)", attributes or "")
        required = "required" in (attributes or "")
        found[int(number[1]) if number else name] = (name, kind, default, required)
    return found


def judge(file, previous, current):
    if current[0] != previous[0] or current[1] != previous[1]:
        yield f"{file}: file_identifier or root_type is another one"
    for (kind, name), old in previous[2].items():
        new = current[2].get((kind, name))
        if new is None:
            yield f"{file}: {kind} {name} is gone"
        elif kind == "struct" and new != old:
            yield f"{file}: struct {name} is frozen, its fields changed"
        elif kind in ("union", "enum") and new[:len(old)] != old:
            yield f"{file}: {kind} {name}: a member is gone, renamed or moved"
        elif kind == "table":
            now = fields(new)
            for number, field in fields(old).items():
                if now.get(number) != field:
                    yield f"{file}: table {name}: field {number} was {field}, is {now.get(number)}"
            for number, field in now.items():
                if number not in fields(old) and field[3]:
                    yield f"{file}: table {name}: field {field[0]} is newly required"


def soundness(file, schema):
    for (kind, name), members in schema[2].items():
        if kind == "table":
            for number, field in fields(members).items():
                if not isinstance(number, int):
                    yield f"{file}: table {name}: field {field[0]} has no id"
    if schema[1] and fields(schema[2]["table", schema[1]]).get(0, ("",))[0] != "min_reader":
        yield f"{file}: field 0 of root table {schema[1]} is not min_reader"


def compare(previous, current):
    broken = []
    for file in sorted(current.glob("*.fbs")):
        broken += soundness(file.name, parse(file))
    for file in sorted(previous.glob("*.fbs")):
        if not (current / file.name).exists():
            broken.append(f"{file.name} is gone")
        else:
            broken += judge(file.name, parse(file), parse(current / file.name))
    return broken


BREAKS = [  # file, from, to
    ("change_set.fbs", "reason: string (id: 5)", "reason: string (id: 5, required)"),
    ("change_set.fbs", "[PoolEditItem] (id: 10);",
     "[PoolEditItem] (id: 10); x: string (id: 99, required);"),
    ("change_set.fbs", "BeginConstruction,\n  CommitConstruction", "BeginConstruction"),
    ("change_set.fbs", "author: string (id: 3)", "writer: string (id: 3)"),
    ("change_set.fbs", '"TMCS"', '"TMC2"'),
    ("change_set.fbs", "floor: ubyte = 1 (id: 4)", "floor: ubyte = 2 (id: 4)"),
    ("change_set.fbs", "host: string (id: 3)", "host: string"),
    ("change_set.fbs", "Expedite = 1, Manual = 2", "Manual = 1, Expedite = 2"),
    ("health_frame.fbs", "min_reader: ushort = 1 (id: 0)", "least_reader: ushort = 1 (id: 0)"),
    ("u128.fbs", "low: ulong;", "low: ulong; more: ulong;"),
    ("node_report.fbs", "table Nack {", "table Nick {"),
]


def self_test(current):
    import tempfile
    silent = 0
    for file, old, new in BREAKS:
        with tempfile.TemporaryDirectory() as folder:
            for schema in current.glob("*.fbs"):
                text = schema.read_text()
                if schema.name == file:
                    assert old in text, (file, old)
                    text = text.replace(old, new)
                (Path(folder) / schema.name).write_text(text)
            broken = compare(current, Path(folder))
        print("refused" if broken else "LET PASS", new.replace("\n", " "), broken[:1])
        silent += not broken
    return silent


def main():
    if sys.argv[1] == "--self-test":
        return 1 if self_test(Path(sys.argv[2])) else 0
    broken = compare(Path(sys.argv[1]), Path(sys.argv[2]))
    print("\n".join(broken) or "every schema is an evolution of the previous one")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

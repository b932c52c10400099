#!/usr/bin/env python3
"""Prints golden records with stock flatc and compares a few fields with what they hold.

usage: check_stock_decoding.py FLATC SCHEMAS GOLDEN
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

EXPECTED = {  # golden record: (schema, path into the JSON, value)
    "v1/change_set": ("change_set", ["zones", 0, "edits", 1, "edit", "ttl"], 300),
    "v1/change_set_pools": ("change_set", ["pools", 0, "edit", "pool", "endpoints", 1, "id"], "b"),
    "v1/health_frame": ("health_frame", ["observations", 1, "observed"], "Down"),
    "v1/control_pin": ("control", ["control", "scope"], "ring:canary"),
    "v1/node_report": ("node_report", ["state"], "Live"),
    "v2/change_set_origin": ("change_set", ["origin", "system"], "git"),
    "v4/change_set_succession": ("change_set", ["succession", "places", 0, "offset"], 44),
    "v2/change_set_cookies": ("change_set", ["cookie_salts", "salts", 1, "octets", 15], 255),
}


def main():
    flatc, schemas, golden = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    wrong = 0
    with tempfile.TemporaryDirectory() as out:
        for name, (schema, path, expected) in EXPECTED.items():
            subprocess.run([flatc, "--json", "--strict-json", "-o", out,
                            str(schemas / f"{schema}.fbs"), "--", str(golden / f"{name}.bin")],
                           check=True)
            found = json.loads((Path(out) / f"{Path(name).name}.json").read_text())
            for step in path:
                found = found[step]
            if found != expected:
                wrong += 1
            print(f"{name}: {path}: {found}", "" if found == expected else f"instead of {expected}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Read a CSV file of sales: a file:// URL, a path, or the name of a file shipped in ../../data.

    echo '{"source": "sales.csv"}' | ./extract.py
"""

import csv
import json
import pathlib
import sys
import urllib.parse

EX_NOINPUT = 66

SHIPPED = pathlib.Path(__file__).resolve().parent / "../../data"

source = urllib.parse.urlsplit(json.load(sys.stdin)["source"])
if source.scheme not in ("", "file"):
    print(json.dumps({"type": "UnknownSource", "message": f"cannot read {source.scheme}: URLs"}))
    sys.exit(EX_NOINPUT)

path = SHIPPED / urllib.parse.unquote(source.path)  # an absolute path stays what it is
try:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
except FileNotFoundError:
    print(json.dumps({"type": "NoSuchFile", "message": f"there is no {path}"}))
    sys.exit(EX_NOINPUT)

print(f"{len(rows)} rows read from {path.name}", file=sys.stderr)
json.dump({"rows": rows}, sys.stdout)

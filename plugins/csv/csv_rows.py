#!/usr/bin/env python3
"""CSV to rows and back, as a warm plugin and, without PAWL_MODE, at a prompt."""
import csv
import io
import json
import os
import sys


class Refused(Exception):
    """What no second try can cure."""


def parse(order):
    reader = csv.DictReader(io.StringIO(order["text"]), delimiter=order.get("delimiter", ","), strict=True)
    rows = list(reader)
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise Refused(f"row {number} has another number of fields than the first line")
    return {"columns": reader.fieldnames or [], "rows": rows}


def field(value):
    return value if isinstance(value, str) else "" if value is None else json.dumps(value)


def format_rows(order):
    rows = order["rows"]
    columns = order.get("columns") or list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=order.get("delimiter", ","))
    writer.writerow(columns)
    writer.writerows([field(row.get(name)) for name in columns] for row in rows)
    return {"text": text.getvalue()}


actions = {"parse": parse, "format": format_rows}


def answer(action, order):
    """The result or the error, as both modes have it."""
    try:
        return {"result": actions[action](order)}
    except (Refused, csv.Error) as reason:
        return {"error": {"type": "InvalidCSV", "message": str(reason), "retryable": False}}


def serve():
    """Answers one request after another until stdin ends."""
    for line in sys.stdin:
        frame = json.loads(line)
        if frame["method"] == "hello":
            reply = {"result": {"protocol": 1, "concurrency": 1}}
        elif frame["method"] == "run":
            reply = answer(frame["params"]["action"], frame["params"]["input"])
        elif frame["method"] == "shutdown":
            return
        else:
            continue  # a cancel: the request is answered by the time it is read
        print(json.dumps({"id": frame["id"], **reply}), flush=True)


def run_once(action):
    reply = answer(action, json.load(sys.stdin))
    print(json.dumps(reply.get("result", reply.get("error"))))
    return 65 if "error" in reply else 0


if __name__ == "__main__":
    if os.environ.get("PAWL_MODE") == "warm":
        serve()
    else:
        sys.exit(run_once(sys.argv[1]))

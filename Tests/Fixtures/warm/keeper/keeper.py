#!/usr/bin/env python3
"""A warm plugin that does what its input says, however bad that is."""
import json
import os
import signal
import subprocess
import sys
import threading
import time

lock = threading.Lock()
kept = []
# Processes of different namespaces may have the same number.
identity = os.urandom(8).hex()


def say(frame):
    with lock:
        sys.stdout.write(json.dumps(frame) + "\n")
        sys.stdout.flush()


def told(params):
    context = params["context"]
    folder = os.environ["CREDENTIALS_DIRECTORY"]
    return {
        "action": params["action"], "input": params["input"], "context": context, "process": identity,
        "environment": dict(os.environ), "secret": open(folder + "/stripe_key").read(),
        "scratch": os.listdir(context["scratch"]), "arguments": sys.argv[1:],
    }


def perform(number, params):
    order = params["input"]
    what = order.get("do", "tell") if isinstance(order, dict) else "echo"
    if what == "echo":
        return say({"id": number, "result": order})
    if what == "tell":
        return say({"id": number, "result": told(params)})
    if what == "litter":
        with open(params["context"]["scratch"] + "/left", "w") as file:
            file.write("x")
    if what == "messages":
        say({"id": number, "type": "mask", "value": "hunter2"})
        say({"id": number, "type": "progress", "percent": 40})
        say({"id": number, "type": "log", "level": "warn", "message": "the word is hunter2"})
        say({"id": number, "type": "heartbeat", "checkpoint": {"page": 7}})
        print("to stderr with sk_live_123", file=sys.stderr, flush=True)
        print("no frame at all", flush=True)
    if what == "chatter":
        for line in range(order["lines"]):
            print("line", line, flush=True)
    if what == "chatter then sleep":
        print("a line", flush=True)
        time.sleep(order.get("for", 60))
    if what == "file and exit":
        with open(params["context"]["scratch"] + "/left", "w") as file:
            file.write("x")
        say({"id": number, "type": "artifact", "name": "left", "path": "left"})
        os._exit(3)
    if what == "count":
        kept.append(b"")
        return say({"id": number, "result": len(kept)})
    if what == "error":
        return say({"id": number, "error": order["error"]})
    if what == "defer":
        return say({"id": number, "type": "defer", "timeout": "1h"})
    if what == "sleep":
        time.sleep(order["for"])
    if what == "exit":
        os._exit(order["status"])
    if what == "wrong id":
        say({"id": 123456, "result": 1})
    if what == "daemon":
        subprocess.Popen(["sleep", "1000"], start_new_session=True, close_fds=True)
        os._exit(3)
    if what == "leak":
        kept.append(bytearray(os.urandom(1 << 20) * 24))
    if what == "flood":
        while True:
            os.write(1, b"x" * 65536)
    if what == "large":
        return say({"id": number, "result": "x" * order["size"]})
    if what == "invalid":
        return say({"id": number, "result": 1.5})
    say({"id": number, "result": identity})


def main():
    wait = set()
    for line in sys.stdin:
        frame = json.loads(line)
        method = frame.get("method")
        if method == "hello":
            say({"id": frame["id"], "result": {"protocol": 1, "concurrency": 3}})
        elif method == "run":
            if frame["params"]["input"] == {"do": "deaf"}:
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
            elif frame["params"]["input"] == {"do": "obey"}:
                wait.add(frame["id"])
            else:
                arguments = (frame["id"], frame["params"])
                threading.Thread(target=perform, args=arguments, daemon=True).start()
        elif method == "cancel" and frame["params"]["id"] in wait:
            say({"id": frame["params"]["id"], "error": {"type": "Stopped", "message": "as asked"}})
        elif method == "shutdown":
            break


main()

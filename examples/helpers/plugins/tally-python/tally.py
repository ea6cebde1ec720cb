#!/usr/bin/env python3
"""Sums numbers one by one."""

import json
import os
import sys

sys.dont_write_bytecode = True  # the plugin's folder stays as it was installed

import pawl  # noqa: E402


def main():
    step = json.load(sys.stdin)
    numbers = step["numbers"]
    if "secret" in step:
        pawl.mask(step["secret"])
        pawl.log("info", f"the secret is {step['secret']}")
    state = pawl.checkpoint() or {"next": 0, "sum": 0}
    first, total = state["next"], state["sum"]
    for place in range(first, len(numbers)):
        if place == step.get("fail_before") and os.environ.get("PAWL_ATTEMPT", "1") == "1":
            pawl.error("Interrupted", f"no further than {place} of {len(numbers)}", after="1s")
        total += numbers[place]
        pawl.heartbeat({"next": place + 1, "sum": total})
        pawl.progress(place + 1, len(numbers))
    if step.get("then") == "snooze":
        pawl.snooze("1s", "another time")
    if step.get("then") == "defer":
        pawl.defer("10m")
    with open("sum.txt", "w") as file:
        print(total, file=file)
    pawl.artifact("sum", "sum.txt", "text/plain")
    print(json.dumps({"sum": total, "added": len(numbers) - first}))


if __name__ == "__main__":
    main()

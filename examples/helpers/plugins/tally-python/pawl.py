"""Words for the control channel of Pawl, for plugins in Python. Copy this file beside yours.

    import pawl
    pawl.heartbeat({"next": 7})

At a prompt, where there is no control channel, each does nothing or writes to stderr, and all works alike.
"""

import json
import os
import sys

EX_DATAERR, EX_TEMPFAIL = 65, 75


def context():
    """What the engine says of this attempt: labels, previous_error, checkpoint, callback; {} at a prompt."""
    path = os.environ.get("PAWL_CONTEXT")
    if not path:
        return {}
    with open(path) as file:
        return json.load(file)


def send(type, **members):
    """Say one object; members that are None are left out."""
    channel = os.environ.get("PAWL_CONTROL_FD")
    if channel:
        told = {"type": type, **{name: value for name, value in members.items() if value is not None}}
        line = memoryview(json.dumps(told).encode() + b"\n")
        while line:
            line = line[os.write(int(channel), line):]


def heartbeat(checkpoint=None):
    """It is alive; the checkpoint is handed to the next attempt."""
    send("heartbeat", checkpoint=checkpoint)


def checkpoint():
    """The last checkpoint of an attempt before this one, else None."""
    return context().get("checkpoint")


def progress(done, total, unit=None, message=None):
    send("progress", done=done, total=total, unit=unit, message=message)


def log(level, message, **fields):
    """A line of the log: debug, info, warning or error."""
    print(json.dumps({"level": level, "message": message, **fields}), file=sys.stderr, flush=True)


def mask(value):
    """No line of the log shows it from now on."""
    send("mask", value=value)


def artifact(name, path, media_type=None):
    """Keep a file with the run."""
    send("artifact", name=name, path=str(path), media_type=media_type)


def snooze(after, message):
    """End: not ready yet, to be run again in `after`, such as "30s"."""
    end({"class": "snooze", "retry_after": after, "message": message}, EX_TEMPFAIL)


def defer(timeout=None):
    """End: the answer comes later, to context()["callback"]."""
    send("defer", timeout=timeout)
    sys.exit(0)


def error(type, message, after=None, details=None):
    """End as failed, for good, or with `after` to be tried again then."""
    told = {"type": type, "message": message, "retryable": after is not None}
    more = {"retry_after": after, "details": details}
    end({**told, **{name: value for name, value in more.items() if value is not None}},
        EX_TEMPFAIL if after else EX_DATAERR)


def end(told, status):
    print(json.dumps(told), flush=True)
    sys.exit(status)

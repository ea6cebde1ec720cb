#!/usr/bin/env python3
"""Run a command. What varies is an argument, never a part of the command line.

    echo '{"command": "wc -c <\\"$1\\"", "arguments": ["/etc/hostname"]}' | ./shell.py
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading

EX_USAGE, EX_DATAERR, EX_NOPROGRAM = 64, 65, 127
OUTPUT_LIMIT_BYTES = 3 * 1024 * 1024  # a step's output may be 4 MiB, and JSON adds to a text
STDERR_SHOWN_BYTES = 500
LISTEN_SECONDS = 0.2  # a daemon of the command may hold its stderr open


def command_line(step):
    """A text is a script that finds the arguments as $1, $2, …; a list is a program with its arguments."""
    command, arguments = step["command"], [str(argument) for argument in step.get("arguments", [])]
    if isinstance(command, str):
        return ["/bin/sh", "-eu", "-c", command, "sh", *arguments]
    return [*command, *arguments]


def standard_input(content):
    """A file, so that a command that reads nothing cannot stall the one who writes."""
    file = tempfile.TemporaryFile()
    if content is not None:
        file.write((content if isinstance(content, str) else json.dumps(content)).encode())
        file.seek(0)
    return file


def run(step):
    environment = {**os.environ, **{name: str(value) for name, value in step.get("environment", {}).items()}}
    with standard_input(step.get("stdin")) as given:
        child = subprocess.Popen(
            command_line(step), stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, cwd=step.get("folder"),
        )
        # The command decides how it ends on SIGTERM; this program waits and tells.
        signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(number))
        said = bytearray()
        listener = threading.Thread(target=pass_on, args=(child.stderr, said), daemon=True)
        listener.start()
        output = child.stdout.read(OUTPUT_LIMIT_BYTES + 1)
        if len(output) > OUTPUT_LIMIT_BYTES:
            child.kill()
            fail(EX_DATAERR, "OutputTooLarge", f"the command wrote over {OUTPUT_LIMIT_BYTES} bytes")
        child.wait()
        listener.join(LISTEN_SECONDS)
        return child.returncode, output, tail(said)


def pass_on(stream, said):
    """Make what the command says on stderr the log as it comes, and keep the end of it."""
    while block := stream.read1(1 << 16):
        sys.stderr.buffer.write(block)
        sys.stderr.flush()
        said += block
        del said[:-STDERR_SHOWN_BYTES]


def tail(said):
    """The end of what the command said; all of it is in the log already."""
    return said.decode("utf-8", "replace").strip()


def captured(output, form):
    if form == "json":
        return json.loads(output) if output.strip() else None
    text = output.decode()
    return text.splitlines() if form == "lines" else text.removesuffix("\n")


def fail(status, type, message, **more):
    print(json.dumps({"type": type, "message": message, **more}))
    sys.exit(status)


def main():
    step = json.load(sys.stdin)
    try:
        status, output, said = run(step)
    except FileNotFoundError as trouble:
        fail(EX_NOPROGRAM, "NoSuchCommand", str(trouble), retryable=False)
    except (PermissionError, NotADirectoryError) as trouble:
        fail(EX_USAGE, "NoPermission", str(trouble), retryable=False)
    except (OSError, ValueError) as trouble:  # no program by its first bytes, arguments too long
        fail(EX_USAGE, "InvalidCommand", str(trouble), retryable=False)
    if status not in step.get("accept", [0]):
        how = f"was ended by signal {-status}" if status < 0 else f"exited with status {status}"
        message = said.splitlines()[-1] if said else f"the command {how}"
        # The status is passed on, so that the engine's table or the step's policy decides on a retry.
        fail(128 - status if status < 0 else status or 1, "CommandFailed", message,
             details={"status": status, "stderr": said})
    try:
        print(json.dumps({"status": status, "output": captured(output, step.get("capture", "text"))}))
    except ValueError as trouble:
        form = step.get("capture", "text")
        fail(EX_DATAERR, "InvalidCommandOutput", f"the output cannot be read as {form}: {trouble}")


if __name__ == "__main__":
    main()

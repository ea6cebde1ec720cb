#!/usr/bin/env python3
"""Look once whether something is so; if not, ask to be run again later.

    echo '{"port": 5432}' | ./wait_for.py tcp

Nothing waits here: the engine keeps the time, and no process is there between two looks.
"""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

EX_DATAERR, EX_TEMPFAIL = 65, 75
BODY_LIMIT_BYTES = 1024 * 1024


class NotYet(Exception):
    """What is still missing."""


class Never(Exception):
    """What no later look can cure."""


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like others, for `status` to judge."""

    def redirect_request(self, *answer):
        return None


def look_at_http(step):
    if not step["url"].startswith(("http://", "https://")):
        raise Never(f"'{step['url']}' is not an http or https URL")
    headers = {"User-Agent": "pawl-wait-for/1", **step.get("headers", {})}
    request = urllib.request.Request(step["url"], headers=headers)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects())
    try:
        answer = direct.open(request, timeout=step.get("timeout", 10))
    except urllib.error.HTTPError as refusal:
        answer = refusal
    except urllib.error.URLError as trouble:
        raise NotYet(f"{step['url']}: {trouble.reason}") from None
    except (OSError, http.client.HTTPException) as trouble:
        raise NotYet(f"{step['url']}: {trouble}") from None
    try:
        with answer:
            body = answer.read(BODY_LIMIT_BYTES).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as trouble:
        raise NotYet(f"{step['url']}: {trouble}") from None
    wanted = step.get("status", range(200, 300))
    if answer.status not in wanted:
        raise NotYet(f"{step['url']} answers {answer.status}")
    check_text(body, step, step["url"])
    return {"status": answer.status, "body": body}


def look_at_tcp(step):
    host, port = step.get("host", "127.0.0.1"), step["port"]
    try:
        with socket.create_connection((host, port), step.get("timeout", 10)) as connection:
            return {"address": connection.getpeername()[0], "port": port}
    except OSError as trouble:
        raise NotYet(f"{host}:{port}: {trouble}") from None


def look_at_file(step):
    path = step["path"]
    try:
        state = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        if step.get("absent"):
            return {"path": path}
        raise NotYet(f"{path} is not there") from None
    except OSError as trouble:
        raise Never(str(trouble)) from None
    if step.get("absent"):
        raise NotYet(f"{path} is still there")
    if state.st_size < step.get("size", 0):
        raise NotYet(f"{path} has {state.st_size} of {step['size']} bytes")
    quiet = time.time() - state.st_mtime
    if quiet < step.get("unchanged_for", 0):
        raise NotYet(f"{path} was changed {max(0, quiet):.0f} s ago")
    return {"path": path, "size": state.st_size}


def look_at_command(step):
    try:
        done = subprocess.run(
            step["command"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            timeout=step.get("timeout", 60),
        )
    except OSError as trouble:
        raise Never(str(trouble)) from None
    except subprocess.TimeoutExpired as trouble:
        raise NotYet(str(trouble)) from None
    output = done.stdout[:BODY_LIMIT_BYTES].decode("utf-8", "replace")
    if done.returncode != 0:
        raise NotYet(f"{step['command'][0]} exits with status {done.returncode}")
    check_text(output, step, step["command"][0])
    return {"output": output}


def check_text(text, step, source):
    pattern = step.get("matches")
    try:
        if pattern is not None and not re.search(pattern, text):
            raise NotYet(f"{source} does not say {pattern} yet")
    except re.error as mistake:
        raise Never(f"`matches` is no regular expression: {mistake}") from None


LOOKS = {"http": look_at_http, "tcp": look_at_tcp, "file": look_at_file, "command": look_at_command}


def main():
    step = json.load(sys.stdin)
    try:
        print(json.dumps(LOOKS[sys.argv[1]](step)))
    except NotYet as reason:
        later = {"class": "snooze", "retry_after": step.get("every", "5s")}
        print(json.dumps({**later, "type": "NotYet", "message": str(reason)}))
        print(reason, file=sys.stderr)
        sys.exit(EX_TEMPFAIL)
    except Never as reason:
        print(json.dumps({"type": "InvalidRequest", "message": str(reason), "retryable": False}))
        sys.exit(EX_DATAERR)


if __name__ == "__main__":
    main()

"""Text that would be markup, an order or a trap, in every field that a plugin or a client controls."""

import json
import os
import time
import urllib.error
from urllib.parse import quote

from plugins import NUL, TEXT
from suite import test

# What must be on a page that shows it, and what on none.
SHOWN = "<img src=x onerror=window.hacked=1>"
EXECUTED = "document.querySelector('main b, main script, main img[src=x], dialog b') || window.hacked"
HIDDEN = r"/[\u0000\u001b\u0080-\u009f\u202a-\u202e\u2066-\u2069]/.test(document.body.innerText)"

SAYS = r"""
import json, os, sys
given = json.load(sys.stdin)["text"]
say = lambda **message: os.write(3, json.dumps(message).encode() + b"\n")
open("kept", "w").write(given)
say(type="artifact", name="kept", path="kept", media_type="text/html")
say(type="log", level="warning", message=given, fields={given: given})
say(type="heartbeat", checkpoint={"at": given})
sys.stderr.buffer.write(given.encode() + b"\n" + b"x" * 10_000_000 + b"\nnot UTF-8 \xff\xfe\n")
"""
FAILS = SAYS + """
print(json.dumps({"type": "Odd", "message": given, "details": {given: given}}))
sys.exit(64)
"""
ANSWERS = SAYS + "print(json.dumps({given: given}))\n"
DEFERS = """
cp "$PAWL_CONTEXT" "$(jq -r .file)"; echo '{"type": "defer"}' >&3
"""


def program(text):
    return f"exec python3 -c '{text}'"


def workflow():
    field = {"type": "string", "title": TEXT, "description": TEXT, "default": TEXT}
    step = {"with": {"text": "${ input.text }"}, "retry": {"attempts": 1}}
    return {
        "name": "hostile-everywhere", "description": NUL, "labels": {"told": TEXT},
        "input": {"type": "object", "title": TEXT, "description": TEXT, "properties": {
            "text": field, TEXT: field, "choice": {"enum": [TEXT, "other"]}}},
        "steps": [
            {"id": "kept", "set": {"text": "${ input.text }"}},
            {"id": "answers", **step, "run": program(ANSWERS)},
            {"id": "signalled", "wait": {"signal": "go"}},
            {"id": "deferred", "with": {"file": "${ input.file }"}, "run": DEFERS},
            {"id": "fails", **step, "run": program(FAILS)},
        ],
    }


class Staged:
    """What the engine takes of it; what it refuses is listed."""

    def __init__(self, engine):
        self.engine, self.refused = engine, []
        name = quote(TEXT, safe="")
        self.folder = f"{engine.folder}/hostile"
        os.makedirs(self.folder, exist_ok=True)
        os.chmod(self.folder, 0o777)
        self.put("PUT", "/v1/workflows/hostile-everywhere", workflow())
        self.schedule = self.put("PUT", f"/v1/schedules/{name}", {
            "workflow": "hostile-everywhere", "input": {"text": NUL}, "cron": "0 0 1 1 *", "zone": "UTC",
            "labels": {TEXT: TEXT}}, may_refuse=True)
        self.put("PUT", "/v1/schedules/trap", {
            "workflow": "hostile-everywhere", "input": {TEXT: NUL}, "cron": "0 0 1 1 *", "zone": "UTC",
            "labels": {TEXT: TEXT}})
        self.put("POST", "/v1/schedules/trap/pause", {"reason": TEXT})
        self.queue = self.put("PUT", f"/v1/queues/{name}", {"weight": 2}, may_refuse=True)
        answer = f"{self.folder}/context"
        self.run = self.put("POST", "/v1/runs", {
            "workflow": "hostile-everywhere", "input": {"text": NUL, "file": answer, TEXT: NUL}, "key": TEXT,
            "labels": {TEXT: TEXT}})["id"]
        self.put("POST", f"/v1/runs/{self.run}/signals/{name}", {TEXT: NUL}, may_refuse=True)
        self.put("POST", f"/v1/runs/{self.run}/signals/go", {TEXT: NUL})
        token = json.loads(self.file(answer))["callback"]["token"]
        self.put("POST", f"/v1/callbacks/{token}/complete", {"output": {TEXT: NUL}})
        engine.end(self.run)
        # Whose reasons are theirs: of an operator, of a batch.
        self.stopped = self.put("POST", "/v1/runs", {"workflow": "long", "labels": {"odd": TEXT}})["id"]
        self.put("POST", f"/v1/runs/{self.stopped}/pause", {"reason": TEXT})
        self.batch = self.put("POST", "/v1/batches", {
            "filter": {"labels": {"odd": TEXT}}, "action": "terminate", "reason": TEXT})["id"]
        engine.end(self.stopped)

    def put(self, method, path, body, may_refuse=False):
        try:
            return self.engine.call(method, path, body)
        except urllib.error.HTTPError as error:
            said = error.read().decode()
            assert may_refuse and error.code in (400, 404, 422), f"{method} {path}: {error.code} {said}"
            self.refused.append(f"{method} {path.split('%')[0]}…")
            return None

    def file(self, path):
        deadline = time.monotonic() + 60
        while not (os.path.exists(path) and open(path).read().strip().endswith("}")):
            state = self.engine.call("GET", f"/v1/runs/{self.run}")
            assert time.monotonic() < deadline and state["status"] != "failed", state["error"]
            time.sleep(0.05)
        return open(path).read()

    def views(self):
        """Each with whether it shows the text."""
        yield from ((path, False) for path in ["/workflows", "/workers", "/system", "/schedules", "/batches"])
        yield from ((path, True) for path in [
            "/runs", "/plugins", "/schedules/trap", f"/batches?id={self.batch}",
            "/workflows/hostile-everywhere",
            "/workflows/hostile-everywhere/start", "/workflows/hostile-everywhere?tab=source",
            f"/runs?label.odd={quote(TEXT, safe='')}"])
        yield "/workflows/hostile-everywhere?tab=versions", True
        yield "/workflows/hostile-everywhere?tab=input", True
        yield "/queues", self.queue is not None
        if self.schedule:
            yield f"/schedules/{quote(TEXT, safe='')}", True
        for tab in ["timeline", "graph", "logs", "data", "children", "history"]:
            yield f"/runs/{self.run}?tab={tab}", True
            yield f"/runs/{self.stopped}?tab={tab}", True
        for step in ["kept", "answers", "signalled", "deferred", "fails"]:
            yield f"/runs/{self.run}?step={step}", True
        # Ids and filters come from whoever wrote the link.
        for path in ["/runs/", "/workflows/", "/schedules/", "/runs?workflow=", "/batches?id="]:
            yield path + quote(TEXT, safe=""), False


@test
def hostile_text_is_text_in_every_field_and_view(suite):
    staged = Staged(suite.engine)
    print(f"   refused early: {', '.join(staged.refused) or 'nothing'}")
    page = suite.page("/runs")
    page.expected += ["404 (Not Found)", "422 (Unprocessable", "400 (Bad Request)"]
    for number, (path, shows) in enumerate(staged.views()):
        page.open(path)
        page.wait("a heading", "document.querySelector('main h1')?.innerText.trim()")
        if shows:
            page.wait(f"the text on {path}", f"document.body.innerText.includes({json.dumps(SHOWN)})"
                      f" || [...document.querySelectorAll('input, textarea')]"
                      f".some((one) => one.value.includes({json.dumps(SHOWN)}))")
        page.run("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        suite.check(page, f"hostile-{number}")
        assert not page.run(f"Boolean({EXECUTED})"), f"{path}: executed"
        assert not page.run(HIDDEN), f"{path}: hides something"
        assert page.run("document.body.innerText.length") < 200_000, path
    page.open(f"/runs/{staged.run}?tab=logs")
    page.wait_for("whole line")
    page.close()

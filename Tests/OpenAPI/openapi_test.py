"""Calls a `pawl dev` by its OpenAPI document with PyPI's `schemathesis`, which draws the requests.

usage: openapi_test.py PAWL SECONDS
No answer may be a server error, or one that the document does not tell of; what the document allows is
taken, what it does not is refused. Exit status: 0 as it should be, 75 schemathesis cannot be had.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Browser"))
from engine import Engine  # noqa: E402

UNAVAILABLE = 75
REQUIREMENT = "schemathesis>=4.32,<5"

# A schema cannot say what a definition, a cron expression or a zone may be, nor which time comes first.
# Where any JSON may come, a whole number beyond 64 bits may not.
BEYOND_A_SCHEMA = [
    "POST /v1/runs", "POST /v1/runs/{run}/rerun", "POST /v1/runs/{run}/signals/{name}",
    "POST /v1/runs/{run}/steps/{path}/resolve", "POST /v1/callbacks/{token}/complete",
    "POST /v1/callbacks/{token}/fail", "POST /v1/callbacks/{token}/heartbeat",
    "POST /v1/workflows/validate", "PUT /v1/workflows/{name}", "PUT /v1/schedules/{name}",
    "POST /v1/schedules/{name}/backfill", "POST /v1/runs/import", "GET /v1/charts",
]

# Parts of a path, and what their names are of.
NAMED = {"workflows": "workflow", "schedules": "schedule", "queues": "queue", "signals": "signal"}

WORKFLOWS = {
    "quick": "name: quick\nsteps:\n  - { id: only, set: { x: 1 } }\n",
    "waits": "name: waits\nsteps:\n  - { id: gate, wait: { signal: go } }\n",
    "sleeps": "name: sleeps\nsteps:\n  - { id: rest, sleep: 1h }\n",
    "fails": """
name: fails
steps:
  - { id: done, run: echo done, compensate: { run: echo undone } }
  - { id: broken, run: exit 3 }
""",
    "file": """
name: file
steps:
  - id: only
    run: |
      echo x > x; echo '{"type":"artifact","name":"x.txt","path":"x"}' >&3
""",
    "defers": """
name: defers
steps:
  - id: ask
    run: |
      cp "$PAWL_CONTEXT" "$(mktemp FOLDER/XXXXXX)"
      echo '{"type": "defer"}' >&3
""",
}


def schemathesis():
    """The program, from a virtual environment of its own."""
    folder = os.path.join(tempfile.gettempdir(), f"pawl-schemathesis-{os.getuid()}")
    program = os.path.join(folder, "bin", "schemathesis")
    if not os.path.exists(program):
        pip = [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "-q", REQUIREMENT]
        for command in ([sys.executable, "-m", "venv", folder], pip):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                reason = (done.stderr or done.stdout).strip()[-300:]
                print("openapi: SKIPPED, schemathesis cannot be had:", reason)
                sys.exit(UNAVAILABLE)
    return program


class Prepared:
    """An engine with runs in every state, and the names by which calls reach them."""

    def __init__(self, engine):
        self.engine = engine
        contexts = tempfile.mkdtemp(prefix="contexts-", dir=engine.folder)
        os.chmod(contexts, 0o777)
        for text in WORKFLOWS.values():
            engine.apply(text.strip().replace("FOLDER", contexts) + "\n")
        ended = [engine.run(name) for name in ["quick", "fails", "file"]]
        for run in ended:
            engine.end(run)
        live = [engine.run(name, key="one") for name in ["sleeps", "defers"]]
        live += [engine.run("waits") for _ in range(20)] + [engine.run("defers")]
        artifacts = engine.call("GET", f"/v1/runs/{ended[2]}/artifacts")["items"]
        for name in ["nightly", "hourly"]:
            engine.call("PUT", f"/v1/schedules/{name}", {"workflow": "quick", "cron": "0 3 * * *"})
        batch = engine.call("POST", "/v1/batches", {"filter": {"workflow": "none"}, "action": "pause"})
        self.values = {
            "run": ended + live + ["sleeps:one"], "path": ["only", "done", "broken", "gate", "rest", "ask"],
            "workflow": list(WORKFLOWS), "schedule": ["nightly", "hourly"], "queue": ["default"],
            "id": [one["id"] for one in artifacts] + [batch["id"]], "signal": ["go", "stop"],
            "token": self.tokens(contexts),
        }

    def tokens(self, contexts):
        """The callback tokens of both steps that have deferred."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            texts = [open(os.path.join(contexts, one)).read() for one in os.listdir(contexts)]
            if sum(text.endswith("}") or text.endswith("}\n") for text in texts) == 2:
                return [json.loads(text)["callback"]["token"] for text in texts]
            time.sleep(0.1)
        raise AssertionError("no step has deferred")


def configuration(values):
    """What schemathesis is told beside the document: what is there, and where a schema cannot judge."""
    lines = ["request-timeout = 75", "continue-on-failure = true", "[generation]", "allow-x00 = true",
             "[checks.positive_data_acceptance]",
             'expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 410, 429, "5xx"]']
    lines += ["[checks.negative_data_rejection]",
              'expected-statuses = [400, 401, 403, 404, 405, 406, 409, 410, 415, 422, 428, 429, "5xx"]']
    for name, items in values.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(items)}"]
    lines += ["[parameters]"]
    for name in ["run", "path", "id", "token"]:
        lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}']
    lines += ['"body.workflow" = { dictionary = "workflow", probability = 0.8 }']
    for name in BEYOND_A_SCHEMA:
        lines += ["[[operations]]", f'include-name = "{name}"', *names_in(name), "[operations.checks]",
                  "positive_data_acceptance.enabled = false"]
        if name == "POST /v1/runs/{run}/rerun":  # a version in its body that is not there is a 404, too
            lines += ["ensure_resource_availability.enabled = false"]
    for part in NAMED:
        lines += ["[[operations]]", f'include-path-regex = "/{part}/"', *names_in(f"/{part}/{{name}}")]
    return "\n".join(lines) + "\n"


def names_in(path):
    """Where the names of a path come from."""
    found = [name for part, name in NAMED.items() if f"/{part}/{{name}}" in path]
    lines = ["[operations.parameters]", '"path.name" = { dictionary = "NAME", probability = 0.8 }']
    return [line.replace("NAME", found[0]) for line in lines] if found else []


def main():
    pawl, seconds = sys.argv[1:3]
    program = schemathesis()
    engine = Engine(pawl)
    try:
        values = Prepared(engine).values
        key = engine.call("POST", "/v1/tokens", {"name": "schemathesis", "role": "admin"})["token"]
        path = os.path.join(engine.folder, "schemathesis.toml")
        with open(path, "w") as file:
            file.write(configuration(values))
        command = [program, "--config-file", path, "run", f"{engine.address}/v1/openapi.json",
                   "--max-time", seconds, "--generation-database", "none", "--no-color",
                   "-H", f"Authorization: Bearer {key}", *sys.argv[3:]]
        status = subprocess.run(command, cwd=engine.folder).returncode
        with urllib.request.urlopen(f"{engine.address}/healthz", timeout=30) as answer:
            assert answer.status == 200
        sys.exit(status)
    finally:
        engine.close()


if __name__ == "__main__":
    main()

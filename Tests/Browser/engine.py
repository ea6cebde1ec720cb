"""A `pawl dev` of its own for the browser tests, and its API."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Engine:
    def __init__(self, pawl, prepare=lambda engine: None):
        """`prepare` lays down what it is to find when it starts."""
        self.pawl = pawl
        self.folder = tempfile.mkdtemp(prefix="pawl-browser-test-")
        os.chmod(self.folder, 0o755)  # as root, Postgres runs as another user
        self.port = 0
        prepare(self)
        self.start()

    def environment(self):
        plugins = ":".join(f"{ROOT}/{one}" for one in ["plugins", "examples/hello/plugins"])
        plugins += f":{self.folder}/plugins"
        return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PAWL_SLOTS": "16",
                "PAWL_PLUGIN_PATH": plugins, "PAWL_LAUNCHER": f"{ROOT}/.build/launcher/pawl-launch"}

    def start(self):
        self.errors = open(f"{self.folder}/errors", "a")
        self.process = subprocess.Popen(
            [self.pawl, "dev", "--data", f"{self.folder}/data", "--port", str(self.port)],
            stdout=subprocess.PIPE, stderr=self.errors, text=True, env=self.environment())
        line = self.process.stdout.readline()
        if not line.startswith("ready "):
            raise AssertionError("pawl dev is not ready: " + open(f"{self.folder}/errors").read()[-2000:])
        self.address = line.split()[1]
        self.port = int(self.address.rsplit(":", 1)[1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def another_server(self):
        """One more `pawl serve` on the same database, which may be killed and started again."""
        return Server(self)

    @property
    def database(self):
        with open(f"{self.folder}/data/postgres/data/postmaster.pid") as file:
            folder = file.read().splitlines()[4]
        return f"postgres://pawl@{folder.replace('/', '%2F')}:5432/pawl"

    def call(self, method, path, body=None, type="application/json"):
        data = None if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        headers = {"Content-Type": type} if data is not None else {}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=90) as answer:
            return json.loads(answer.read() or b"null")

    def apply(self, text):
        name = text.split("name: ", 1)[1].split("\n", 1)[0]
        self.call("PUT", f"/v1/workflows/{name}", text, "application/yaml")
        return name

    def run(self, workflow, input=None, **more):
        return self.call("POST", "/v1/runs", {"workflow": workflow, "input": input or {}, **more})["id"]

    def end(self, run):
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            state = self.call("GET", f"/v1/runs/{run}?wait=20s")
            if state["status"] in ("succeeded", "failed", "cancelled", "terminated"):
                return state
        raise AssertionError(f"{run} does not end: {state}")


class Server:
    """A `pawl serve` that can be killed, and comes back at the same address."""

    def __init__(self, engine):
        self.pawl, self.folder, self.listen = engine.pawl, engine.folder, "127.0.0.1:0"
        self.environment = {**engine.environment(), "DATABASE_URL": engine.database}
        self.start()

    def start(self):
        path = f"{self.folder}/serve-errors"
        self.process = subprocess.Popen(
            [self.pawl, "serve", "--listen", self.listen], stdout=subprocess.DEVNULL,
            stderr=open(path, "w"), env=self.environment)
        deadline = time.monotonic() + 60
        while True:
            ready = [json.loads(line) for line in open(path) if '"ready"' in line and line.endswith("\n")]
            if ready:
                break
            assert time.monotonic() < deadline and self.process.poll() is None, open(path).read()[-2000:]
            time.sleep(0.05)
        self.address = ready[0]["address"]
        self.listen = self.address.removeprefix("http://")

    def kill(self):
        self.process.kill()
        self.process.wait()

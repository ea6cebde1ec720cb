"""Pawl on its own private servers, through its API: as many connections as steps at once."""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import threading

import peer

plugins = pathlib.Path(peer.FOLDER) / "plugins"
plugins.mkdir()
shutil.copy(peer.PROGRAM, plugins / "tiny")
program = subprocess.Popen(
    [f"{peer.BUILD}/release/pawl", "dev", "--data", f"{peer.FOLDER}/dev", "--port", "0",
     "--slots", str(peer.SLOTS)],
    stdout=subprocess.PIPE, text=True, env=os.environ | {"PAWL_PLUGIN_PATH": str(plugins)},
)
address = program.stdout.readline().split()[-1].removeprefix("http://")
local = threading.local()


def call(method, path, body=None, kind="application/json"):
    if not hasattr(local, "connection"):
        local.connection = http.client.HTTPConnection(address)
    local.connection.request(method, path, body, {"Content-Type": kind} if body else {})
    return json.load(local.connection.getresponse())


def share(count):
    """A client's share: it submits all of its runs, then waits for the last one first."""
    runs = [call("POST", "/v1/runs", json.dumps({"workflow": "chain"}))["id"] for _ in range(count)]
    for run in reversed(runs):
        assert call("GET", f"/v1/runs/{run}?wait=60s")["status"] == "succeeded"


def run(count):
    clients = min(count, peer.SLOTS)
    shares = [count // clients + (index < count % clients) for index in range(clients)]
    if clients == 1:
        return share(count)
    threads = [threading.Thread(target=share, args=[own]) for own in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def stop():
    program.terminate()
    program.wait(timeout=30)


steps = "".join(f"  - {{ id: s{n}, uses: tiny/run, with: {{ n: {n} }} }}\n" for n in range(1, peer.STEPS + 1))
call("PUT", "/v1/workflows/chain", f"name: chain\nsteps:\n{steps}", "application/yaml")
peer.serve(True, run, stop)

"""Absurd: a task a run, each of whose steps is a checkpoint."""
import os
import subprocess
import sys
import time

from absurd_sdk import Absurd

import peer

app = Absurd(peer.DATABASE, queue_name="runs")


@app.register_task("run")
def run_steps(value, context):
    for number in range(peer.STEPS):
        value = context.step(f"s{number}", lambda value=value: peer.step(value))
    return value


def wait(task):
    while True:
        result = app.fetch_task_result(task)
        if result and result.state in ("completed", "failed", "cancelled"):
            assert result.state == "completed", result
            return
        time.sleep(0.002)


def main():
    program = os.path.join(os.path.dirname(sys.executable), "absurdctl")
    for command in (["init"], ["create-queue", "runs"]):
        subprocess.run([program, *command, "-d", peer.DATABASE], check=True, stdout=subprocess.DEVNULL)
    workers = peer.Workers()

    def run(count):
        tasks = [app.spawn("run", peer.first(run))["task_id"] for run in range(count)]
        for task in reversed(tasks):
            wait(task)

    peer.serve(True, run, workers.stop)


if sys.argv[1:] == ["worker"]:
    app.start_worker(worker_id=f"worker-{os.getpid()}", concurrency=peer.Workers.slots, poll_interval=0.01)
else:
    main()

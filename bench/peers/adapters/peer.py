"""What the adapters share: the step, the runs that have ended, and the conversation with `bench`."""
import json
import os
import subprocess
import sys
import time

NAMES = ("DATABASE", "REDIS", "FOLDER", "BUILD", "STEP")
DATABASE, REDIS, FOLDER, BUILD, PROGRAM = (os.environ[f"PEER_{name}"] for name in NAMES)
SLOTS = int(os.environ["PEER_SLOTS"])
STEPS = 5


def first(run):
    """What the first step of a run is given."""
    return {"run": run, "step": 1}


def step(value):
    """One step: the program is started with JSON through pipes, and answers with its input."""
    ended = subprocess.run([PROGRAM], input=json.dumps(value).encode(), stdout=subprocess.PIPE, check=True)
    answer = json.loads(ended.stdout)
    return {"run": answer["run"], "step": answer["step"] + 1}


def is_last(value):
    """Whether no step follows on what one gave."""
    return value["step"] > STEPS


class Ended:
    """Runs that have ended, for queues that know no runs: a row each, and a notification."""

    def __init__(self, create=False):
        import psycopg

        self.database = psycopg.connect(DATABASE, autocommit=True)
        if create:
            self.database.execute("create table ended (run bigint)")
            self.database.execute("listen ended")

    def note(self, value):
        self.database.execute(
            "with ended as (insert into ended values (%s)) select pg_notify('ended', '')", [value["run"]])

    def wait(self, count):
        while self.database.execute("select count(*) from ended").fetchone()[0] < count:
            for _ in self.database.notifies(timeout=0.05, stop_after=1):
                pass
            if count > 1:
                time.sleep(0.01)
        self.database.execute("truncate ended")


class Workers:
    """Two processes of this very adapter, each with half of the slots."""

    slots = max(1, SLOTS // 2)

    def __init__(self, command=None):
        self.processes = []
        for number in range(2):
            log = open(f"{FOLDER}/worker-{number}.log", "wb")
            chosen = command or [sys.executable, sys.argv[0], "worker"]
            self.processes.append(subprocess.Popen(chosen, stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def serve(durable, run, stop):
    """Answers `bench`: `run` has so many runs done and returns when all have ended; `stop` ends the peer."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value):
        print(json.dumps(value), file=answers, flush=True)

    def timed(count):
        start = time.perf_counter()
        run(count)
        return time.perf_counter() - start

    answer({"durable": durable})
    try:
        for line in sys.stdin:
            workload, count = line.split()
            if workload == "seq":
                answer({"seconds": timed(int(count)), "steps": STEPS})
            else:
                answer({"milliseconds": [timed(1) * 1000 for _ in range(int(count))]})
    finally:
        stop()

"""PgQueuer: a job a step, which queues the next one with its result."""
import asyncio
import datetime
import json
import os
import subprocess
import sys

import asyncpg
from pgqueuer import AsyncpgDriver, AsyncpgPoolDriver, PgQueuer, Queries

import peer


async def work():
    driver = AsyncpgPoolDriver(await asyncpg.create_pool(peer.DATABASE, min_size=6, max_size=10))
    engine, queries, ended = PgQueuer(driver), Queries(driver), peer.Ended()
    slots = asyncio.Semaphore(peer.Workers.slots)

    @engine.entrypoint("step")
    async def step(job):
        async with slots:
            value = await asyncio.to_thread(peer.step, json.loads(job.payload))
        if peer.is_last(value):
            await asyncio.to_thread(ended.note, value)
        else:
            await queries.enqueue("step", json.dumps(value).encode())

    await engine.run(dequeue_timeout=datetime.timedelta(seconds=1), batch_size=10)


def main():
    program = os.path.join(os.path.dirname(sys.executable), "pgq")
    subprocess.run([program, "--pg-dsn", peer.DATABASE, "install", "--durability", "durable"],
                   check=True, stdout=subprocess.DEVNULL)
    loop = asyncio.new_event_loop()
    queries = Queries(AsyncpgDriver(loop.run_until_complete(asyncpg.connect(peer.DATABASE))))
    ended = peer.Ended(create=True)
    workers = peer.Workers()

    def run(count):
        payloads = [json.dumps(peer.first(run)).encode() for run in range(count)]
        loop.run_until_complete(queries.enqueue(["step"] * count, payloads, [0] * count))
        ended.wait(count)

    peer.serve(True, run, workers.stop)


asyncio.run(work()) if sys.argv[1:] == ["worker"] else main()

"""Procrastinate: a job a step, which defers the next one with its result."""
import asyncio
import sys

import procrastinate

import peer

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=peer.DATABASE))


@app.task(name="step")
async def step(value):
    value = await asyncio.to_thread(peer.step, value)
    if peer.is_last(value):
        await asyncio.to_thread(ended.note, value)
    else:
        await step.defer_async(value=value)


async def work():
    async with app.open_async():
        await app.run_worker_async(concurrency=peer.Workers.slots, fetch_job_polling_interval=0.05)


def main():
    client = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=peer.DATABASE))
    client.open()
    client.schema_manager.apply_schema()
    workers = peer.Workers()

    def run(count):
        client.configure_task("step").batch_defer(*[{"value": peer.first(run)} for run in range(count)])
        ended.wait(count)

    peer.serve(True, run, workers.stop)


is_worker = sys.argv[1:] == ["worker"]
ended = peer.Ended(create=not is_worker)
asyncio.run(work()) if is_worker else main()

"""DBOS Transact: a workflow a run in this process, each of whose steps is a row."""
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS

import peer

DBOS(config={
    "name": "peer", "system_database_url": peer.DATABASE, "run_admin_server": False, "log_level": "ERROR",
    "sys_db_pool_size": 2 * peer.SLOTS, "max_executor_threads": 8 * peer.SLOTS,
})


@DBOS.step()
def step(value):
    return peer.step(value)


@DBOS.workflow()
def steps(value):
    for _ in range(peer.STEPS):
        value = step(value)
    return value


DBOS.launch()
slots = ThreadPoolExecutor(peer.SLOTS)


def run(count):
    for value in slots.map(lambda run: steps(peer.first(run)), range(count)):
        assert peer.is_last(value)


peer.serve(True, run, DBOS.destroy)

"""huey: a task a step over Redis, which keeps nothing of a task that has begun."""
import os
import sys

import redis
from huey import RedisHuey

import peer

# The consumer imports this module by its name.
huey = RedisHuey("peer", url=peer.REDIS, results=False)
ended = redis.Redis.from_url(peer.REDIS)


@huey.task()
def step(value):
    value = peer.step(value)
    if peer.is_last(value):
        ended.rpush("ended", value["run"])
    else:
        step(value)


def main():
    program = os.path.join(os.path.dirname(sys.executable), "huey_consumer")
    os.environ["PYTHONPATH"] = os.path.dirname(os.path.abspath(__file__))
    slots = str(peer.Workers.slots)
    workers = peer.Workers([program, "huey_adapter.huey", "-w", slots, "-k", "process", "-q", "-n"])
    # Tasks are known by the module that has them.
    import huey_adapter

    def run(count):
        for run in range(count):
            huey_adapter.step(peer.first(run))
        for _ in range(count):
            ended.blpop("ended")

    peer.serve(False, run, workers.stop)


if __name__ == "__main__":
    main()

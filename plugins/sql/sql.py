#!/usr/bin/env python3
"""Query Postgres, or change it in one transaction. Values are parameters, never part of a statement.

    echo '{"sql": "SELECT $1::int + 1 AS n", "parameters": [41]}' | PGHOST=/run/postgresql ./sql.py query
"""

import datetime
import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True  # the plugin's folder stays as it was installed

from postgres import Connection, Refused, Unreachable  # noqa: E402

EX_DATAERR, EX_TEMPFAIL, EX_CONFIG = 65, 75, 78
ROW_LIMIT = 10_000
# Classes of SQLSTATE (PostgreSQL manual, appendix A) that another attempt may cure: connection, transaction
# rolled back, out of resources, operator's intervention, trouble of the system.
RETRYABLE_CLASSES = {"08", "40", "53", "57", "58"}
LOCK_NOT_AVAILABLE, UNIQUE_VIOLATION = "55P03", "23505"
ONCE_TABLE = """
    CREATE TABLE IF NOT EXISTS pawl_once (key text PRIMARY KEY, output json, at timestamptz DEFAULT now())
"""


def query(step, connection):
    """A transaction that cannot write, so that a second attempt does no harm."""
    connection.run("BEGIN READ ONLY")
    rows, _ = connection.run(step["sql"], step.get("parameters", []), limit=step.get("limit", ROW_LIMIT))
    connection.run("COMMIT")
    return {"rows": rows}


def execute(step, connection):
    """All statements or none. With `once` the step's key is remembered in the same transaction."""
    key = os.environ.get("PAWL_IDEMPOTENCY_KEY") if step.get("once") else None
    if key:
        make_once_table(connection)
    connection.run("BEGIN")
    if key:
        connection.run("INSERT INTO pawl_once (key) VALUES ($1) ON CONFLICT DO NOTHING", [key])
        done, _ = connection.run("SELECT output FROM pawl_once WHERE key = $1 AND output IS NOT NULL", [key])
        if done:
            connection.run("COMMIT")
            return done[0]["output"]
    results = [run_one(statement, connection) for statement in statements(step)]
    output = {"results": results, "affected": sum(result["affected"] for result in results)}
    if key:
        connection.run("UPDATE pawl_once SET output = $2 WHERE key = $1", [key, output])
    connection.run("COMMIT")
    return output


def make_once_table(connection):
    """Make it if it is not there; asked first, since many may use it who may not make it."""
    found, _ = connection.run("SELECT to_regclass('pawl_once')::text AS name")
    if found[0]["name"]:
        return
    try:
        connection.run(ONCE_TABLE)
    except Refused as refusal:
        if refusal.state != UNIQUE_VIOLATION:  # another session made it in the same moment
            raise


def statements(step):
    return step["statements"] if "statements" in step else [step]


def run_one(statement, connection):
    rows, affected = connection.run(statement["sql"], statement.get("parameters", []), limit=ROW_LIMIT)
    return {"affected": affected, "rows": rows}


def url(step):
    """The secret that the step names, by default database_url; without it libpq's own variables decide."""
    name = step.get("database", "database_url")
    path = pathlib.Path(os.environ.get("CREDENTIALS_DIRECTORY", "")) / name
    if path.is_file():
        return path.read_text().strip()
    if "database" in step:
        fail(EX_CONFIG, "NoDatabase", f"there is no secret {name}; list it in the step's `secrets`")
    return ""


def end_with_the_step(connection):
    """Let the server end a statement when the step's time is over; this program may be gone by then."""
    deadline = os.environ.get("PAWL_DEADLINE")
    if not deadline:
        return
    end = datetime.datetime.fromisoformat(deadline.replace("Z", "+00:00"))
    left = end - datetime.datetime.now(datetime.timezone.utc)
    milliseconds = max(1, int(left.total_seconds() * 1000))
    connection.run("SELECT set_config('statement_timeout', $1, false)", [str(milliseconds)])


def fail(status, type, message, **more):
    print(json.dumps({"type": type, "message": message, "retryable": status == EX_TEMPFAIL, **more}))
    sys.exit(status)


def main():
    step = json.load(sys.stdin)
    try:
        with Connection(url(step)) as connection:
            end_with_the_step(connection)
            output = {"query": query, "execute": execute}[sys.argv[1]](step, connection)
    except Unreachable as trouble:
        fail(EX_TEMPFAIL, "Unreachable", str(trouble))
    except Refused as refusal:
        retryable = refusal.state[:2] in RETRYABLE_CLASSES or refusal.state == LOCK_NOT_AVAILABLE
        status = EX_TEMPFAIL if retryable else EX_DATAERR
        fail(status, "StatementRefused", str(refusal), details={"sqlstate": refusal.state})
    except ValueError as trouble:
        fail(EX_DATAERR, "InvalidParameter", str(trouble))
    except OSError as trouble:
        fail(EX_CONFIG, "NoLibrary", f"{trouble}; install libpq5")
    print(json.dumps(output))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The shop's stock, in SQLite: reserve, release, stock.

    echo '{"sku": "mug", "quantity": 2}' | ./inventory.py reserve
"""

import json
import os
import pathlib
import sqlite3
import sys
import uuid

SCHEMA = """
CREATE TABLE article (sku TEXT PRIMARY KEY, price INTEGER, free INTEGER CHECK (free >= 0));
CREATE TABLE reservation (
    number INTEGER PRIMARY KEY, key TEXT UNIQUE, sku TEXT, quantity INTEGER, held BOOLEAN
);
INSERT INTO article VALUES ('mug', 1250, 100), ('teapot', 4900, 10), ('kettle', 8900, 1);
"""

EX_DATAERR = 65


class Refused(Exception):
    """A failure that trying again will not cure."""

    def __init__(self, type, message):
        super().__init__(message)
        self.error = {"type": type, "message": message, "retryable": False}


def reserve(db, order):
    key = os.environ.get("PAWL_IDEMPOTENCY_KEY") or str(uuid.uuid4())
    if not find(db, "key = ?", key):
        take(db, order["sku"], order["quantity"])
        db.execute(
            "INSERT INTO reservation (key, sku, quantity, held) VALUES (?, ?, ?, TRUE)",
            (key, order["sku"], order["quantity"]),
        )
    number, sku, quantity, _ = find(db, "key = ?", key)
    (price,) = db.execute("SELECT price FROM article WHERE sku = ?", (sku,)).fetchone()
    return {"reservation": f"R{number}", "sku": sku, "quantity": quantity, "price": price}


def take(db, sku, quantity):
    row = db.execute("SELECT free FROM article WHERE sku = ?", (sku,)).fetchone()
    if row is None:
        raise Refused("UnknownArticle", f"no article is called '{sku}'")
    if row[0] < quantity:
        raise Refused("NoStock", f"{quantity} of '{sku}' wanted, {row[0]} free")
    db.execute("UPDATE article SET free = free - ? WHERE sku = ?", (quantity, sku))


def release(db, order):
    """Undo a reservation. One whose outcome nobody knows has no number: its key finds it."""
    if order.get("reservation"):
        row = find(db, "number = ?", order["reservation"].removeprefix("R"))
    else:
        row = find(db, "key = ?", os.environ.get("PAWL_STEP_KEY"))
    if not row:
        return {"released": 0}
    number, sku, quantity, held = row
    if held:
        db.execute("UPDATE article SET free = free + ? WHERE sku = ?", (quantity, sku))
        db.execute("UPDATE reservation SET held = FALSE WHERE number = ?", (number,))
    return {"released": quantity, "sku": sku}


def stock(db, _):
    return dict(db.execute("SELECT sku, free FROM article ORDER BY sku"))


def find(db, condition, value):
    return db.execute(
        f"SELECT number, sku, quantity, held FROM reservation WHERE {condition}", (value,)
    ).fetchone()


def open_books():
    here = pathlib.Path(__file__).resolve().parent
    folder = pathlib.Path(os.environ.get("SHOP_STATE") or here / "../../state")
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(folder / "inventory.db", isolation_level=None, timeout=5)
    db.execute("BEGIN IMMEDIATE")
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'article'").fetchone():
        for statement in SCHEMA.split(";"):  # executescript would end the transaction
            db.execute(statement)
    return db


def main():
    action = {"reserve": reserve, "release": release, "stock": stock}[sys.argv[1]]
    db = open_books()
    try:
        result = action(db, json.load(sys.stdin))
    except Refused as refused:
        print(json.dumps(refused.error))
        return EX_DATAERR
    db.execute("COMMIT")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

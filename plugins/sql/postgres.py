"""The part of libpq that statements with parameters need, by ctypes.

Parameters travel beside the statement (PQexecParams, PostgreSQL manual 34.3) and are never part of its text.
"""

import ctypes
import json

CONNECTION_OK, COMMAND_OK, TUPLES_OK = 0, 1, 2
SQLSTATE = ord("C")
BOOLEAN, INTEGERS, FLOATS, JSONS = 16, (20, 21, 23, 26), (700, 701), (114, 3802)  # pg_type.oid


class Refused(Exception):
    """The server's answer to a statement, with its SQLSTATE."""

    def __init__(self, state, message):
        super().__init__(message)
        self.state = state


class Unreachable(Exception):
    pass


def load():
    text, pointer, number = ctypes.c_char_p, ctypes.c_void_p, ctypes.c_int
    functions = {
        "PQconnectdb": (pointer, text), "PQstatus": (number, pointer), "PQerrorMessage": (text, pointer),
        "PQfinish": (None, pointer), "PQexecParams": (
            pointer, pointer, text, number, pointer, ctypes.POINTER(text), pointer, pointer, number),
        "PQresultStatus": (number, pointer), "PQresultErrorField": (text, pointer, number),
        "PQresultErrorMessage": (text, pointer),
        "PQntuples": (number, pointer), "PQnfields": (number, pointer),
        "PQfname": (text, pointer, number), "PQftype": (ctypes.c_uint, pointer, number),
        "PQgetisnull": (number, pointer, number, number), "PQgetvalue": (text, pointer, number, number),
        "PQcmdTuples": (text, pointer), "PQclear": (None, pointer),
    }
    library = ctypes.CDLL("libpq.so.5")
    for name, (result, *arguments) in functions.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Connection:
    """A session; `url` is what libpq takes, with PGHOST and its like for what it leaves out."""

    def __init__(self, url):
        self.libpq = load()
        self.handle = self.libpq.PQconnectdb(url.encode())
        if self.libpq.PQstatus(self.handle) != CONNECTION_OK:
            reason = self.libpq.PQerrorMessage(self.handle).decode("utf-8", "replace").strip()
            self.close()
            raise Unreachable(reason)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        self.close()

    def close(self):
        self.libpq.PQfinish(self.handle)
        self.handle = None

    def run(self, statement, parameters=(), limit=None):
        """The rows and the number of rows that a statement touched."""
        values = (ctypes.c_char_p * max(1, len(parameters)))(*[written(value) for value in parameters])
        result = self.libpq.PQexecParams(
            self.handle, statement.encode(), len(parameters), None, values, None, None, 0)
        try:
            return self.read(result, limit)
        finally:
            self.libpq.PQclear(result)

    def read(self, result, limit):
        libpq = self.libpq
        if libpq.PQresultStatus(result) not in (COMMAND_OK, TUPLES_OK):
            state = libpq.PQresultErrorField(result, SQLSTATE)
            message = (libpq.PQresultErrorMessage(result) or b"").decode("utf-8", "replace").strip()
            if state is None:
                raise Unreachable(message or "the connection broke")
            raise Refused(state.decode(), message.removeprefix("ERROR:").strip())
        count, columns = libpq.PQntuples(result), range(libpq.PQnfields(result))
        if limit is not None and count > limit:
            raise Refused("54000", f"the query gives {count} rows, more than the limit of {limit}")
        names = [libpq.PQfname(result, column).decode() for column in columns]
        types = [libpq.PQftype(result, column) for column in columns]
        rows = [
            {names[column]: self.value(result, row, column, types[column]) for column in columns}
            for row in range(count)
        ]
        touched = libpq.PQcmdTuples(result).decode()
        return rows, int(touched) if touched else 0

    def value(self, result, row, column, type):
        if self.libpq.PQgetisnull(result, row, column):
            return None
        text = self.libpq.PQgetvalue(result, row, column).decode()
        if type == BOOLEAN:
            return text == "t"
        if type in INTEGERS:
            return int(text)
        if type in FLOATS and text not in ("NaN", "Infinity", "-Infinity"):
            return float(text)
        return json.loads(text) if type in JSONS else text


def written(value):
    """A parameter as Postgres reads it; its type is the one that the statement needs."""
    if value is None:
        return None
    if isinstance(value, bool):
        return b"true" if value else b"false"
    text = value if isinstance(value, str) else json.dumps(value)
    if "\0" in text:
        raise ValueError("a parameter holds a NUL, which no text of Postgres can")
    return text.encode()

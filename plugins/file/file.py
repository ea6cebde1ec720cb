#!/usr/bin/env python3
"""Read a file, put one in place atomically, or take its checksum.

    echo '{"path": "/etc/hostname"}' | ./file.py read
"""

import base64
import hashlib
import json
import os
import pathlib
import sys
import tempfile

EX_DATAERR, EX_NOINPUT, EX_IOERR, EX_NOPERM = 65, 66, 74, 77
READ_LIMIT_BYTES = 2 * 1024 * 1024  # a step's output may be 4 MiB, and JSON or base64 add to it


def plain(path):
    """Devices and pipes may have no end, and nobody there to write."""
    path = pathlib.Path(path)
    if path.exists() and not path.is_file():
        fail(EX_DATAERR, "NotAFile", f"{path} is no plain file")
    return path


def read(step):
    path = plain(step["path"])
    if path.stat().st_size > READ_LIMIT_BYTES:
        fail(EX_DATAERR, "FileTooLarge", f"{path} is over {READ_LIMIT_BYTES} bytes; pass its path on instead")
    data = path.read_bytes()
    return {"content": decoded(data, step.get("as", "text")), "size": len(data), "sha256": sha256(data)}


def write(step):
    """Write beside the file and rename: readers see the old content or the new, never a part."""
    path = plain(step["path"])
    data = encoded(step["content"], step.get("as", "text"))
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        try:
            draft.write(data)
            draft.flush()
            os.fchmod(draft.fileno(), mode)
            os.fsync(draft.fileno())
            os.replace(draft.name, path)
        except BaseException:
            os.unlink(draft.name)
            raise
    sync_folder(path.parent)
    return {"path": str(path), "size": len(data), "sha256": sha256(data)}


def checksum(step):
    digest = hashlib.sha256()
    with open(plain(step["path"]), "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
        return {"path": step["path"], "size": file.tell(), "sha256": digest.hexdigest()}


def decoded(data, form):
    if form == "base64":
        return base64.b64encode(data).decode()
    if form != "json":
        return data.decode()
    value = json.loads(data)
    json.dumps(value, allow_nan=False)  # NaN and 1e400, which Python alone takes
    return value


def encoded(content, form):
    if form == "json":
        return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
    return base64.b64decode(content, validate=True) if form == "base64" else content.encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def sync_folder(folder):
    """Make the rename itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fail(status, type, message):
    print(json.dumps({"type": type, "message": message}))
    sys.exit(status)


def main():
    action = {"read": read, "write": write, "checksum": checksum}[sys.argv[1]]
    try:
        output = action(json.load(sys.stdin))
    except FileNotFoundError as trouble:
        fail(EX_NOINPUT, "NoSuchFile", str(trouble))
    except PermissionError as trouble:
        fail(EX_NOPERM, "NoPermission", str(trouble))
    except (ValueError, AttributeError, TypeError) as trouble:
        fail(EX_DATAERR, "InvalidContent", str(trouble))
    except OSError as trouble:
        fail(EX_IOERR, "FileTrouble", str(trouble))
    print(json.dumps(output))


if __name__ == "__main__":
    main()

"""Checks our verdicts on random schemas against PyPI's `jsonschema`.

stdin: one case a line, {"schema": …, "values": [{"value": …, "valid": …}, …]}
stdout: one line a disagreement. Exit status: 0 agree, 1 disagree, 75 jsonschema cannot be had.
"""
import json
import os
import subprocess
import sys
import tempfile

UNAVAILABLE = 75


def with_jsonschema():
    """Goes on in a virtual environment if this Python has no jsonschema."""
    try:
        import jsonschema
        return jsonschema
    except ImportError:
        if "PAWL_ORACLE_VENV" in os.environ:
            print("jsonschema cannot be imported from its own environment")
            sys.exit(UNAVAILABLE)
    folder = os.path.join(tempfile.gettempdir(), f"jsonschema-oracle-{os.getuid()}")
    python = os.path.join(folder, "bin", "python")
    pip = ["-m", "pip", "install", "-q", "--timeout", "5", "--retries", "1", "jsonschema>=4.18"]
    for command in ([sys.executable, "-m", "venv", folder], [python, *pip]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print((done.stderr or done.stdout).strip().splitlines()[-1:] or command)
            sys.exit(UNAVAILABLE)
    os.environ["PAWL_ORACLE_VENV"] = folder
    os.execv(python, [python, *sys.argv])


def main():
    jsonschema = with_jsonschema()
    agreed = 0
    disagreed = 0
    for line in sys.stdin:
        case = json.loads(line)
        validator = jsonschema.Draft202012Validator(case["schema"])
        for item in case["values"]:
            expected = validator.is_valid(item["value"])
            if expected == item["valid"]:
                agreed += 1
            else:
                disagreed += 1
                print(json.dumps({"schema": case["schema"], "value": item["value"], "jsonschema": expected}))
    print(f"{agreed} verdicts agree, {disagreed} do not")
    sys.exit(1 if disagreed else 0)


main()

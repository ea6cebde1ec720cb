"""Plugins whose manifests are hostile, and the text that they are full of."""

import json
import os

# Markup, an end of an attribute, a terminal's orders, what turns the direction of text, C1, an end of a line.
TEXT = ("<img src=x onerror=window.hacked=1><script>window.hacked=1</script>\"'><b>&amp;"
        "\x1b[2J\x1b[31mred\x9b1m\u202eevil\u2066\r\n\ttab")
NUL = TEXT + "\x00null"


def hostile_plugins(engine):
    """A manifest of such texts, and one that is refused with them."""
    for name, more in [("shouting", {"actions": {"run": {
        "summary": TEXT, "exec": ["./run"],
        "input": {"type": "object", "properties": {TEXT: {"type": "string", "description": TEXT}}},
        "output": {"title": TEXT},
    }}}), ("refused", {"actions": {TEXT: {"exec": [TEXT]}}})]:
        folder = f"{engine.folder}/plugins/{name}"
        os.makedirs(folder)
        with open(f"{folder}/plugin.yaml", "w") as file:
            json.dump({"name": name, "version": "1.0.0", "protocol": 1, **more}, file)
        with open(f"{folder}/run", "w") as file:
            file.write("#!/bin/sh\n")
        os.chmod(f"{folder}/run", 0o755)

"""Writes the reference page of the API, made of its OpenAPI document.

usage: reference.py ADDRESS > docs/api-reference.md
"""
import json
import sys
import textwrap
import urllib.request

HEAD = """# API reference

Made by `scripts/api-reference` of the OpenAPI document that every server has at `/v1/openapi.json`.
[HTTP API](http-api.md) explains the calls, with examples.
"""


def kind(schema):
    """A schema in a few words."""
    if not schema:
        return "any JSON"
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if schema.get("enum") == [""]:
        return "empty"
    if "items" in schema.get("properties", {}) and "cursor" in schema["properties"]:
        return f"page of {kind(schema['properties']['items']['items'])}"
    if "enum" in schema:
        return " ".join(f"`{json.dumps(one).strip(chr(34))}`" for one in schema["enum"])
    if "anyOf" in schema:
        return ", or ".join(kind(one) for one in schema["anyOf"])
    types = schema.get("type", "any JSON")
    types = types if isinstance(types, list) else [types]
    return ", or ".join(one_kind(schema, one) for one in types)


def one_kind(schema, name):
    if name == "array":
        return f"list of {kind(schema['items'])}" if schema.get("items") else "list"
    if name == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {kind(schema['additionalProperties'])}"
    if name == "string" and schema.get("format") == "date-time":
        return "time"
    if name == "string" and schema.get("pattern", "^[^\\x00]*$") != "^[^\\x00]*$":
        return f"text like `{schema['pattern'][2:-2]}`".replace("|", "\\|")
    if name == "string" and "maxLength" in schema:
        return f"text of {schema.get('minLength', 0)} to {schema['maxLength']} characters"
    if name == "integer" and "maximum" in schema:
        return f"whole number from {schema.get('minimum', 0)} to {schema['maximum']}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(name, name)


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows] + [""]


def members(schema):
    required = schema.get("required", [])
    rows = [[f"`{name}`" + ("" if name in required else "?"), kind(inner)]
            for name, inner in schema.get("properties", {}).items()]
    return table(["member", "is"], rows) if rows else [kind(schema), ""]


def call(method, path, operation):
    lines = [f"### {method.upper()} {path}", "", operation["summary"] + ".", ""]
    rows = [[f"`{one['name']}`" + ("" if one.get("required") else "?"), one["in"], one.get("description", ""),
             kind(one["schema"])] for one in operation["parameters"]]
    lines += table(["parameter", "in", "what", "is"], rows) if rows else []
    body = operation.get("requestBody")
    if body:
        kinds = ", ".join(f"`{type}` {kind(inner['schema'])}" for type, inner in body["content"].items())
        lines += [f"Body{'' if body['required'] else ', which may be left out'}: {kinds}.", ""]
    rows = []
    for status, answer in operation["responses"].items():
        if int(status) < 300:
            kinds = [f"`{type}` {kind(inner['schema']) if 'schema' in inner else ''}".strip()
                     for type, inner in answer.get("content", {}).items()]
            rows.append([status, ", or ".join(kinds) or "nothing"])
    problems = [status for status in operation["responses"] if int(status) >= 300]
    return lines + table(["answer", "is"], rows + [[" ".join(problems), "[Problem](#problem)"]])


def page(document):
    said = document["info"]["description"].split("\n", 1)[1].strip()
    lines = [HEAD, *textwrap.wrap(said, 110), "", "## Calls", ""]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            lines += call(method, path, operation)
    lines += ["## Schemas", "", "A member with `?` may be missing.", ""]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += [f"### {name}", ""]
        lines += [schema["description"], ""] if "description" in schema else members(schema)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    with urllib.request.urlopen(f"{sys.argv[1]}/v1/openapi.json", timeout=60) as answer:
        sys.stdout.write(page(json.load(answer)))

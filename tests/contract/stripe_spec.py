"""Stripe's own description of its API, with the differences of the version that the SDK speaks."""

import functools
import json
import lzma
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ENDIVE = "2026-10-28.endive"


@functools.cache
def spec() -> dict[str, Any]:
    """The whole document, endive differences applied (see stripe/NOTICE.md)."""
    with lzma.open(HERE / "stripe" / "spec3.json.xz") as file:
        document: dict[str, Any] = json.load(file)
    checkout = _form(document, "/v1/checkout/sessions")
    checkout["allowed_payment_method_types"] = checkout.pop("payment_method_types")
    dispute = _form(document, "/v1/disputes/{dispute}")
    dispute["intended_submission_method"] = {"type": "string"}
    # The document's list of versions ends with its own; the SDK's list goes on.
    endpoint = _form(document, "/v1/webhook_endpoints")
    endpoint["api_version"]["enum"] += ["2026-09-30.endive", ENDIVE]
    return document


@functools.cache
def request_schema(operation: str) -> dict[str, Any]:
    """One operation's parameters as a JSON schema: no references, no prose."""
    method, path = operation.split(" ")
    described = spec()["paths"][path][method]
    if method == "post":
        content = described.get("requestBody", {}).get("content", {})
        for media in content.values():
            return _plain(media["schema"])
        return {"type": "object", "properties": {}}
    query = [p for p in described.get("parameters", []) if p["in"] == "query"]
    return {
        "type": "object",
        "properties": {p["name"]: _plain(p["schema"]) for p in query},
        "required": [p["name"] for p in query if p.get("required")],
    }


def _form(document: dict[str, Any], path: str) -> dict[str, Any]:
    body = document["paths"][path]["post"]["requestBody"]["content"]
    fields: dict[str, Any] = body["application/x-www-form-urlencoded"]["schema"]["properties"]
    return fields


KEPT = ("type", "properties", "required", "items", "enum", "anyOf", "maxLength", "format")


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = spec()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    plain: dict[str, Any] = {k: schema[k] for k in KEPT if schema.get(k)}
    if "properties" in plain:
        plain["properties"] = {k: _plain(v) for k, v in plain["properties"].items()}
    if "items" in plain:
        plain["items"] = _plain(plain["items"])
    if "anyOf" in plain:
        plain["anyOf"] = [_plain(s) for s in plain["anyOf"]]
    if isinstance(values := schema.get("additionalProperties"), dict):
        plain["additionalProperties"] = _plain(values)
    return plain

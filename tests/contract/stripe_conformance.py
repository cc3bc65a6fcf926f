"""Judges every request, answer and event by Stripe's own description."""

import functools
import json
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
from stripe_spec import request_schema, spec

from mainstem_gateway.routes import find
from mainstem_gateway.wire import decode_form

# Shown by the version that the SDK speaks, not yet in the published document.
NEWER = {"checkout.session": {"allowed_payment_method_types"}}


class Broken(AssertionError):
    """Something on the wire is not as Stripe describes it."""


def judge_request(method: str, path: str, body: str, headers: dict[str, str]) -> None:
    """The SDK's request against the operation's parameters."""
    found = find(method.lower(), path)
    if found is None:
        return
    operation = found[0]
    schema = request_schema(operation)
    if path.startswith("/v2") and method == "POST":
        given = json.loads(body or "{}")
    else:
        given = _typed(schema, decode_form(body))
    _hold(_request_validator(operation), given, f"request {method} {path}")


def judge_answer(method: str, path: str, status: int, body: bytes) -> None:
    """The gateway's answer against the operation's response, or the shape of an error."""
    found = find(method.lower(), path)
    answer = json.loads(body)
    if status >= 400:
        error = answer["error"]
        known = {"api_error", "card_error", "idempotency_error", "invalid_request_error"}
        if error.get("type") not in known or not error.get("message"):
            raise Broken(f"{method} {path} {status}: {answer}")
        return
    if found is None:
        raise Broken(f"{method} {path} answered {status}, and is not an operation of ours")
    _hold(_response_validator(found[0]), answer, f"answer {method} {path}")


def judge_event(body: bytes) -> None:
    """An event and the object that it carries."""
    event = json.loads(body)
    kind = event["object"]
    _hold(_schema_validator(kind), event, f"event {event['type']}")
    if kind == "event":
        shown = event["data"]["object"]
        _hold(_schema_validator(shown["object"]), shown, f"object of {event['type']}")


def _hold(validator: Any, value: Any, where: str) -> None:
    problems = [
        f"{'/'.join(map(str, e.instance_path))}: {str(e.message)[:300]}"
        for e in validator.iter_errors(value)
    ]
    if problems:
        raise Broken(f"{where}\n  " + "\n  ".join(problems[:5]))


@functools.cache
def _request_validator(operation: str) -> Any:
    return jsonschema_rs.Draft7Validator(_closed(request_schema(operation)))


@functools.cache
def _response_validator(operation: str) -> Any:
    method, path = operation.split(" ")
    described = spec()["paths"][path][method]["responses"]["200"]["content"]
    return _validator(described["application/json"]["schema"])


@functools.cache
def _schema_validator(name: str) -> Any:
    return _validator({"$ref": f"#/components/schemas/{name}"})


def _validator(schema: dict[str, Any]) -> Any:
    """A schema with the parts it leads to, closed: a field that Stripe lacks is a mistake."""
    whole = _closed(schema)
    wanted, parts = list(_references(whole)), {}
    while wanted:
        if (name := wanted.pop()) not in parts:
            parts[name], further = _part(name)
            wanted += further
    return jsonschema_rs.Draft7Validator(whole | {"components": {"schemas": parts}})


@functools.cache
def _part(name: str) -> tuple[dict[str, Any], set[str]]:
    """One of the document's schemas, and the names of those it leads to."""
    part = _closed(spec()["components"]["schemas"][name], name)
    return part, _references(part)


def _references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rsplit("/", 1)[1]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(_references(v) for v in value.values()))
    if isinstance(value, list):
        return set().union(*(_references(v) for v in value))
    return set()


def _closed(schema: Any, name: str = "") -> Any:
    """OpenAPI 3.0 as plain JSON schema: nullable spelled out, unknown fields refused."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {
        key: {k: _closed(v) for k, v in value.items()} if key == "properties" else _closed(value)
        for key, value in schema.items()
        if key not in {"nullable", "description", "title"} and not key.startswith("x-")
    }
    if "properties" in plain and "additionalProperties" not in plain:
        for newer in NEWER.get(name, ()):
            plain["properties"][newer] = {}
        # An empty part of Stripe's document means "not described", as in dispute evidence.
        plain["additionalProperties"] = not plain["properties"]
    if schema.get("nullable"):
        return {"anyOf": [{"type": "null"}, plain]}
    return plain


def _typed(schema: dict[str, Any], value: Any) -> Any:
    """Form text in the types its schema names, as far as it can be read so."""
    if options := schema.get("anyOf"):
        for option in options:
            typed = _typed(option, value)
            if jsonschema_rs.is_valid(_closed(option), typed):
                return typed
        return value
    match schema.get("type"):
        case "object" if isinstance(value, dict):
            inner = schema.get("properties", {})
            rest = schema.get("additionalProperties")
            rest = rest if isinstance(rest, dict) else {}
            return {k: _typed(inner.get(k, rest), v) for k, v in value.items()}
        case "array" if isinstance(value, dict):
            return [_typed(schema.get("items", {}), value[k]) for k in sorted(value, key=int)]
        case "integer" if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        case "boolean" if value in ("true", "false"):
            return value == "true"
    return value


def query_of(url: str) -> tuple[str, str]:
    """Path and query of a request's address."""
    parts = urlsplit(url)
    return parts.path, parts.query

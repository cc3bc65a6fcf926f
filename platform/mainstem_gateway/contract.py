"""Requests held against Stripe's description: coerced when right, refused in its words when not.

`requests.json` is an extract of Stripe's OpenAPI document (MIT, (c) Stripe, Inc.), derived by
tests/contract/derive.py. The gateway therefore needs no schema library at run time.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from mainstem_gateway.operations import OPERATIONS
from mainstem_gateway.wire import JSON, WireError, decode, invalid, not_simulated

LIST_LIMIT_MAX = 100
METADATA_KEYS_MAX, METADATA_KEY_MAX, METADATA_VALUE_MAX = 50, 40, 500


@cache
def descriptions() -> dict[str, JSON]:
    described: dict[str, JSON] = decode((files(__package__) / "requests.json").read_bytes())
    return described


def checked(operation: str, raw: JSON, *, form: bool) -> JSON:
    """The parameters in their types. Raises the 400 that Stripe gives, or 501 if not simulated.

    `form` tells that every leaf arrived as text (v1 bodies and all query strings).
    """
    if "payment_method_types" in raw and operation == "post /v1/checkout/sessions":
        raise invalid(
            "The payment_method_types parameter is no longer supported. "
            "Use allowed_payment_method_types instead.",
            param="payment_method_types",
            code="payment_method_types_no_longer_supported",
        )
    schema = descriptions()[operation]
    given = _object(schema, raw, "", form=form)
    expand = given.pop("expand", None)
    _only_simulated(given, OPERATIONS[operation], operation)
    if (limit := given.get("limit")) is not None and not 1 <= limit <= LIST_LIMIT_MAX:
        less, more = "greater than or equal to 1", f"less than or equal to {LIST_LIMIT_MAX}"
        bound = less if limit < 1 else more
        raise invalid(
            f"This value must be {bound} (it currently is '{limit}').",
            param="limit",
            code="parameter_invalid_integer",
        )
    if expand:
        given["expand"] = expand
    return given


def _value(schema: JSON, raw: Any, at: str, *, form: bool) -> Any:
    if options := schema.get("anyOf"):
        return _one_of(options, raw, at, form=form)
    kind = schema.get("type", "object" if "properties" in schema else None)
    if form and raw == "" and kind in {"string", "integer", "number", "boolean"}:
        if "" in schema.get("enum", ()):
            return ""
        raise invalid(
            f"You passed an empty string for '{at}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{at}' cannot be unset. You should remove '{at}' from "
            "your request or supply a non-empty value.",
            param=at,
            code="parameter_invalid_empty",
        )
    match kind:
        case "object":
            return _object(schema, raw, at, form=form)
        case "array":
            return _array(schema, raw, at, form=form)
        case "integer":
            return _integer(raw, at, form=form)
        case "number":
            return _number(raw, at)
        case "boolean":
            return _boolean(raw, at, form=form)
        case "string":
            return _string(schema, raw, at)
        case _:
            return raw


def _object(schema: JSON, raw: Any, at: str, *, form: bool) -> JSON:
    if not isinstance(raw, dict):
        raise invalid("Invalid object", param=at)
    properties = schema.get("properties")
    if properties is None:
        return _map(schema, raw, at, form=form)
    given = {}
    for name, value in raw.items():
        where = f"{at}[{name}]" if at else name
        if name not in properties:
            raise invalid(
                f"Received unknown parameter: {where}", param=where, code="parameter_unknown"
            )
        if value is not None:
            given[name] = _value(properties[name], value, where, form=form)
    for name in schema.get("required", ()):
        if name not in given:
            where = f"{at}[{name}]" if at else name
            raise invalid(
                f"Missing required param: {where}.", param=where, code="parameter_missing"
            )
    return given


def _map(schema: JSON, raw: JSON, at: str, *, form: bool) -> JSON:
    if at == "metadata" or at.endswith("[metadata]"):
        return _metadata(raw, at)
    values = schema.get("additionalProperties")
    if not isinstance(values, dict):
        return raw
    return {k: _value(values, v, f"{at}[{k}]", form=form) for k, v in raw.items()}


def _metadata(raw: JSON, at: str) -> JSON:
    if len(raw) > METADATA_KEYS_MAX:
        raise invalid(f"Metadata can have at most {METADATA_KEYS_MAX} keys", param=at)
    for key, value in raw.items():
        if len(key) > METADATA_KEY_MAX:
            raise invalid(
                f"Metadata keys can be at most {METADATA_KEY_MAX} characters: {key}", param=at
            )
        if not isinstance(value, str):
            raise invalid(f"Invalid string: {value!r}", param=f"{at}[{key}]")
        if len(value) > METADATA_VALUE_MAX:
            raise invalid(
                f"Metadata values can have up to {METADATA_VALUE_MAX} characters, "
                f"but you passed in a value that is {len(value)} characters. "
                f"Invalid value: {value}",
                param=f"{at}[{key}]",
            )
    return raw


def _array(schema: JSON, raw: Any, at: str, *, form: bool) -> list[Any]:
    if isinstance(raw, dict) and all(key.isdigit() for key in raw):
        raw = [raw[key] for key in sorted(raw, key=int)]
    if not isinstance(raw, list):
        raise invalid("Invalid array", param=at)
    items = schema.get("items", {})
    return [_value(items, value, f"{at}[{i}]", form=form) for i, value in enumerate(raw)]


def _integer(raw: Any, at: str, *, form: bool) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    text = raw if form and isinstance(raw, str) else ""
    if text.lstrip("-").isdecimal() and text.isascii() and len(text) < 19:
        return int(text)
    raise invalid(f"Invalid integer: {raw}", param=at, code="parameter_invalid_integer")


def _number(raw: Any, at: str) -> str:
    text = str(raw)
    if not text.lstrip("-").replace(".", "", 1).isdecimal():
        raise invalid(f"Invalid number: {raw}", param=at)
    return text


def _boolean(raw: Any, at: str, *, form: bool) -> bool:
    if isinstance(raw, bool):
        return raw
    if form and raw in ("true", "false"):
        return bool(raw == "true")
    raise invalid(f"Invalid boolean: {raw}", param=at)


def _string(schema: JSON, raw: Any, at: str) -> str:
    if not isinstance(raw, str):
        raise invalid("Invalid string", param=at)
    if (allowed := schema.get("enum")) and raw not in allowed:
        shown = [a for a in allowed if a]
        listed = shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + f", or {shown[-1]}"
        raise invalid(f"Invalid {at}: must be one of {listed}", param=at)
    if (most := schema.get("maxLength")) and len(raw) > most:
        raise invalid(
            f"Invalid string: {raw[:12]}...{raw[-6:]}; must be at most {most} characters",
            param=at,
        )
    return raw


def _one_of(options: list[JSON], raw: Any, at: str, *, form: bool) -> Any:
    """The first form that fits; the complaint of the one that is shaped like what was given."""
    shape = "object" if isinstance(raw, dict) else "array" if isinstance(raw, list) else None
    complaint: WireError | None = None
    for option in options:
        kind = option.get("type", "object" if "properties" in option else None)
        if shape == "object" and kind not in {"object", "array"}:
            continue
        if shape is None and kind in {"object", "array"}:
            continue
        try:
            return _value(option, raw, at, form=form)
        except WireError as error:
            complaint = error
    if complaint:
        raise complaint
    raise invalid(f"Invalid value for {at}", param=at)


def _only_simulated(given: JSON, simulated: tuple[str, ...], operation: str) -> None:
    for path in _paths(given):
        if not any(path == s or path.startswith(s + ".") for s in simulated):
            raise not_simulated(f"the parameter `{path}` of {operation.split(' ')[1]}")


def _paths(value: Any, at: str = "") -> list[str]:
    """The names of every branch given, positions left out: `line_items.quantity`."""
    if isinstance(value, dict) and value:
        return [p for k, v in value.items() for p in _paths(v, f"{at}.{k}" if at else k)]
    if isinstance(value, list) and value:
        return [p for v in value for p in _paths(v, at)]
    return [at] if at else []

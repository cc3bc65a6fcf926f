"""Stripe's wire format: forms in brackets, JSON out, errors in Stripe's shape."""

import re
from typing import Any
from urllib.parse import parse_qsl

import msgspec

JSON = dict[str, Any]

encode = msgspec.json.encode
decode = msgspec.json.decode


class WireError(Exception):
    """An answer other than success, as Stripe words it.

    `executed` tells whether the operation had begun: v1 stores only those answers under the
    caller's idempotency key, so a refused parameter can be corrected under the same key.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        executed: bool = False,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.body: JSON = {"type": kind, "message": message}
        if code:
            self.body |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code}"}
        if param:
            self.body["param"] = param
        self.body |= facts


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> WireError:
    """A request that Stripe refuses before it begins: nothing happened, nothing is remembered."""
    return WireError(400, "invalid_request_error", message, code=code, param=param)


def refused(
    message: str, code: str | None, *, param: str | None = None, status: int = 400
) -> WireError:
    """A request that was understood and begun, and that the state of things does not allow."""
    return WireError(
        status, "invalid_request_error", message, code=code, param=param, executed=True
    )


def missing(kind: str, id: str, param: str, *, status: int = 404) -> WireError:
    """No such thing. In a path that is 404; named by a parameter it is 400."""
    name = {"checkout.session": "checkout.session", "dispute": "dispute"}.get(kind, kind)
    return WireError(
        status,
        "invalid_request_error",
        f"No such {name}: '{id}'",
        code="resource_missing",
        param=param,
    )


def not_simulated(what: str) -> WireError:
    """The honest answer to everything that only the real Stripe can do."""
    return WireError(
        501,
        "api_error",
        f"The embedded gateway does not simulate {what}. "
        "Use a Stripe sandbox key to try it against Stripe.",
        code="not_simulated",
    )


BRACKETS = re.compile(r"\[([^\]]*)\]")


def decode_form(text: str) -> JSON:
    """`a[b][0][c]=v` as nested dicts; lists stay dicts of positions until the schema says so."""
    tree: JSON = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=5000):
        head, _, rest = name.partition("[")
        keys = [head, *BRACKETS.findall("[" + rest if rest else "")]
        if len(keys) > 12:
            raise invalid("Request parameters are nested too deeply.", param=head)
        branch = tree
        for key in keys[:-1]:
            branch = branch.setdefault(key or str(len(branch)), {})
            if not isinstance(branch, dict):
                raise invalid(f"Invalid object: {head}", param=head)
        last = keys[-1]
        branch[str(len(branch)) if last == "" else last] = value
    return tree

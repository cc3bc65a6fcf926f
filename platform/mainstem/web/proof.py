"""What hurts asks for proof: a session alone, open since this morning, does it no longer.

A route says in its `proof` what it asks. `FRESH`: they have signed in within the last quarter of an
hour, with all that they have. `MONEY`: that too, and in a company that sells they have a second factor.
A mapping says it by the name in the address, where one route serves many kinds of things.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from mainstem.kit.errors import Refused
from mainstem.web.context import Connection, app_context_of
from mainstem.web.guards import SecondFactorMissing, identity_of, must_have_second_factor

FRESH, MONEY = "fresh", "money"
Proof = str | Mapping[str, str]


class FreshSignInNeeded(Refused):
    """It is a while since they have proved who they are."""

    code = "fresh_sign_in_needed"
    status = 403
    message = "Sign in once more to do this. Nothing was done yet."


async def proven(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A guard of the whole application: whoever presses has proved what the route asks. Who is nobody,
    or has no role there, hears that from the surface's own guard."""
    wanted = asked_by(handler, connection)
    if not wanted:
        return
    identity = await identity_of(connection)
    if identity is None:
        return
    if wanted == MONEY and must_have_second_factor(connection) and not identity.has_second_factor:
        raise SecondFactorMissing
    if not identity.is_fresh(app_context_of(connection).clock.now()):
        raise FreshSignInNeeded


def asked_by(handler: BaseRouteHandler, connection: Connection | None = None) -> str:
    """What a route asks, of this request where it depends on that; empty for nothing."""
    proof: Proof = handler.opt.get("proof", "")
    if isinstance(proof, str):
        return proof
    name = connection.path_params.get("name") if connection else None
    return proof.get(str(name), "")

"""Guards: who may come in. Each surface's router carries one; nothing else lets anybody in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from mainstem import network
from mainstem.identity import (
    SCOPES,
    STAFF,
    Identity,
    StorefrontKey,
    TooManyAttempts,
    hash_of,
    read_api_key,
    read_key,
    who,
)
from mainstem.kit.errors import InvalidInput, NotFound, Refused
from mainstem.kit.validation import problems_of, zeros_in
from mainstem.kit.work import CLIENT, Work
from mainstem.web.context import Connection, app_context_of, origin_of, request_context_of
from mainstem.web.works import in_work

Found = TypeVar("Found")
Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


class SignInNeeded(Refused):
    """Nobody is signed in, or no longer."""

    code = "sign_in_needed"
    status = 401
    message = "Sign in to go on."


class NotAllowed(Refused):
    """They are signed in, but this is not theirs to do."""

    code = "not_allowed"
    status = 403
    message = "Your role does not open this page. Ask an admin if you need it."


class SecondFactorMissing(Refused):
    """They deal with money or with rights, and nothing but a password keeps their account."""

    code = "second_factor_missing"
    status = 403
    message = "Set up a second factor first: an authenticator app or a passkey."


class AffiliateSuspended(Refused):
    """In its affiliate's state this is not theirs to do."""

    code = "affiliate_suspended"
    status = 403
    message = (
        "This is closed while your company is not active with us. What you have earned is not lost."
    )


class NotYours(Refused):
    """In their role within the affiliate this is not theirs to do."""

    code = "not_your_role"
    status = 403
    message = (
        "Your role at your company does not open this page. Ask an owner there if you need it."
    )


class ChooseAffiliate(Refused):
    """They act for several affiliates and have not said for which."""

    code = "choose_affiliate"
    status = 409
    message = "Choose whom you act for."


class KeyRefused(Refused):
    """There is no key in the request, or none in force."""

    code = "key_refused"
    status = 401
    message = "Send a key in force as `Authorization: Bearer …`."


class ScopeMissing(Refused):
    """The key is in force, but not for this."""

    code = "scope_missing"
    status = 403
    message = "This key does not have the scope {scope}. Issue one that has."


class NotJson(Refused):
    """The body is not marked as JSON."""

    code = "not_json"
    status = 415
    message = "Send the body as application/json."


class MalformedJson(Refused):
    """The body cannot be read as JSON at all."""

    code = "malformed_json"
    status = 400
    message = "The body is not JSON: {why}."


async def within_bounds(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """A guard of the whole application: a number in an address that no column can hold leads nowhere."""
    for value in connection.path_params.values():
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise NotFound("page")


async def identity_of(connection: Connection) -> Identity | None:
    """Who is asking; looked up once a request, and only where a page wants to know."""
    request_context, app_context = request_context_of(connection), app_context_of(connection)
    if not request_context.asked_who:
        request_context.asked_who = True
        token = connection.cookies.get(app_context.cookie_name("session"))
        if token:
            request_context.identity = await in_work(
                connection, CLIENT, lambda work: who(work, token), clock=app_context.clock
            )
    return request_context.identity


async def _signed_in(connection: Connection) -> Identity:
    identity = await identity_of(connection)
    if identity is None:
        raise SignInNeeded
    return identity


def staff(*roles: str) -> Guard:
    """Lets staff in who act in one of these roles; any staff where none is named."""
    assert set(roles) <= set(STAFF)

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        identity = await _signed_in(connection)
        if not identity.may(*(roles or STAFF)):
            raise NotAllowed
        _ask_for_second_factor(connection, identity)

    return guard


async def signed_in(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Lets in whoever is signed in, in whichever role, to what is their own."""
    await _signed_in(connection)


def must_have_second_factor(connection: Connection) -> bool:
    """Whether this is a company that sells, and not one that is tried out."""
    return not app_context_of(connection).settings.demo


def cannot_do_without(connection: Connection, identity: Identity) -> bool:
    """Whether somebody needs a second factor before any page of theirs answers: whoever approves money
    or lets others in, and everybody where the company says so."""
    is_for_all = app_context_of(connection).settings.second_factor == "everybody"
    return must_have_second_factor(connection) and (is_for_all or identity.may("finance"))


def _ask_for_second_factor(connection: Connection, identity: Identity) -> None:
    if cannot_do_without(connection, identity) and not identity.has_second_factor:
        raise SecondFactorMissing


async def affiliate(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Lets an affiliate in and says which one: their only one, or the one they chose.

    A route says in its `right` what one does there (`network.MAY`, `network.ROLE_MAY`); where it says
    nothing, it is work that only an affiliate in good standing does.
    """
    identity = await _signed_in(connection)
    mine = identity.affiliate_ids
    if not mine:
        raise NotAllowed
    # The cookie only picks among their own: what it says beyond that is not believed.
    chosen = connection.cookies.get(app_context_of(connection).cookie_name("affiliate"), "")
    wanted = [id for id in mine if str(id) == chosen] or ([mine[0]] if len(mine) == 1 else [])
    if not wanted:
        raise ChooseAffiliate
    at = mine.index(wanted[0])
    state, role = identity.affiliate_states[at], identity.affiliate_roles[at]
    right = handler.opt.get("right", network.WORK)
    if right not in network.MAY[state]:
        raise AffiliateSuspended
    if right not in network.ROLE_MAY[role]:
        raise NotYours
    _ask_for_second_factor(connection, identity)
    request_context = request_context_of(connection)
    request_context.affiliate_id, request_context.rights = wanted[0], network.rights(state, role)


async def storefront_key(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Lets a storefront in by its key, and says which one it is. A route says in its `scope` what the key
    has to be for.

    A route marked `key="checked again"` asks in its own transaction whether the key is still in
    force. There a key that was seen before is known without a look into the database.
    """
    key = _shown_key(connection)
    found = None
    if key:
        known, name = app_context_of(connection).parts.get(KnownKeys), hash_of(key)
        if handler.opt.get("key") == "checked again":
            found = known.get(name)
        if found is None:
            # A key that was seen before is no guess, whoever guesses from the same address.
            found = await _looked_up(connection, key, read_key, is_known=name in known)
        if found is not None:
            known[name] = found
    if found is None:
        raise KeyRefused
    if (scope := handler.opt.get("scope")) and scope not in found.scopes:
        raise ScopeMissing(scope=scope)
    # Where the key is checked again, so is this, in the transaction that places the order.
    if (
        handler.opt.get("key") != "checked again"
        and network.WORK not in network.MAY[found.home_state]
    ):
        raise AffiliateSuspended
    request_context_of(connection).storefront = found


def integration_key(scope: str) -> Guard:
    """Lets a program of the company's own in by a key with this scope."""
    assert scope in SCOPES

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        key = _shown_key(connection)
        found = await _looked_up(connection, key, read_api_key) if key else None
        if found is None:
            raise KeyRefused
        # Known before it is judged: the log says whose key was not enough.
        request_context_of(connection).api_key = found
        if scope not in found.scopes:
            raise ScopeMissing(scope=scope)

    return guard


def _shown_key(connection: Connection) -> str:
    scheme, _space, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def _looked_up(
    connection: Connection,
    key: str,
    read: Callable[[Work, str], Found | None],
    *,
    is_known: bool = False,
) -> Found | None:
    """Whose key it is. Whoever guesses is slowed down."""
    tries, address = app_context_of(connection).wrong_keys, origin_of(connection)
    if not is_known and (seconds := tries.wait(address)):
        raise TooManyAttempts(seconds)
    found = await in_work(connection, CLIENT, lambda work: read(work, key))
    if found is None and address:
        tries.wrong(address)
    return found


class KnownKeys(dict[bytes, StorefrontKey]):
    """Keys that were let in before, by their hash."""


async def strict_json(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Refuses a body that is not exactly what the operation takes, with every problem named.

    The framework alone would stop at the first one, and would read "5" as a number. Where the route
    says `strict`, the model does not either.
    """
    body_field = handler.parsed_fn_signature.parameters.get("data")
    if body_field is None:
        return
    if not connection.headers.get("content-type", "").startswith("application/json"):
        raise NotJson
    assert isinstance(connection, Request)
    model = body_field.annotation
    assert issubclass(model, BaseModel), "a body is a model"
    body = await connection.body()
    try:
        model.model_validate_json(body, strict=handler.opt.get("strict"))
    except ValidationError as error:
        [first, *_] = error.errors(include_url=False)
        if first["type"] == "json_invalid":
            raise MalformedJson(why=first["ctx"]["error"]) from None
        problems = problems_of(error)
    else:
        problems = []
    if b"\\u0000" in body:  # a body is searched for it only then
        problems += zeros_in(from_json(body))
    if problems:
        raise InvalidInput(*problems)

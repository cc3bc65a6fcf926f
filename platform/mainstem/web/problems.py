"""Errors become answers: a page for a reader, problem+json (RFC 9457) for a machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
from jinja2 import TemplateError
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from mainstem.kit.db import held_a_zero, was_in_the_way
from mainstem.kit.errors import InvalidInput, Refused
from mainstem.kit.telemetry import log
from mainstem.kit.validation import zero
from mainstem.web.addresses import page_above, page_of
from mainstem.web.context import Busy, Connection, app_context_of, request_context_of
from mainstem.web.forms import parameter_problem
from mainstem.web.guards import ChooseAffiliate, KeyRefused, SecondFactorMissing, SignInNeeded
from mainstem.web.proof import FreshSignInNeeded
from mainstem.web.rendering import language_of, redirect, render, words

API = "/api"
MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "That request cannot be read.",
    401: "You are not signed in.",
    403: "You may not do this.",
    404: "There is nothing here.",
    405: "This cannot be done here.",
    409: "This cannot be done now.",
    413: "That is too large.",
    415: "This kind of content is not taken.",
    422: "Something is not right.",
    429: "Too many attempts.",
    500: "Something went wrong on our side.",
    503: "We are busy.",
}
CODES = {
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "not_taken",
    429: "rate_limited",
}
_DETAILS = {
    400: "Check how it was sent.",
    404: "The address may be old or mistyped.",
    405: "This address does not take requests of this kind.",
    413: "Send less at once.",
    500: "It is not your fault. If it happens again, tell us the number of this request.",
}


class ProblemError(msgspec.Struct, frozen=True):
    """One problem of one field: where, which, and how to mend it."""

    pointer: str
    code: str
    message: str
    source: str = "body"


class ProblemDetails(msgspec.Struct, frozen=True):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemError] = []


def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """The answer to an exception that left a handler."""
    request_context_of(request).roll_back = True
    if any(was_in_the_way(cause) for cause in _causes(error)):
        log("web").warning("the database was in the way", cause=repr(error)[:300])
        error = Busy()
    elif any(held_a_zero(cause) for cause in _causes(error)):
        # Forms and bodies are looked through as they are read; this one stood in the address.
        nowhere = "\0" in request.url.path
        error = NotFoundException() if nowhere else InvalidInput(zero(""))
    if wants_page(request):
        # What was pressed is not done; they come back to its page, where it can be pressed again.
        if isinstance(error, FreshSignInNeeded):
            return redirect(request, "/sign-in/again?" + _back_to_page(request))
        if isinstance(error, SecondFactorMissing):
            return redirect(request, "/account?" + _back_to_page(request, needed="yes"))
    if wants_page(request) and request.method in ("GET", "HEAD"):
        if isinstance(error, SignInNeeded):
            return redirect(request, "/sign-in?" + _back_here(request))
        if isinstance(error, ChooseAffiliate):
            return redirect(request, "/choose?" + _back_here(request))
        if isinstance(error, MethodNotAllowedException) and (page := page_above(request)) != "/":
            # A form's address, opened by a reload, a link or the back of a browser.
            query = request.url.query
            return redirect(request, page + (f"?{query}" if query else ""))
    details = explain(request, error)
    if details.status >= 500 and not isinstance(error, Busy):
        route = str(request.scope.get("path_template", ""))
        log("web").error("a request failed", route=route, exc_info=error)
    headers = _headers_of(error)
    if wants_page(request):
        return _page(request, details, headers)
    return Response(
        msgspec.json.encode(details),
        status_code=details.status,
        media_type=MEDIA_TYPE,
        headers=headers
        | {"Content-Language": language_of(request).locale, "Vary": "Accept-Language"},
    )


def wants_page(connection: Connection) -> bool:
    """Whether a reader is there: not at the API and the webhooks, nor when JSON is asked for."""
    if connection.url.path.startswith((f"{API}/", "/webhooks/", "/health/")):
        return False
    accepted = connection.headers.get("accept", "*/*")
    return "text/html" in accepted or "*/*" in accepted


def explain(request: Request[Any, Any, Any], error: Exception) -> ProblemDetails:
    """What went wrong, in the reader's language. What nobody foresaw says nothing of itself."""
    language = language_of(request)
    status, code, detail, errors = _said(request, error)
    request_context_of(request).refused = code
    fallback = 400 if status < 500 else 500
    return ProblemDetails(
        type=f"{app_context_of(request).settings.public_url}{API}/v1#problem-{code}",
        title=language.text(TITLES.get(status, TITLES[fallback])),
        status=status,
        detail=detail or language.text(_DETAILS.get(status, _DETAILS[fallback])),
        code=code,
        request_id=str(request_context_of(request).id),
        errors=errors,
    )


def _said(
    request: Request[Any, Any, Any], error: Exception
) -> tuple[int, str, str, list[ProblemError]]:
    language = language_of(request)
    if isinstance(error, Refused):
        errors = [
            ProblemError(problem.pointer, problem.code, words(language, problem))
            for problem in error.problems
        ]
        return error.status, error.code, words(language, error), errors
    if isinstance(error, ValidationException):
        detail = language.text(InvalidInput.message)
        return InvalidInput.status, InvalidInput.code, detail, _parameters(request, error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, CODES.get(error.status_code, "bad_request"), "", []
    return 500, "internal_error", "", []


def _parameters(request: Request[Any, Any, Any], error: ValidationException) -> list[ProblemError]:
    """What the framework found wrong with the parameters of a query, a path or a header.

    It tells which, in English; what is wrong with each is asked again, by the parameter's own limits.
    """
    language = language_of(request)
    fields = request.route_handler.parsed_fn_signature.parameters
    errors = []
    for found in error.extra if isinstance(error.extra, list) else []:
        key, source = str(found.get("key", "")), found.get("source", "body")
        field = fields.get(key)
        name = getattr(field.kwarg_definition, "name", None) or key if field else key
        source = str(getattr(source, "value", source))
        problem = parameter_problem(field, _sent(request, source, name), f"/{name}")
        errors.append(ProblemError(problem.pointer, problem.code, words(language, problem), source))
    return errors


def _sent(request: Request[Any, Any, Any], source: str, name: str) -> Any:
    sent = {
        "query": request.query_params,
        "header": request.headers,
        "cookie": request.cookies,
        "path": request.path_params,
    }
    return sent[source].get(name) if source in sent else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _causes(inner)
        return
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = getattr(seen, "orig", None) or seen.__cause__


def _headers_of(error: Exception) -> dict[str, str]:
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if isinstance(error, KeyRefused):
        headers["WWW-Authenticate"] = 'Bearer realm="mainstem"'
    return headers


def _page(
    request: Request[Any, Any, Any], details: ProblemDetails, headers: dict[str, str]
) -> Response[bytes]:
    if request.headers.get("hx-request") == "true":
        # The answer was meant for a part of the page; an error is for the whole of it.
        whole = {"HX-Retarget": "#main", "HX-Reselect": "#main", "HX-Reswap": "outerHTML"}
        headers = headers | whole
    try:
        return render(request, "pages/error.html", details, status=details.status, headers=headers)
    except TemplateError as broken:
        log("web").error("the error page itself failed", exc_info=broken)
        text = f"{details.title} {details.detail} {details.request_id}".encode()
        return Response(text, status_code=details.status, media_type="text/plain")


def _back_here(request: Request[Any, Any, Any], **further: str) -> str:
    query = request.url.query
    return urlencode({"next": request.url.path + (f"?{query}" if query else ""), **further})


def _back_to_page(request: Request[Any, Any, Any], **further: str) -> str:
    """The way back to a page, or to the one that a form stands on."""
    if request.method in ("GET", "HEAD"):
        return _back_here(request, **further)
    return urlencode({"next": page_of(request), "pressed": "yes", **further})

"""The API's description: the document for machines, and a page of it for people."""

from __future__ import annotations

import copy
import re
from typing import Any

import msgspec
from litestar import Request, Router
from litestar.connection import ASGIConnection
from litestar.enums import MediaType, OpenAPIMediaType
from litestar.exceptions import NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

import mainstem
from mainstem.kit.errors import Refused
from mainstem.kit.locale import Language
from mainstem.web.guards import (
    ChooseAffiliate,
    NotAllowed,
    SecondFactorMissing,
    SignInNeeded,
)
from mainstem.web.problems import CODES, MEDIA_TYPE, TITLES
from mainstem.web.rendering import language_of, render

PATH = "/api/v1"
_PROBLEM = {"$ref": "#/components/responses/Problem"}
_KEY = "storefront key"
INTEGRATION_KEY = "integration key"
UNITS = (
    "Amounts are in the minor unit of their currency: 4900 is 49.00 where there are cents. Fields that end"
    " in `_bp` are hundredths of a per cent: 2500 is 25 %."
)


class Operation(msgspec.Struct, frozen=True):
    """One thing the API can do. The words come in pieces: (is it code, text)."""

    method: str
    path: str
    words: list[tuple[bool, str]]


class Code(msgspec.Struct, frozen=True):
    """One way it can say no."""

    code: str
    status: int
    text: str


class ApiPage(msgspec.Struct, frozen=True):
    """What the page about the API shows."""

    operations: list[Operation]
    codes: list[Code]
    document_url: str
    base_url: str


def config(public_url: str) -> OpenAPIConfig:
    """How the document is made and where it is shown."""
    return OpenAPIConfig(
        title="Mainstem API",
        description=UNITS,
        version=mainstem.__version__,
        openapi_router=Router(
            PATH, route_handlers=[], guards=[_only_what_is_there], include_in_schema=False
        ),
        use_handler_docstrings=True,
        security=[{_KEY: []}],
        components=Components(
            security_schemes={
                _KEY: SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="`Authorization: Bearer msk_…`, one key a storefront.",
                ),
                INTEGRATION_KEY: SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="`Authorization: Bearer mik_…`, a key of the company's own with the"
                    " scope that the operation needs.",
                ),
            }
        ),
        render_plugins=[_Page(public_url), _Document()],
    )


async def _only_what_is_there(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """Leaves every other address below to our own answer, not to the framework's page."""
    if str(connection.scope.get("path_template", "")).endswith("}"):
        raise NotFoundException


class _Document(OpenAPIRenderPlugin):
    """The document at /api/v1/openapi.json."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=OpenAPIMediaType.OPENAPI_JSON)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document, with every operation's problems."""
        return msgspec.json.encode(with_problems(openapi_schema), order="sorted")


class _Page(OpenAPIRenderPlugin):
    """The page at /api/v1: every operation and every code, without a script."""

    def __init__(self, public_url: str) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)
        self._public_url = public_url

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page, in the reader's language."""
        language = language_of(request)
        page = ApiPage(
            operations=[
                Operation(
                    method=method.upper(),
                    path=path,
                    words=_pieces(operation.get("description") or operation["summary"]),
                )
                for path, item in sorted(openapi_schema.get("paths", {}).items())
                for method, operation in item.items()
                if isinstance(operation, dict)
            ],
            codes=_codes(language),
            document_url=f"{PATH}/openapi.json",
            base_url=self._public_url,
        )
        return render(request, "pages/api.html", page).content


def with_problems(schema: dict[str, Any]) -> dict[str, Any]:
    """The document with what every operation may answer when it says no."""
    document = copy.deepcopy(schema)
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM_SCHEMA
    components.setdefault("responses", {})["Problem"] = {
        "description": "What went wrong, every problem named (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for item in document.get("paths", {}).values():
        for method, operation in item.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            responses = operation.setdefault("responses", {})
            # The framework's own description of a bad request is not what we answer.
            responses.pop("400", None)
            statuses = ["401", "404", "503"] if method == "get" else _SAYING_NO
            for status in statuses:
                responses.setdefault(status, _PROBLEM)
    return document


# Whose refusals can reach a program: not those that only a page of ours brings about.
_SPOKEN_BY = (
    "mainstem.kit.",
    "mainstem.attribution",
    "mainstem.catalog",
    "mainstem.earnings",
    "mainstem.console.orders",
    "mainstem.leads",
    "mainstem.payments",
    "mainstem.payouts",
    "mainstem.referrals",
    "mainstem.tax",
    "mainstem_fulfillment",
    "mainstem.orders",
    "mainstem.stock",
    "mainstem.setup",
    "mainstem.company",
    "mainstem.api",
    "mainstem.web.guards",
    "mainstem.web.context",
    "mainstem_affiliates.intake",
)
_TO_READERS = {
    SignInNeeded,
    NotAllowed,
    ChooseAffiliate,
    SecondFactorMissing,
}
_FACT = re.compile(r"\{\w+\}\.?")
_SAYING_NO = ["400", "401", "404", "409", "413", "415", "422", "429", "503"]
_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string", "format": "uuid"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "message", "source"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901)"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                    "source": {"enum": ["body", "query", "path", "header", "cookie"]},
                },
            },
        },
    },
}


def _pieces(text: str) -> list[tuple[bool, str]]:
    """Words with `code` among them, as (is it code, text)."""
    return [(number % 2 == 1, piece) for number, piece in enumerate(text.split("`"))]


def _codes(language: Language) -> list[Code]:
    """Every way in which the API says no, once each, by status."""
    found = {
        (kind.status, kind.code): _FACT.sub("…", language.text(kind.message))
        for kind in _every(Refused)
        if kind.__module__.startswith(_SPOKEN_BY) and kind not in _TO_READERS
    }
    framework = {(status, code): language.text(TITLES[status]) for status, code in CODES.items()}
    return [
        Code(code, status, text) for (status, code), text in sorted((framework | found).items())
    ]


def _every(kind: type[Refused]) -> set[type[Refused]]:
    found = {kind}
    for narrower in kind.__subclasses__():
        found |= _every(narrower)
    return found

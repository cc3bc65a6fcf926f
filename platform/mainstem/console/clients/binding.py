"""To whom a client is tied, since when and why, and what was asked about it."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem import earnings, orders
from mainstem.console import answers, queries
from mainstem.earnings import BindingChange
from mainstem.kit.contact import email_key
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    reader_of,
)
from mainstem.web.staff.screen import Screens

HERE = "/clients/binding"


class ChangeView(msgspec.Struct, frozen=True):
    """A change that was asked for, with the names of whoever asked and answered."""

    it: BindingChange
    state: tuple[str, str]
    asked_by: str
    decided_by: str
    waits: bool
    mine: bool


class BindingPage(Page, kw_only=True):
    """To whom a client is tied and was before, every change of it, and the orders that none of them moves."""

    client_key: str
    client_url: str
    url: str
    bindings: list[queries.PastBinding]
    whys: dict[str, str]
    is_bound: bool
    changes: list[ChangeView]
    open_orders: list[queries.OpenOrder]
    waits: bool
    may_approve: bool


@get(HERE, sync_to_thread=True)
def binding(
    request: HttpRequest, work: NamedDependency[Work], key: FromQuery[str] = ""
) -> HttpResponse:
    """To whom a client is tied."""
    return BINDING.of(key_of(key)).show(request, work)


def page_of(request: HttpRequest, work: Work, key: str) -> BindingPage:
    """To whom a client is tied, ready to be drawn."""
    language, changes = language_of(request), earnings.client_reattributions_of(work, key)
    told = answers.shown(work, language, changes)
    return BindingPage(
        **layout_of(request, work, "orders"),
        client_key=key,
        client_url=f"/console/clients?key={quote(key, safe='@.')}",
        url=f"/console{HERE}",
        bindings=queries.bindings_of(work, key),
        whys={reason: language.text(why) for reason, why in labels.BOUND_BY.items()},
        is_bound=queries.binding_of(work, key) is not None,
        changes=[ChangeView(it=it, **said) for it, said in zip(changes, told, strict=True)],
        open_orders=queries.open_orders_of(work, key),
        waits=any(map(answers.waits, changes)),
        may_approve=reader_of(request).may(*orders.MAY_APPROVE),
    )


def url_of(key: str) -> str:
    """Where the page is."""
    return f"/console{HERE}?key={quote(key, safe='@.')}"


def key_of(text: str) -> str:
    """The key of a client, of an e-mail as it is typed."""
    return email_key(text) or text.strip().lower()


BINDING = Screens("console/client_binding.html", page_of, url_of)


routes = [binding]

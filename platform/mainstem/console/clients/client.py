"""One client: what they bought and asked for, what went back, who is tied to them, what they were told.

Clients have no account. Whoever opens this page sees of it what they may see elsewhere, and no more;
nothing is kept of a client for its sake.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem import mail
from mainstem.console import lists, queries, store_credit
from mainstem.console.clients.binding import url_of
from mainstem.console.palette import client_url
from mainstem.kit.work import Work
from mainstem.web import listing, mail_view
from mainstem.web.listing import Listing
from mainstem.web.mail_view import MailRow
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    ADMIN,
    MONEY,
    ORDERS,
    SERVICE,
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    reader_of,
)
from mainstem.web.staff.screen import Screen, Screens

MAILS = 10


class ClientPage(Page, kw_only=True):
    """Everything about one client that this reader may see."""

    it: queries.ClientDetails
    orders: list[lists.FoundOrder]
    listing: Listing
    leads: list[lists.ClientLead]
    leads_listing: Listing | None
    jobs: list[queries.ClientJob]
    money_back: list[queries.ClientMoney]
    states: dict[str, dict[str, tuple[str, str]]]
    binding: queries.Binding | None
    binding_url: str
    opens_money: bool
    opens_jobs: bool
    mails: list[MailRow]
    mails_url: str
    bounced: mail.Bounce | None
    credit: store_credit.StoreCredit
    credit_url: str


@get("/clients", sync_to_thread=True)
def client(
    request: HttpRequest, work: NamedDependency[Work], key: FromQuery[str] = ""
) -> HttpResponse:
    """One client, by the e-mail that they gave."""
    return CLIENT.of(store_credit.key_of(key)).show(request, work)


def page_of(request: HttpRequest, work: Work, key: str) -> ClientPage:
    """One client, ready to be drawn."""
    language, may = language_of(request), reader_of(request).may
    it = queries.client(work, key)
    orders = lists.orders_of_client(work, key, cursor=listing.cursor_of(request))
    keys = [(row.home_id, row.id) for row in orders.rows]
    leads = (
        lists.leads_of_client(work, key, cursor=listing.cursor_of(request, "leads"))
        if may(*SERVICE)
        else None
    )
    return ClientPage(
        **layout_of(request, work, "orders"),
        it=it,
        orders=orders.rows,
        listing=listing.build("/console/clients", orders, key=key),
        leads=leads.rows if leads else [],
        leads_listing=listing.build("/console/clients", leads, cursor="leads", key=key)
        if leads
        else None,
        jobs=queries.jobs_of_orders(work, keys),
        money_back=queries.money_of_orders(work, keys),
        states={
            "refund": labelled(language, labels.REFUND_STATES),
            "dispute": labelled(language, labels.DISPUTES),
        },
        binding=queries.binding_of(work, key),
        binding_url=url_of(key),
        opens_money=may(*MONEY),
        opens_jobs=may(*SERVICE),
        credit=store_credit.section(
            work,
            language,
            key,
            currencies=sorted({row.total.currency for row in orders.rows}),
            may_give=may(*ORDERS),
        ),
        credit_url=f"/console/clients/{quote(key)}/store-credit",
        **_told(request, work, key),
    )


CLIENT = Screens("console/client.html", page_of, client_url)


def of_client(client: str, credit: UUID | None = None) -> Screen:
    """The page of the client whom an address names."""
    return CLIENT.of(store_credit.key_of(client))


def _told(request: HttpRequest, work: Work, key: str) -> dict[str, Any]:
    """What they were told, for whoever may read the outbox; and whether anything arrives."""
    language, is_admin = language_of(request), reader_of(request).may(*ADMIN)
    mails = mail.listed(work, recipient=key, most=MAILS).rows if is_admin else []
    return {
        "mails": [mail_view.row_of(language, row, "/console/mail") for row in mails],
        "mails_url": f"/console/mail?to={client_url(key).partition('key=')[2]}" if mails else "",
        "bounced": mail.bounce_of(work, key),
    }


routes = [client, *(form_route(command, of_client) for command in store_credit.commands)]

"""The books: every account with its balance, the entries of one, the last check and the last audit."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import audit, checks, ledger
from mainstem.console import lists, queries
from mainstem.console.money.audited import REQUEST_AUDIT, Audited, last_audit
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.ledger import AFFILIATE_ACCOUNTS, DEBIT_ACCOUNTS, PARENT, PARENT_ACCOUNTS, on_its_side
from mainstem.money import Money
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    show,
)
from mainstem.web.staff.screen import Screen


class Account(msgspec.Struct, frozen=True):
    """One account of the chart in one currency."""

    key: str
    name: str
    note: str
    debits: Money
    credits: Money
    balance: Money
    side: str
    url: str


class Books(Page, kw_only=True):
    """The trial balance, and what each affiliate's accounts hold."""

    currencies: list[tuple[str, list[Account], Money, Money]]
    affiliates: list[lists.AffiliateBalances]
    listing: Listing
    checked: checks.CheckRun | None
    check_under_way: datetime | None
    audited: Audited | None
    audit_under_way: datetime | None


@get("/ledger", sync_to_thread=True)
def books(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The books in short, and what the last check of the company found."""
    return BOOKS.show(request, work)


def _books(request: HttpRequest, work: Work) -> Books:
    language = language_of(request)
    found: dict[str, list[Account]] = {}
    notes = PARENT_ACCOUNTS | AFFILIATE_ACCOUNTS
    for account, currency, debits, credits in ledger.trial_balance(work):
        found.setdefault(currency, []).append(
            Account(
                account,
                language.text(labels.ACCOUNTS[account]),
                language.text(notes[account]),
                Money(debits, currency),
                Money(credits, currency),
                Money(on_its_side(account, credits - debits), currency),
                language.text("debit" if account in DEBIT_ACCOUNTS else "credit"),
                f"/console/ledger/0/{account}/{currency}" if account in PARENT_ACCOUNTS else "",
            )
        )
    coming = lists.balances_of_affiliates(work, cursor=listing.cursor_of(request))
    return Books(
        **layout_of(request, work, "money"),
        currencies=[
            (
                currency,
                accounts,
                Money(sum(a.debits.minor for a in accounts), currency),
                Money(sum(a.credits.minor for a in accounts), currency),
            )
            for currency, accounts in sorted(found.items())
        ],
        affiliates=coming.rows,
        listing=listing.build("/console/ledger", coming, anchor="#coming"),
        checked=checks.last(work),
        check_under_way=checks.under_way(work),
        audited=last_audit(work, language),
        audit_under_way=audit.under_way(work),
    )


BOOKS = Screen("console/ledger.html", _books, "/console/ledger")


def _request_check(work: Work) -> str | Told:
    """Have a worker check everything that the company knows of itself."""
    if checks.request(work):
        return "The check has begun. What it finds is here in a moment."
    return Told(
        "A check is under way already. What it finds is here in a moment.", outcome="done_before"
    )


REQUEST_CHECK = Command(
    name="request_check",
    path="/ledger/checks",
    do=_request_check,
    scope="money:write",
    roles=MONEY,
    tag="Books",
)


_CURRENCY = re.compile(r"[A-Z]{3}")


class Entries(Page, kw_only=True):
    """One account's entries, newest first; of what is pending by the end of the hold."""

    owner: str
    owner_url: str
    account: str
    note: str
    held: bool
    currency: str
    balance: Money
    rows: list[lists.EntryRow]
    reasons: dict[str, str]
    """What each is for, in the reader's language."""
    who: dict[str, str]
    listing: Listing


@get("/ledger/{owner:int}/{account:str}/{currency:str}", sync_to_thread=True)
def entries(
    request: HttpRequest,
    work: NamedDependency[Work],
    owner: FromPath[int],
    account: FromPath[str],
    currency: FromPath[str],
) -> HttpResponse:
    """The entries of one account."""
    chart = AFFILIATE_ACCOUNTS if owner else PARENT_ACCOUNTS
    if account not in chart or not _CURRENCY.fullmatch(currency):
        raise NotFound("account")
    name = "" if owner == PARENT else queries.affiliate(work, owner).name
    found = lists.entries(work, owner, account, currency, cursor=listing.cursor_of(request))
    language = language_of(request)
    page = Entries(
        **layout_of(request, work, "money"),
        owner=name or language.text("The company"),
        owner_url=f"/console/affiliates/{owner}" if owner else "",
        account=language.text(labels.ACCOUNTS[account]),
        note=language.text(chart[account]),
        held=account == "pending",
        currency=currency,
        balance=Money(
            on_its_side(account, ledger.balance(work, owner, account, currency).minor), currency
        ),
        rows=found.rows,
        reasons={row.reason: ledger.reason_in_words(row.reason, language) for row in found.rows},
        who=names_of(work, language, [row.actor for row in found.rows]),
        listing=listing.build(f"/console/ledger/{owner}/{account}/{currency}", found),
    )
    return show(request, "console/entries.html", page)


commands = [REQUEST_CHECK, REQUEST_AUDIT]
routes = [
    books,
    form_route(REQUEST_CHECK, lambda: BOOKS),
    form_route(REQUEST_AUDIT, lambda: BOOKS),
    entries,
]

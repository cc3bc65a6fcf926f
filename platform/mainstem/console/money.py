"""Money: payouts, the books, affiliates and the plan in force."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from mainstem import checks, ledger, network, payments, payouts, planbook, referrals
from mainstem.commissions import queries as commissions
from mainstem.console import lists, queries
from mainstem.console.orders import reason_in, reference_in
from mainstem.kit import paging
from mainstem.kit.errors import InvalidTransition, NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.ledger import AFFILIATE_ACCOUNTS, DEBIT_ACCOUNTS, PARENT, PARENT_ACCOUNTS, on_its_side
from mainstem.money import Money
from mainstem.plan import tell
from mainstem.web import listing, payout_words
from mainstem.web.forms import Form
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    reasons_of,
    refund_reason,
    refused,
    said,
    show,
)

VIEWS = {
    "open": ["reserved", "transferring", "transferred", "requested", "in_transit", "unwinding"],
    "held": ["on_hold", "failed"],
    "bank": ["reserved", "requested"],
    "paid": ["paid"],
    "all": [],
}


class Row(msgspec.Struct, frozen=True):
    """A payout, and what may be done with it."""

    it: Any
    amount: Money
    may_retry: bool
    may_cancel: bool
    may_confirm: bool


class Payouts(Page, kw_only=True):
    """Payouts, and what a run would pay."""

    view: str
    listing: Listing
    reasons: dict[str, str]
    exclusions: list[tuple[payouts.PayoutExclusion, str]]
    rows: list[Row]
    payable: list[Any]
    everywhere: list[payouts.AffiliateMoney]
    minimum: dict[str, Money]
    providers: dict[str, str]


@get("/payouts", sync_to_thread=True)
def list_payouts(
    request: HttpRequest, work: NamedDependency[Work], view: FromQuery[str] = "open"
) -> HttpResponse:
    """Payouts, newest first."""
    return _payouts(request, work, view)


def _payouts(
    request: HttpRequest, work: Work, view: str, no: Refused | None = None
) -> HttpResponse:
    view = view if view in (*VIEWS, "excluded") else "open"
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Affiliate or number"), language.text("Name, e-mail, number")
    )
    currency = listing.choice(
        request,
        "currency",
        language.text("Currency"),
        [("", language.text("Any")), *((code, code) for code in lists.currencies(work))],
    )
    days = listing.period(request, language, of=language.text("Period"))
    found = paging.Page([])
    if view in VIEWS:
        found = lists.payouts(
            work,
            states=VIEWS[view],
            provider="bank" if view == "bank" else "",
            currency=currency.value,
            text=words.value,
            since=listing.day_of(days[0]),
            until=listing.day_of(days[1]),
            cursor=listing.cursor_of(request),
        )
    plan = planbook.now(work)
    minimum = plan.minimum_payout_minor if plan else {}
    page = Payouts(
        **layout_of(request, work, "money"),
        view=view,
        listing=listing.build(
            "/console/payouts",
            found,
            words,
            currency,
            *days,
            view=view if view != "open" else "",
        ),
        reasons=reasons_of(language, [row.error for row in found.rows]),
        exclusions=[
            (
                one,
                language.text(labels.EXCLUSION_REASONS[one.reason]).format(
                    currency=one.payable.currency,
                    paid_in=one.paid_in,
                    minimum=language.money(one.minimum),
                ),
            )
            for one in (payouts.payout_exclusions(work) if view == "excluded" else [])
        ],
        rows=[
            Row(
                row,
                Money(row.amount_minor, row.currency),
                may_retry=row.state in ("on_hold", "failed") and not row.another_in_progress,
                may_cancel=_may_cancel(row),
                may_confirm=row.provider == "bank" and row.state in ("reserved", "requested"),
            )
            for row in found.rows
        ],
        payable=queries.payable(work),
        everywhere=list(payouts.money_of_all(work).values()),
        minimum={currency: Money(minor, currency) for currency, minor in minimum.items()},
        providers={name: language.text(label) for name, label in labels.PROVIDERS.items()},
    )
    return show(request, "console/payouts.html", page, no)


def _may_cancel(row: Any) -> bool:
    if row.provider == "bank":
        return row.state in ("reserved", "requested")
    return row.state in ("on_hold", "failed") and not row.another_in_progress


@post("/payouts", sync_to_thread=True)
def run_payouts(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Pay out what is payable, today instead of on Monday. The same day again pays nobody twice."""
    today = work.now().astimezone(work.tools.zone).date()
    count = payouts.run(work, today)
    record(work, "payout.run", today.isoformat())
    language = language_of(request)
    words = language.count("One payout is reserved.", "{n} payouts are reserved.", count)
    if not count:
        words = language.text("Nobody has enough to be paid now.")
    return redirect(request, "/console/payouts", notice=words, tone="good" if count else "info")


PAYOUT = "/payouts/{home:int}/{payout:uuid}"


class PayoutPage(Page, kw_only=True):
    """One payout, how its amount arose, and what it pays."""

    it: payouts.PayoutContents
    name: str
    provider: str
    sums: list[tuple[str, Money]]
    rows: list[payout_words.LineView]
    listing: Listing


@get(PAYOUT, sync_to_thread=True)
def show_payout(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], payout: FromPath[UUID]
) -> HttpResponse:
    """One payout, and every movement that it pays."""
    language = language_of(request)
    it = payouts.contents_of(work, home, payout)
    found = payouts.lines_of(work, it, cursor=listing.cursor_of(request))
    page = PayoutPage(
        **layout_of(request, work, "money"),
        it=it,
        name=queries.affiliate(work, home).name,
        provider=language.text(labels.PROVIDERS[it.provider]),
        sums=payout_words.sums_of(language, it),
        rows=payout_words.rows_of(
            language,
            found.rows,
            lambda home, id: f"/console/orders/{home}/{id}",
            with_reasons=True,
        ),
        listing=listing.build(f"/console/payouts/{home}/{it.id}", found),
    )
    return show(request, "console/payout.html", page)


@post(f"{PAYOUT}/retry", sync_to_thread=True)
def retry(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], payout: FromPath[UUID]
) -> HttpResponse:
    """Try again what was held or failed."""

    no = refused(work, lambda: payouts.retry(work, home, payout))
    if no:
        return _payouts(request, work, "held", no)
    words = language_of(request).text("The payout is tried again.")
    return redirect(request, "/console/payouts", notice=words)


@post(f"{PAYOUT}/cancellation", sync_to_thread=True)
def cancel(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    payout: FromPath[UUID],
) -> HttpResponse:
    """Cancel a payout that cannot be paid: what it was to pay is owed again."""

    def do() -> None:
        payouts.cancel(work, home, payout, reason=reason_in(form))

    no = refused(work, do)
    if no:
        return _payouts(request, work, "held", no)
    words = language_of(request).text("The payout is cancelled. The money is payable again.")
    return redirect(request, "/console/payouts?view=held", notice=words)


@post(f"{PAYOUT}/confirmation", sync_to_thread=True)
def confirm(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    payout: FromPath[UUID],
) -> HttpResponse:
    """Our own bank has paid it, under a reference. Said twice, it is booked once."""

    def do() -> None:
        row = queries.payout(work, home, payout)
        if row.state != "paid" and not payouts.confirm_bank(
            work, [(home, payout)], reference=reference_in(form)
        ):
            raise InvalidTransition("payout", row.state, "confirmed")

    no = refused(work, do)
    if no:
        return _payouts(request, work, "bank", no)
    words = language_of(request).text("The payout is paid and booked.")
    return redirect(request, "/console/payouts?view=bank", notice=words)


# ------------------------------------------------------------------------- rates of exchange


class Rates(Page, kw_only=True):
    """At what money is changed for payouts, and whether it is."""

    rows: list[payouts.Rate]
    policy: str
    days: int
    today: str


@get("/rates", sync_to_thread=True)
def list_rates(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The rates in force."""
    return _rates(request, work)


@post("/rates", sync_to_thread=True)
def set_rate(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """A rate as somebody has published it; at a payout the newest counts."""

    def do() -> None:
        payouts.set_rate(
            work,
            form["from"].upper(),
            form["to"].upper(),
            form["rate"],
            source=form["source"],
            published_at=_instant_in(form["published"], work),
        )

    no = refused(work, do)
    if no:
        return _rates(request, work, no, form)
    words = language_of(request).text("The rate is saved.")
    return redirect(request, "/console/rates", notice=words)


def _rates(
    request: HttpRequest, work: Work, no: Refused | None = None, form: Form | None = None
) -> HttpResponse:
    page = Rates(
        **layout_of(request, work, "money"),
        rows=list(payouts.rates_in_force(work).values()),
        policy=work.tools.other_currency,
        days=payouts.RATE_LIFE.days,
        today=work.now().astimezone(work.tools.zone).strftime("%Y-%m-%dT%H:%M"),
    )
    return show(request, "console/rates.html", page, no, form)


def _instant_in(text: str, work: Work) -> datetime:
    """A day and time as the browser writes them, where the company lives. Raises RateRefused."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=work.tools.zone)
    except ValueError:
        raise payouts.RateRefused() from None


# ------------------------------------------------------------------------- refunds


class Refunds(Page, kw_only=True):
    """What waits for a second person, and who is owed money that would not go back."""

    waiting: list[Any]
    rows: list[Any]
    barred: dict[UUID, str]
    """Why a refund cannot be tried again now, by its id."""
    who: dict[str, str]
    reasons: dict[str, str]
    why_refunded: dict[UUID, str]
    listing: Listing


@get("/refunds", sync_to_thread=True)
def refunds(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Refunds that failed, each to be tried again at its order or settled in another way."""
    waiting = queries.approvals_waiting(work)
    found = lists.owed_back(work, cursor=listing.cursor_of(request))
    page = Refunds(
        **layout_of(request, work, "money"),
        waiting=waiting,
        rows=found.rows,
        barred={
            row.id: said(language_of(request), no)
            for row in found.rows
            if (no := payments.chargeback_of(row.disputes))
        },
        reasons=reasons_of(language_of(request), [row.error for row in found.rows]),
        why_refunded={
            row.id: refund_reason(language_of(request), row.reason) for row in found.rows
        },
        who=names_of(work, language_of(request), [row.asked_by for row in waiting]),
        listing=listing.build("/console/refunds", found),
    )
    return show(request, "console/refunds.html", page)


# ------------------------------------------------------------------------- the books


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
    affiliates: list[Any]
    listing: Listing
    checked: checks.CheckRun | None
    check_under_way: datetime | None


@get("/ledger", sync_to_thread=True)
def books(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The books in short, and what the last check of the company found."""
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
    page = Books(
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
    )
    return show(request, "console/ledger.html", page)


@post("/ledger/checks", sync_to_thread=True)
def request_check(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Have a worker check everything that the company knows of itself."""
    text = language_of(request).text
    words = (
        text("The check has begun. What it finds is here in a moment.")
        if checks.request(work)
        else text("A check is under way already. What it finds is here in a moment.")
    )
    return redirect(request, "/console/ledger", notice=words)


_CURRENCY = re.compile(r"[A-Z]{3}")


class Entries(Page, kw_only=True):
    """One account's entries, newest first."""

    owner: str
    owner_url: str
    account: str
    note: str
    currency: str
    balance: Money
    rows: list[Any]
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
        currency=currency,
        balance=Money(
            on_its_side(account, ledger.balance(work, owner, account, currency).minor), currency
        ),
        rows=found.rows,
        who=names_of(work, language, [row.actor for row in found.rows]),
        listing=listing.build(f"/console/ledger/{owner}/{account}/{currency}", found),
    )
    return show(request, "console/entries.html", page)


# ------------------------------------------------------------------------- affiliates


class Affiliates(Page, kw_only=True):
    """Who wins clients for us."""

    rows: list[Any]
    listing: Listing
    account_states: dict[str, tuple[str, str]]
    providers: dict[str, str]


class AffiliatePage(Page, kw_only=True):
    """One affiliate: their place, their accounts, their commissions."""

    it: Any
    accounts: list[tuple[Any, str, tuple[str, str]]]
    currencies: list[tuple[str, str]]
    upline: list[Any]
    team: list[Any]
    storefronts: list[Any]
    codes: list[Any]
    balances: list[tuple[str, str, Money, str]]
    movements: list[tuple[Any, Money, str, date | None]]


@get("/affiliates", sync_to_thread=True)
def list_affiliates(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Every affiliate by name."""
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Who"), language.text("Name, e-mail, phone, address")
    )
    state = listing.choice(
        request,
        "state",
        language.text("State"),
        [
            ("", language.text("Any")),
            *((key, language.text(name)) for key, name in labels.AFFILIATE_STATES.items()),
        ],
    )
    found = lists.affiliates(
        work, state=state.value, text=words.value, cursor=listing.cursor_of(request)
    )
    page = Affiliates(
        **layout_of(request, work, "money"),
        rows=found.rows,
        listing=listing.build("/console/affiliates", found, words, state),
        account_states=_labelled(language, labels.ACCOUNT_STATES),
        providers={name: language.text(label) for name, label in labels.PROVIDERS.items()},
    )
    return show(request, "console/affiliates.html", page)


def _labelled(language: Any, states: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {state: (language.text(label), tone) for state, (label, tone) in states.items()}


@get("/affiliates/{id:int}", sync_to_thread=True)
def affiliate(request: HttpRequest, work: NamedDependency[Work], id: FromPath[int]) -> HttpResponse:
    """One affiliate."""
    return _affiliate(request, work, id)


@post("/affiliates/{id:int}/bank", sync_to_thread=True)
def tell_bank_account(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    id: FromPath[int],
) -> HttpResponse:
    """The affiliate has told staff where our own bank is to pay them."""

    def do() -> None:
        queries.affiliate(work, id)
        if form["currency"] not in queries.currencies(work, id):
            raise NotFound("account")
        payments.tell_bank_account(work, id, currency=form["currency"], account=form["account"])

    no = refused(work, do)
    if no:
        return _affiliate(request, work, id, no, form)
    words = language_of(request).text("What they earn in {currency} is paid to this account.")
    return redirect(
        request, f"/console/affiliates/{id}", notice=words.format(currency=form["currency"])
    )


def _affiliate(
    request: HttpRequest, work: Work, id: int, no: Refused | None = None, form: Form | None = None
) -> HttpResponse:
    language = language_of(request)
    it = queries.affiliate(work, id)
    states = _labelled(language, labels.ACCOUNT_STATES)
    page = AffiliatePage(
        **layout_of(request, work, "money"),
        it=it,
        accounts=[
            (row, language.text(labels.PROVIDERS[row.provider]), states[row.state])
            for row in queries.pay_accounts(work, id)
        ],
        currencies=[(code, code) for code in queries.currencies(work, id)],
        upline=queries.upline(work, id),
        team=network.team(work, id),
        storefronts=queries.storefronts_of(work, id),
        codes=referrals.codes(work, affiliate_id=id),
        balances=[
            (
                currency,
                language.text(labels.ACCOUNTS[account]),
                Money(minor, currency),
                f"/console/ledger/{id}/{account}/{currency}",
            )
            for (_, account, currency), minor in sorted(ledger.balances(work, [id]).items())
        ],
        movements=[
            (
                row,
                Money(row.amount_minor, row.currency),
                tell(row.explanation, language),
                commissions.payable_on(row.held_until),
            )
            for row in commissions.earned(work, id, most=30)
        ],
    )
    return show(request, "console/affiliate.html", page, no, form)


routes = [
    list_payouts,
    run_payouts,
    show_payout,
    retry,
    cancel,
    confirm,
    refunds,
    books,
    request_check,
    entries,
    list_affiliates,
    affiliate,
    tell_bank_account,
    list_rates,
    set_rate,
]

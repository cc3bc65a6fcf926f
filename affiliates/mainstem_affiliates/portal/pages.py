"""The portal's pages: what the affiliate earned, why, and what next; orders, leads, team,
account."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import leads, network, payments, referrals
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.locale import Language
from mainstem.kit.telemetry import log
from mainstem.kit.work import Actor, Work
from mainstem.leads.queries import Introduced
from mainstem.money import Money
from mainstem.payments import GatewayDeclined, GatewayUnavailable
from mainstem.payouts import (
    PayoutExclusion,
    contents_of,
    conversions_of,
    lines_of,
    payout_exclusions,
)
from mainstem.plan import tell
from mainstem.web import (
    Form,
    app_context_of,
    language_of,
    listing,
    payout_words,
    redirect,
    render,
    request_context_of,
)
from mainstem.web.listing import Listing
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.reads import (
    AffiliateProfile,
    ClientOrder,
    Code,
    CurrencyBalance,
    OrderMovements,
    PaidIn,
    PayAccount,
    Payout,
    Teammate,
)
from mainstem_affiliates.storefront import reads as order_reads
from mainstem_affiliates.storefront.links import ROOT

Page = Response[bytes]
HttpRequest = Request[Any, Any, Any]

# What the client's page says to the client, said about the client.
_OF_HER = {
    "You ordered": "Ordered",
    "We have your payment": "Paid",
    "Your parcel is packed": "The parcel is packed",
    "Money went back to you": "Money went back to the client",
    "Money is on its way back to you": "Money is on its way back to the client",
}


class PortalHead(msgspec.Struct, frozen=True, kw_only=True):
    """The portal as its layout names it."""

    name: str
    home_url: str = "/portal"
    earnings_url: str = "/portal"
    orders_url: str = "/portal/orders"
    leads_url: str = "/portal/leads"
    team_url: str = "/portal/team"
    account_url: str = "/portal/account"
    storefront_url: str | None = None
    sign_out_url: str | None = "/sign-out"


class PortalPage(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of the portal shows."""

    portal: PortalHead
    may: frozenset[str]
    """What an affiliate in this state does here (`network.MAY`)."""
    standing: str
    tab: str
    leads_waiting: int


class MovementView(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of a commission, as the page shows it."""

    text: str
    level: int
    amount: Money
    kind: str
    at: datetime
    payable_on: date | None
    is_matured: bool
    paid_in: PaidIn | None
    went_back_whole: bool


class OrderEarnings(msgspec.Struct, frozen=True, kw_only=True):
    """What an order earned, as the page shows it."""

    number: str
    url: str | None
    total: Money
    at: datetime
    movements: list[MovementView]


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """The one thing to do next."""

    title: str
    text: str
    label: str = ""
    url: str = ""
    tone: str = "info"


class EarningsPage(PortalPage, frozen=True, kw_only=True):
    """What the affiliate earned, why, and what next."""

    balances: list[CurrencyBalance]
    next: NextStep | None
    orders: list[OrderEarnings]
    listing: Listing
    payouts: list[Payout]
    next_payout_day: date


class PayoutsPage(PortalPage, frozen=True, kw_only=True):
    """Every payout, and what waits."""

    waiting: list[str]
    payouts: list[Payout]
    listing: Listing
    next_payout_day: date


class PayoutPage(PortalPage, frozen=True, kw_only=True):
    """One payout, how its amount arose, and what it pays."""

    payout: Payout
    sums: list[tuple[str, Money]]
    rows: list[payout_words.LineView]
    listing: Listing


class OrdersPage(PortalPage, frozen=True, kw_only=True):
    """The orders of the affiliate's clients."""

    orders: list[ClientOrder]
    listing: Listing
    shop_url: str | None


class OrderPage(PortalPage, frozen=True, kw_only=True):
    """One order of the affiliate's own storefront, without what is the client's alone."""

    number: str
    state: str
    client: str
    city: str
    total: Money
    promised_by: date | None
    is_late: bool
    lines: Sequence[Any]
    timeline: list[dict[str, Any]]
    earned: OrderEarnings | None
    earns: bool
    why_nobody: str


class LeadsPage(PortalPage, frozen=True, kw_only=True):
    """The requests that the affiliate introduced."""

    leads: list[Introduced]
    listing: Listing
    shop_url: str | None


class TeamPage(PortalPage, frozen=True, kw_only=True):
    """The affiliate's team, level by level."""

    levels: list[tuple[int, list[Teammate]]]
    count: int
    listing: Listing


class AccountPage(PortalPage, frozen=True, kw_only=True):
    """Where the affiliate is paid, and their links and codes."""

    account: PayAccount | None
    """The first one; the payment service's before a bank's."""
    others: list[PayAccount]
    state: str
    policy: str
    """What becomes of earnings that none of the accounts takes: convert or bank."""
    waiting: list[str]
    bank_currencies: list[tuple[str, str]]
    """In which the company's own bank can pay, if it is told where to."""
    bank: dict[str, str]
    bank_error: str | None
    links: list[tuple[str, str]]
    codes: list[Code]
    value: str
    error: str | None


@get("/", opt={"right": network.SEE_MONEY})
async def earnings(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """What did I earn, why, what next."""
    me = reads.me(work)
    cursor = listing.cursor_of(request)
    balances = reads.balances(work, me)
    found, moved = reads.movements(work, me, cursor=cursor)
    account = next(iter(reads.pay_accounts(work)), None)
    paid = reads.payouts(work, me, most=3)
    language = language_of(request)
    page = EarningsPage(
        **_around(me, "earnings"),
        balances=balances,
        next=_next(work, language, me, balances, account, earned=bool(found or cursor)),
        orders=[_earnings_of(order, language) for order in found],
        listing=listing.build("/portal", moved, anchor="#why"),
        payouts=paid.rows,
        next_payout_day=reads.next_payout_day(work),
    )
    return render(request, "portal/earnings.html", page)


@get("/payouts", opt={"right": network.SEE_MONEY})
async def payouts(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """Every payout and how far it is."""
    me = reads.me(work)
    days = listing.period(request, language_of(request))
    since, until = listing.instants(days, work.tools.zone)
    found = reads.payouts(work, me, since=since, until=until, cursor=listing.cursor_of(request))
    page = PayoutsPage(
        **_around(me, "earnings"),
        waiting=[
            _waits(language_of(request), one) for one in payout_exclusions(work, affiliate=me.id)
        ],
        payouts=found.rows,
        listing=listing.build("/portal/payouts", found, *days),
        next_payout_day=reads.next_payout_day(work),
    )
    return render(request, "portal/payouts.html", page)


@get("/payouts/{payout_id:uuid}", opt={"right": network.SEE_MONEY})
async def payout(
    request: HttpRequest, work: NamedDependency[Work], payout_id: FromPath[UUID]
) -> Page:
    """One payout, and every movement that it pays."""
    me, language = reads.me(work), language_of(request)
    it = contents_of(work, me.id, payout_id)
    found = lines_of(work, it, cursor=listing.cursor_of(request))
    page = PayoutPage(
        **_around(me, "earnings"),
        payout=Payout(
            it.id,
            it.number,
            it.amount,
            it.state,
            it.reserved_at,
            it.paid_at,
            it.reference,
            conversions_of(work, me.id, [it.id]).get(it.id, []),
        ),
        sums=payout_words.sums_of(language, it),
        rows=payout_words.rows_of(
            language,
            found.rows,
            lambda home, id: f"/portal/orders/{id}" if home == me.id else None,
        ),
        listing=listing.build(f"/portal/payouts/{it.id}", found),
    )
    return render(request, "portal/payout.html", page)


_WAITS = {
    "debt": "{amount} was refunded to clients after you had been paid: your next commissions pay that off first.",
    "not_active": "{amount} is yours, and is not paid out while you are not active with us.",
    "no_account": "{amount} waits until you have told us where to pay you.",
    "other_currency": "{amount} cannot go to your payout account, which is in {paid_in}. Give us a bank account for "
    "it under My account.",
    "account_refused": "{amount} waits: our payment service may not pay to your account. Give us a bank account "
    "under My account.",
    "changed": "{amount} goes out with your payout in {paid_in}, converted at that day's rate.",
    "account_not_ready": "{amount} waits until your payout account is ready.",
    "under_way": "{amount} follows when your earlier payout has arrived.",
    "paid_today": "{amount} goes out with the next run.",
    "below_minimum": "{amount} waits until there is {minimum} to pay out.",
}


def _waits(language: Language, one: PayoutExclusion) -> str:
    return language.text(_WAITS[one.reason]).format(
        amount=language.money(-one.payable if one.reason == "debt" else one.payable),
        paid_in=one.paid_in,
        minimum=language.money(one.minimum),
    )


_ORDER_STATES = (
    ("pending", "Waiting for payment"),
    ("placed", "In hand"),
    ("closed", "Finished"),
    ("canceled", "Cancelled"),
    ("expired", "Not paid in time"),
)


@get("/orders")
async def orders(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The orders of the affiliate's clients."""
    me = reads.me(work)
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Client or number"), language.text("Name, e-mail, number")
    )
    state = listing.choice(
        request,
        "state",
        language.text("Stage"),
        [("", language.text("Any")), *((key, language.text(to)) for key, to in _ORDER_STATES)],
    )
    days = listing.period(request, language)
    since, until = listing.instants(days, work.tools.zone)
    found = reads.orders(
        work,
        me,
        state=state.value,
        text=words.value,
        since=since,
        until=until,
        cursor=listing.cursor_of(request),
    )
    page = OrdersPage(
        **_around(me, "orders"),
        orders=found.rows,
        listing=listing.build("/portal/orders", found, words, state, *days),
        shop_url=f"{ROOT}/{me.shop}" if me.shop else None,
    )
    return render(request, "portal/orders.html", page)


@get("/orders/{order_id:uuid}")
async def order(
    request: HttpRequest, work: NamedDependency[Work], order_id: FromPath[UUID]
) -> Page:
    """One order of the affiliate's own storefront."""
    me, text = reads.me(work), language_of(request).text
    view = order_reads.order_view(work, me.id, order_id)
    earned = reads.earned_on(work, me, order_id)
    page = OrderPage(
        **_around(me, "orders"),
        number=view.number,
        state=view.state,
        client=view.client["name"],
        city=view.address["city"],
        total=view.total,
        promised_by=view.promised_by if view.state in ("paid", "shipped") else None,
        is_late=view.is_late,
        lines=view.lines,
        timeline=[
            {
                "at": moment.at,
                "text": text(_OF_HER.get(moment.message, moment.message)).format(**moment.facts),
                "tone": moment.tone,
            }
            for moment in view.moments
        ],
        earned=_earnings_of(earned, language_of(request)) if earned else None,
        earns=view.earns,
        why_nobody=text(_EARNS_NOBODY.get(view.earns_reason, "It earns no commission.")),
    )
    return render(request, "portal/order.html", page)


_LEAD_STAGES = (
    ("new", "Not called yet"),
    ("qualified", "We are working out a price"),
    ("quoted", "The client has our quote"),
    ("follow_up", "The quote has expired or was declined"),
    ("won", "Won"),
    ("lost", "Nothing came of it"),
    ("duplicate", "Asked before"),
)


# Why an order earns nobody, as it was frozen when it was sold.
_EARNS_NOBODY = {
    "buyer_is_participant": "The buyer takes part in the programme: what they buy earns no commission.",
    "nobody_eligible": "Nobody was active when it was sold, so it earns no commission.",
}


@get("/leads")
async def introduced(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The requests that the affiliate introduced, and how far each has come."""
    me = reads.me(work)
    language = language_of(request)
    words = listing.text(
        request, "q", language.text("Client or number"), language.text("Name, e-mail, number")
    )
    stage = listing.choice(
        request,
        "state",
        language.text("Stage"),
        [("", language.text("Any")), *((key, language.text(to)) for key, to in _LEAD_STAGES)],
    )
    days = listing.period(request, language)
    since, until = listing.instants(days, work.tools.zone)
    found = leads.queries.introduced(
        work,
        me.id,
        locale=language.locale,
        stage=stage.value,
        text=words.value,
        since=since,
        until=until,
        cursor=listing.cursor_of(request),
    )
    page = LeadsPage(
        **_around(me, "leads"),
        leads=found.rows,
        listing=listing.build("/portal/leads", found, words, stage, *days),
        shop_url=f"{ROOT}/{me.shop}" if me.shop else None,
    )
    return render(request, "portal/leads.html", page)


@get("/team")
async def team(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """The affiliate's team."""
    me = reads.me(work)
    words = listing.text(request, "q", language_of(request).text("Name"))
    found = reads.team(work, me, text=words.value, cursor=listing.cursor_of(request))
    levels: dict[int, list[Teammate]] = {}
    for mate in found.rows:
        levels.setdefault(mate.level, []).append(mate)
    page = TeamPage(
        **_around(me, "team"),
        levels=sorted(levels.items()),
        count=reads.team_size(work, me),
        listing=listing.build("/portal/team", found, words),
    )
    return render(request, "portal/team.html", page)


@get("/account", opt={"right": network.BE_PAID})
async def account(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """Where the affiliate is paid, and their links and codes."""
    return _account(request, work)


@post("/account/codes", status_code=200)
async def new_code(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """A code of their own choosing. What others are called is the company's to know, so the
    company's Work looks."""
    me, language = _me(request), language_of(request)
    actor = Actor("affiliate", str(me))
    try:
        code = await in_work(request, actor, lambda work: referrals.claim(work, me, form["code"]))
    except Refused as no:
        said = no.problems[0] if no.problems else no
        error = said.text(language.text)
        return await in_work(
            request,
            actor,
            lambda work: _account(request, work, value=form["code"], error=error),
            home=me,
        )
    notice = language.text("{code} is yours from now on.").format(code=code)
    return redirect(request, "/portal/account", notice=notice)


@post("/account/bank", status_code=200, opt={"right": network.BE_PAID})
async def tell_bank_account(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Where the company's own bank is to pay what they earn in a currency."""
    me, language = _me(request), language_of(request)
    actor = Actor("affiliate", str(me))
    currency, number = form["currency"], form["account"]

    def keep(work: Work) -> None:
        waits = {one.payable.currency for one in payout_exclusions(work, affiliate=me)}
        known = work.rows(
            "SELECT currency FROM pay_account WHERE home_id = %(id)s AND provider = 'bank'", id=me
        )
        if currency not in waits | {row.currency for row in known}:
            raise NotFound("account")
        payments.tell_bank_account(work, me, currency=currency, account=number)

    try:
        await in_work(request, actor, keep)
    except Refused as no:
        said = no.text(language.text)
        return await in_work(
            request,
            actor,
            lambda work: _account(
                request, work, bank={"currency": currency, "account": number}, bank_error=said
            ),
            home=me,
        )
    notice = language.text("What you earn in {currency} is paid to this account.")
    return redirect(request, "/portal/account", notice=notice.format(currency=currency))


@post("/account/onboarding", status_code=200, opt={"right": network.BE_PAID})
async def start_onboarding(request: HttpRequest) -> Page:
    """On to the payment service's own page, where the affiliate says where to be paid."""
    return await _to_onboarding(request)


@get("/account/onboarding", opt={"right": network.BE_PAID})
async def resume_onboarding(request: HttpRequest) -> Page:
    """The payment service sends them back here when its link has grown too old. A new one is made
    when they ask for it: an address that is only looked at opens and makes nothing."""
    said = language_of(request).text("That page was too old. Continue from here.")
    return redirect(request, "/portal/account#pay", notice=said, tone="wait")


@get("/account/return", opt={"right": network.BE_PAID})
async def back_from_onboarding(request: HttpRequest) -> Page:
    """Back from the payment service: look at once how far the affiliate came."""
    me, database = _me(request), app_context_of(request).database

    def look() -> None:
        with database.work(Actor("affiliate", str(me)), home=me) as work:
            found = {one.account for one in reads.pay_accounts(work) if one.provider == "stripe"}
        for account in found:
            payments.account_changed(database, account)

    try:
        if app_context_of(request).gateway_throttle.allows(f"account:{me}"):
            await asyncio.to_thread(look)
    except (GatewayUnavailable, GatewayDeclined) as trouble:
        log("portal").warning("the gateway did not answer", cause=str(trouble)[:300])
    return redirect(request, "/portal/account")


async def _to_onboarding(request: HttpRequest) -> Page:
    me, app_context = _me(request), app_context_of(request)
    there = f"{app_context.settings.public_url}/portal/account"

    def begin() -> str:
        with app_context.database.work(Actor("affiliate", str(me)), home=me) as work:
            reader = reads.me(work)
            by_bank = {one.currency for one in reads.pay_accounts(work) if one.provider == "bank"}
            balances = reads.balances(work, reader)
            currency = _currency_to_be_paid_in(
                [one for one in balances if one.currency not in by_bank] or balances
            )
        payments.open_account(app_context.database, me, currency=currency)
        return payments.onboarding_link(
            app_context.database,
            me,
            return_url=f"{there}/return",
            refresh_url=f"{there}/onboarding",
        )

    try:
        # On the loop's own threads: a slow gateway must not hold up those that serve pages.
        url = await asyncio.to_thread(begin)
    except (GatewayUnavailable, GatewayDeclined) as trouble:
        log("portal").warning("the gateway did not answer", cause=str(trouble)[:300])
        said = "The payment service cannot be reached just now. Try again in a minute."
        notice = language_of(request).text(said)
        return redirect(request, "/portal/account", notice=notice, tone="wait")
    return redirect(request, url)


def _currency_to_be_paid_in(balances: list[CurrencyBalance]) -> str:
    """The currency in which the affiliate has most; their shop's where they have nothing yet."""

    def to_come(one: CurrencyBalance) -> int:
        return one.money.payable.minor + one.money.pending.minor

    most = max(balances, key=to_come)
    return most.currency if to_come(most) > 0 else balances[0].currency


def _me(request: HttpRequest) -> int:
    home = request_context_of(request).affiliate_id
    assert home is not None, "a guard has let them in"
    return home


def _around(me: AffiliateProfile, tab: str) -> dict[str, Any]:
    shop = f"{ROOT}/{me.shop}" if me.shop else None
    return {
        "portal": PortalHead(name=me.name, storefront_url=shop),
        "may": network.MAY[me.state],
        "standing": me.state,
        "tab": tab,
        "leads_waiting": me.leads_waiting,
    }


def _earnings_of(order: OrderMovements, language: Language) -> OrderEarnings:
    return OrderEarnings(
        number=order.number,
        url=f"/portal/orders/{order.order_id}" if order.is_mine else None,
        total=order.total,
        at=order.at,
        movements=[
            MovementView(
                text=tell(movement.explanation, language, of_team=movement.level > 0),
                level=movement.level,
                amount=movement.amount,
                kind=movement.kind,
                at=movement.credited_at,
                payable_on=movement.payable_on,
                is_matured=movement.is_matured,
                paid_in=movement.paid_in,
                went_back_whole=movement.went_back_whole,
            )
            for movement in order.movements
        ],
    )


def _next(
    work: Work,
    language: Language,
    me: AffiliateProfile,
    balances: list[CurrencyBalance],
    account: PayAccount | None,
    *,
    earned: bool,
) -> NextStep | None:
    """What the affiliate should do, or know, before anything else."""
    text, first = language.text, balances[0]
    has_money = any(one.money.payable or one.money.pending.minor > 0 for one in balances)
    if has_money and (account is None or account.state in ("created", "onboarding")):
        return NextStep(
            title=text("Tell us where to pay you"),
            text=text(
                "It takes five minutes on our payment service's page. Until then we keep it for"
                " you."
            ),
            label=text("Get started") if account is None else text("Continue"),
            url="/portal/account#pay",
            tone="wait",
        )
    if account is not None and account.state in ("restricted", "rejected"):
        return NextStep(
            title=text("Your payout account needs more details"),
            text=text("Payouts wait until it is put right. Nothing is lost meanwhile."),
            label=text("See what is missing"),
            url="/portal/account#pay",
            tone="bad",
        )
    stopped = [one.money.on_hold + one.money.failed for one in balances]
    if any(stopped):
        amounts = " + ".join(language.money(amount) for amount in stopped if amount)
        return NextStep(
            title=text("{amount} did not reach you").format(amount=amounts),
            text=text(
                "The payout has stopped on its way. We are looking at it; it is still yours."
            ),
            label=text("See the payouts"),
            url="/portal/payouts",
            tone="wait",
        )
    if first.is_debt:
        return NextStep(
            title=text("Your next commissions pay off {amount} first").format(
                amount=language.money(first.money.debt)
            ),
            text=text(
                "Something was paid back to a client after your part of it had been paid out to"
                " you. You need not send anything; what you earn next goes there first. The"
                " movement is listed below."
            ),
            tone="wait",
        )
    if not earned:
        return NextStep(
            title=text("Your first commission comes with your first delivered order"),
            text=text("Share your link: whoever buys through it is your client for a year."),
            label=text("See my links"),
            url="/portal/account#links",
        )
    day = reads.next_payout_day(work)
    due, missing = first.payable_by(day), first.missing(day)
    if missing is not None and due:
        return NextStep(
            title=text("{amount} more and it is paid out").format(amount=language.money(missing)),
            text=text("Payouts begin at {minimum}. What is payable stays yours until then.").format(
                minimum=language.money(first.minimum) if first.minimum else ""
            ),
        )
    if due:
        return NextStep(
            title=text("{amount} goes out on {day}").format(
                amount=language.money(due), day=language.day(day)
            ),
            text=text("Payouts run every Monday. You need not do anything."),
            tone="good",
        )
    return None


def _account(
    request: HttpRequest,
    work: Work,
    *,
    value: str = "",
    error: str | None = None,
    bank: dict[str, str] | None = None,
    bank_error: str | None = None,
) -> Page:
    me, accounts = reads.me(work), reads.pay_accounts(work)
    found = accounts[0] if accounts else None
    stuck = [
        one
        for one in payout_exclusions(work, affiliate=me.id)
        if one.reason in ("other_currency", "account_refused", "changed")
    ]
    by_bank = [one.currency for one in accounts if one.provider == "bank"]
    public = app_context_of(request).settings.public_url
    codes = reads.codes(work)
    shops = work.rows(
        "SELECT slug, name FROM storefront WHERE home_id = %(id)s AND active ORDER BY id", id=me.id
    )
    links = [(row.name, f"{public}{ROOT}/{row.slug}") for row in shops]
    page = AccountPage(
        **_around(me, "account"),
        account=found,
        others=accounts[1:],
        state=found.state if found else "none",
        policy=work.tools.other_currency,
        waiting=[_waits(language_of(request), one) for one in stuck],
        bank_currencies=[
            (code, code)
            for code in dict.fromkeys([*(one.payable.currency for one in stuck), *by_bank])
        ],
        bank=bank or {},
        bank_error=bank_error,
        links=links,
        codes=codes,
        value=value,
        error=error,
    )
    wrong = error or bank_error
    return render(request, "portal/account.html", page, status=422 if wrong else 200)


routes: list[Any] = [
    earnings,
    payouts,
    payout,
    orders,
    order,
    introduced,
    team,
    account,
    new_code,
    tell_bank_account,
    start_onboarding,
    resume_onboarding,
    back_from_onboarding,
]

"""An affiliate with their money, and where they are paid."""

from __future__ import annotations

from datetime import date

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem import joining, ledger, mail, network, payments, referrals
from mainstem.console import queries
from mainstem.earnings import queries as earnings
from mainstem.identity import AffiliatePerson, key_of, people_of_affiliate
from mainstem.kit.documents import Document
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import tell
from mainstem.web import mail_view
from mainstem.web.commands import Command, Told
from mainstem.web.mail_view import MailRow
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    ADMIN,
    MONEY,
    SERVICE,
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    names_of,
    reader_of,
)
from mainstem.web.staff.screen import Screens

STEPS = (
    ("pause", "pause", "Pause", "secondary"),
    ("resume", "resumption", "Make active again", "secondary"),
    ("suspend", "suspension", "Suspend", "danger"),
    ("terminate", "termination", "End the work together", "danger"),
)
"""The steps of an affiliate that staff take here: action, address, name, and how its button looks."""
MAILS = 10
LEGS = 20


class AffiliatePage(Page, kw_only=True):
    """One affiliate: their place, their accounts, their commissions."""

    it: queries.AffiliateDetails
    accounts: list[tuple[queries.PayAccountRow, str, tuple[str, str]]]
    currencies: list[tuple[str, str]]
    upline: list[queries.UplineRow]
    team: list[network.Leg]
    team_size: int
    storefronts: list[queries.StorefrontRow]
    codes: list[referrals.Code]
    open_steps: list[tuple[str, str, str]]
    steps: list[Event]
    details: joining.AffiliateDetails
    people: list[AffiliatePerson]
    role_names: dict[str, str]
    balances: list[tuple[str, str, Money, str]]
    movements: list[tuple[earnings.Earned, Money, str, date | None]]
    keys: list[queries.KeyOfStorefront]
    orders: list[queries.NewsOfAffiliate]
    leads: list[queries.NewsOfAffiliate]
    payouts: list[queries.PayoutOfAffiliate]
    mails: list[MailRow]
    opens_leads: bool
    opens_setup: bool


@get("/affiliates/{id:int}", sync_to_thread=True)
def affiliate(request: HttpRequest, work: NamedDependency[Work], id: FromPath[int]) -> HttpResponse:
    """One affiliate."""
    return AFFILIATE.of(id).show(request, work)


class BankAccount(Document):
    """Where our own bank is to pay an affiliate, in one currency."""

    currency: str = Field(title="Currency", description="One that they have or may have money in.")
    account: str = Field(title="Account", description="An IBAN, or as their bank writes it.")


def _tell_bank_account(work: Work, body: BankAccount, *, id: int) -> Told:
    """Say where our own bank is to pay an affiliate, as they have told staff."""
    queries.affiliate(work, id)
    if body.currency not in queries.currencies(work, id):
        raise NotFound("account")
    payments.tell_bank_account(work, id, currency=body.currency, account=body.account)
    return Told(
        "What they earn in {currency} is paid to this account.", {"currency": body.currency}
    )


TELL_BANK_ACCOUNT = Command(
    name="tell_bank_account",
    path="/affiliates/{id:int}/bank",
    proof=MONEY_PROOF,
    do=_tell_bank_account,
    body=BankAccount,
    example={"currency": "SEK", "account": "SE45 5000 0000 0583 9825 7466"},
    scope="money:write",
    roles=MONEY,
    tag="Payouts",
)


def _affiliate(request: HttpRequest, work: Work, id: int) -> AffiliatePage:
    language = language_of(request)
    it = queries.affiliate(work, id)
    states = labelled(language, labels.ACCOUNT_STATES)
    may, people = reader_of(request).may, people_of_affiliate(work, id)
    addresses = [it.email_key, *(key_of(one.email) for one in people)]
    mails = mail.to_addresses(work, addresses, most=MAILS) if may(*ADMIN) else []
    return AffiliatePage(
        **layout_of(request, work, "affiliates"),
        it=it,
        accounts=[
            (row, language.text(labels.PROVIDERS[row.provider]), states[row.state])
            for row in queries.pay_accounts(work, id)
        ],
        currencies=[(code, code) for code in queries.currencies(work, id)],
        upline=queries.upline(work, id),
        team=network.legs(work, id, most=LEGS).rows,
        team_size=network.team_size(work, id),
        storefronts=queries.storefronts_of(work, id),
        open_steps=[
            (path, language.text(name), tone)
            for action, path, name, tone in STEPS
            if network.STATES.action(it.state, action).allowed
        ],
        steps=_steps(work, language, id),
        details=joining.details_of(work, id),
        role_names={role: language.text(name) for role, name in labels.AFFILIATE_ROLES.items()},
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
                row.amount,
                tell(row.explanation, language),
                earnings.payable_on(row.held_until),
            )
            for row in earnings.earned(work, id, most=30)
        ],
        people=people,
        keys=queries.keys_of(work, id),
        orders=queries.orders_credited(work, id),
        leads=queries.leads_credited(work, id),
        payouts=queries.payouts_of(work, id),
        mails=[mail_view.row_of(language, row, "/console/mail") for row in mails],
        opens_leads=may(*SERVICE),
        opens_setup=may(*ADMIN),
    )


def _steps(work: Work, language: Language, id: int) -> list[Event]:
    rows = network.steps_of(work, id)[::-1]
    who = names_of(work, language, [row.actor for row in rows])
    return [
        Event(
            at=row.at,
            text=language.text(labels.AFFILIATE_STATES[row.after]),
            who=who[row.actor],
            reason=row.why or None,
        )
        for row in rows
    ]


AFFILIATE = Screens("console/affiliate.html", _affiliate, "/console/affiliates/{}".format)

commands = [TELL_BANK_ACCOUNT]
routes = [affiliate, form_route(TELL_BANK_ACCOUNT, lambda id: AFFILIATE.of(id))]

"""The account: codes, links, and where the affiliate is paid."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency

from mainstem import network, payments, referrals
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import Actor, Work
from mainstem.payouts import (
    payout_exclusions,
)
from mainstem.web import (
    Form,
    app_context_of,
    language_of,
    redirect,
    render,
    request_context_of,
)
from mainstem.web.forms import FormFields
from mainstem.web.proof import MONEY
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of
from mainstem_affiliates.portal.payouts import _waits
from mainstem_affiliates.portal.reads import (
    Code,
    PayAccount,
)
from mainstem_affiliates.storefront.links import ROOT


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


@get("/account", opt={"right": network.ACCOUNT})
async def account(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """Where the affiliate is paid, and their links and codes."""
    return _account(request, work)


class CodeFields(FormFields):
    """A code of their own choosing."""

    code: str = ""


class BankFields(FormFields):
    """Where the company's bank pays what is earned in a currency."""

    currency: str = ""
    account: str = ""


@post("/account/codes", status_code=200)
async def new_code(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """A code of their own choosing. What others are called is the company's to know, so the
    company's Work looks."""
    me, language = me_of(request), language_of(request)
    actor, wanted = Actor("affiliate", str(me)), form.into(CodeFields).code
    try:
        code = await in_work(request, actor, lambda work: referrals.claim(work, me, wanted))
    except Refused as no:
        said = no.problems[0] if no.problems else no
        error = said.text(language.text)
        return await in_work(
            request,
            actor,
            lambda work: _account(request, work, value=wanted, error=error),
            home=me,
        )
    notice = language.text("{code} is yours from now on.").format(code=code)
    return redirect(request, "/portal/account", notice=notice)


@post("/account/bank", status_code=200, opt={"right": network.BE_PAID, "proof": MONEY})
async def tell_bank_account(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Where the company's own bank is to pay what they earn in a currency."""
    me, language = me_of(request), language_of(request)
    actor = Actor("affiliate", str(me))
    sent = form.into(BankFields)
    currency, number = sent.currency, sent.account

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


def _account(
    request: HttpRequest,
    work: Work,
    *,
    value: str = "",
    error: str | None = None,
    bank: dict[str, str] | None = None,
    bank_error: str | None = None,
) -> Page:
    me = reads.me(work)
    # Where they are paid, and with how much, is for those who see it.
    is_paid = network.BE_PAID in request_context_of(request).rights
    accounts = reads.pay_accounts(work) if is_paid else []
    found = accounts[0] if accounts else None
    stuck = [
        one
        for one in (payout_exclusions(work, affiliate=me.id) if is_paid else ())
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
        **around(request, me, "account"),
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


routes = [account, new_code, tell_bank_account]

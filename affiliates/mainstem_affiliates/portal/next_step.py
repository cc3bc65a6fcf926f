"""What an affiliate can do next, first things first."""

from __future__ import annotations

import msgspec

from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.reads import (
    AffiliateProfile,
    CurrencyBalance,
    PayAccount,
)


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """The one thing to do next."""

    title: str
    text: str
    label: str = ""
    url: str = ""
    tone: str = "info"


def next_step(
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
    if me.shop is None:
        return NextStep(
            title=text("Open your shop"),
            text=text("It takes five minutes. Everything is filled in; change what you like."),
            label=text("Open my shop"),
            url="/portal/storefront",
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

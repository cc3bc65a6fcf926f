"""What a request would earn, as it is read: for staff every level, for an affiliate their own share."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mainstem.earnings import Estimate, EstimatedShare, PromisedShare
from mainstem.kit.locale import Language
from mainstem.money import Money

MILESTONES = {
    "qualified": "Qualified request",
    "won": "Request that was won",
    "delivered": "Once it is delivered",
    "accepted": "Once it is accepted",
}
"""What each milestone of a service is called."""

SELLER = "Whoever sold"
SPONSOR = "Level {level}"
YOURS = "Your own client"
YOUR_TEAM = "Client of your team, level {level}"
EACH = "{amount} for each piece"
NOBODY = {
    "buyer_is_participant": "The client takes part in the programme: it would earn nobody anything.",
    "house_account": "The company sells this itself: it would earn no commission.",
    "nobody_eligible": "Nobody is active who could be credited: it would earn no commission.",
}


class ShareView(msgspec.Struct, frozen=True, kw_only=True):
    """What one level would get for one milestone. `is_reached` is whether the request has come so far, which
    earns nothing yet."""

    milestone: str
    is_reached: bool
    level: str
    who: str
    rate: str
    amount: Money | None


class EstimateView(msgspec.Struct, frozen=True, kw_only=True):
    """What a request would earn: of what, to whom for what, and together."""

    service: str
    number: str
    amount: Money | None
    is_list_price: bool
    counts: Money | None
    shares: list[ShareView]
    total: Money | None
    nobody: str
    """Why it would earn nobody anything; empty where it would."""


def estimate_view(
    found: Estimate, language: Language, shares: Sequence[EstimatedShare] | None = None
) -> EstimateView:
    """An estimate in the reader's language; with these shares only, where they are all that is theirs."""
    shown = found.shares if shares is None else shares
    known = [one.amount for one in shown if one.amount is not None]
    total = Money(sum(one.minor for one in known), found.currency) if found.amount else None
    return EstimateView(
        service=found.service,
        number=found.number,
        amount=found.amount,
        is_list_price=found.is_list_price,
        counts=found.counts,
        shares=[_share(one, found, language, own=shares is not None) for one in shown],
        total=total,
        nobody="" if found.earns else language.text(NOBODY[found.earns_reason]),
    )


def promised_view(
    shares: Sequence[PromisedShare], language: Language, *, own: bool = False
) -> list[ShareView]:
    """What an order promises in the reader's language: with `own`, to the affiliate who reads it."""
    seller, sponsor = (YOURS, YOUR_TEAM) if own else (SELLER, SPONSOR)
    return [
        ShareView(
            milestone=language.text(MILESTONES[one.milestone]),
            is_reached=one.is_reached,
            level=language.text(sponsor if one.level else seller).format(level=one.level),
            who=one.beneficiary,
            rate=language.percent(one.rate_bp) if one.rate_bp else "",
            amount=one.amount,
        )
        for one in shares
    ]


def _share(one: EstimatedShare, found: Estimate, language: Language, *, own: bool) -> ShareView:
    seller, sponsor = (YOURS, YOUR_TEAM) if own else (SELLER, SPONSOR)
    rate = (
        language.text(EACH).format(amount=language.money(one.each))
        if one.each
        else language.percent(one.rate_bp)
    )
    return ShareView(
        milestone=language.text(MILESTONES[one.milestone]),
        is_reached=one.milestone in found.reached,
        level=language.text(sponsor if one.level else seller).format(level=one.level),
        who=one.beneficiary,
        rate=rate,
        amount=one.amount,
    )

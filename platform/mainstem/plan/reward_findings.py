"""What is unlawful, unwise or not meant in what a plan gives for sending a friend."""

from __future__ import annotations

from collections.abc import Iterator

from mainstem.money import BASIS, decimal_text
from mainstem.plan.grounds import Finding, finding
from mainstem.plan.percent import percent
from mainstem.plan.reward_documents import ReferAFriendDocument, RewardDocument

HOLD_DAYS_SAFE = 28
"""The fourteen days of withdrawal, and fourteen in which the money goes back."""


def reward_cost_bp(said: ReferAFriendDocument | None) -> int:
    """The most that both sides get of an order, in basis points of what counts for commission, rounded up.

    Fixed money weighs most on the smallest order that is asked for; without one, on one that it is all of.
    """
    if said is None:
        return 0
    rates = said.referrer.rate_bp + said.friend.rate_bp
    if not _fixed(said):
        return min(BASIS, rates)
    least = said.least_minor
    fixed = max(
        (-(-minor * BASIS // least[code]) if code in least else BASIS)
        for code, minor in _fixed(said).items()
    )
    return min(BASIS, rates + fixed)


def reward_findings(said: ReferAFriendDocument, *, cap_bp: int, sales_bp: int) -> Iterator[Finding]:
    """Everything to be said of it, beside sales that may pay so much under a cap."""
    if said.hold_days < HOLD_DAYS_SAFE:
        yield finding(
            "short_hold", "/refer_a_friend/hold_days", days=said.hold_days, safe=HOLD_DAYS_SAFE
        )
    cost = reward_cost_bp(said)
    if said.commission == "stands_beside" and sales_bp + cost > cap_bp:
        yield finding(
            "reward_gives_way", "/refer_a_friend",
            sales=percent(sales_bp), rewards=percent(cost), cap=percent(cap_bp),
        )  # fmt: skip
    for code, least in sorted(said.least_minor.items())[:1]:
        jump = sum(_at(side, least, code) for side in (said.referrer, said.friend))
        if jump * 20 * BASIS > least * cap_bp:
            yield finding(
                "reward_cliff", f"/refer_a_friend/least_minor/{code}",
                at=f"{decimal_text(least, code)} {code}", jump=f"{decimal_text(jump, code)} {code}",
            )  # fmt: skip
    yield finding(
        "twice_as_a_client_gains", "/refer_a_friend", cost=percent(cost), n=said.friends_a_year
    )


def _fixed(said: ReferAFriendDocument) -> dict[str, int]:
    found: dict[str, int] = {}
    for side in (said.referrer, said.friend):
        for code, minor in side.fixed_minor.items():
            found[code] = found.get(code, 0) + minor
    return found


def _at(side: RewardDocument, base_minor: int, code: str) -> int:
    exact = side.fixed_minor.get(code, base_minor * side.rate_bp // BASIS)
    return min(exact, side.most_minor.get(code, exact))

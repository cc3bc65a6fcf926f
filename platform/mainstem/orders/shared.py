"""To whom an order is credited beside its seller: with how much of it, and who stood above them.

It is kept on the order as a list, one for each: {"part_bp", "upline", "groups", "upline_facts"}, the last two
only where there is something to keep. The rest of the order is the seller's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mainstem.attribution import AttributionRequest, Decision, Evidence
from mainstem.network import Upline
from mainstem.orders.placing.planned import PlanFacts, PlannedOrder, Sale

AlsoCredited = list[dict[str, Any]]


def also_credited(
    evidence: Evidence,
    request: AttributionRequest,
    decision: Decision,
    sale: Sale,
    planned: PlannedOrder,
    facts: PlanFacts,
) -> AlsoCredited | None:
    """Whoever else an order is credited to by the plan that it is sold by; None where it is one alone."""
    said = planned.plan.document.credit
    if said is None:
        return None
    splits = {"code": said.other_affiliates_code, "link": said.other_affiliates_link}
    other = evidence.other(request, decision, {by for by, how in splits.items() if how == "split"})
    if other is None:
        return None
    part_bp = said.storefront_bp if other == request.home_id else said.other_bp
    upline = evidence.uplines[other]
    return [kept(part_bp, upline, facts.upline_facts(sale, planned.plan, upline))]


def kept(part_bp: int, upline: Upline, upline_facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """One of those that an order is also credited to, as it is kept."""
    found: dict[str, Any] = {"part_bp": part_bp, "upline": list(upline.affiliates)}
    if upline.groups:
        found["groups"] = upline.groups
    return found | ({"upline_facts": upline_facts} if upline_facts else {})


def uplines_of(also: Sequence[Mapping[str, Any]] | None) -> list[Upline]:
    """The uplines of those that an order is also credited to, as they are kept on it."""
    return [
        Upline("active", one["upline"], groups=one.get("groups"), unpaid=one.get("upline_facts"))
        for one in also or ()
    ]

"""Intake: one verb for the storefront, the API, an accepted quote and an imported history.

Any number of orders are placed together, each answered on its own, all durable at one commit. The
way of a batch: check the shapes, find repeats, read what is sold and who is credited, look at the
shelf and take from it in order of arrival, write everything in one round trip, and last lock the
shelf in key order and have it stand by what was taken.
A batch of one and a batch of a thousand take the same steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mainstem import attribution
from mainstem.kit.errors import Refused
from mainstem.kit.ids import new_ids
from mainstem.kit.work import Work
from mainstem.orders import rules
from mainstem.orders.client import Client
from mainstem.orders.errors import OrderRefused
from mainstem.orders.model import OrderWanted, Placed
from mainstem.orders.placing import credit, planned, threshold
from mainstem.orders.placing.draft import Draft, answered, open_ones
from mainstem.orders.placing.known import learn
from mainstem.orders.placing.prices import price_all
from mainstem.orders.placing.repeats import answer_repeat, find_repeats
from mainstem.orders.placing.shelf import take_and_write
from mainstem.orders.placing.writing import Ready


def place(work: Work, wanted: Sequence[OrderWanted]) -> list[Placed | Refused]:
    """Place orders: one answer for each that was asked, in the same order.

    A refused order leaves nothing behind. A repeat gets the order that it made the first time.
    Two batches that race for the same new key or external id cannot both commit: the later one
    raises psycopg's UniqueViolation, and its caller tries again.
    """
    now = work.now()
    drafts = [
        Draft(one, one.placed_at or now, id)
        for one, id in zip(wanted, new_ids(len(wanted)), strict=True)
    ]
    waiting = drafts
    while waiting:
        waiting = _place(work, waiting, now)
    return [answered(draft) for draft in drafts]


def _place(work: Work, drafts: list[Draft], now: datetime) -> list[Draft]:
    """Answer these drafts. Those come back that must be looked at again, because what they
    repeat has been refused."""
    for draft in drafts:
        found = rules.check(draft.wanted)
        if isinstance(found, Client):
            draft.client = found
        else:
            draft.answer = OrderRefused(*found)
    checked = open_ones(drafts)
    if not checked:
        return []
    known = learn(work, checked)
    live, repeats = find_repeats(checked, known)
    usable = price_all(work, live, known)
    if priced := open_ones(live):
        evidence = attribution.gather_evidence(
            work,
            [known.attribution_requests[draft.id] for draft in priced],
            known.signals,
            levels=None,
        )
        sales = [planned.sale_of(draft, known) for draft in priced]
        plan_facts = planned.read(work, sales, known.published, evidence.uplines.values())
        take_and_write(work, priced, Ready(known, evidence, plan_facts, now))
        written = [one for one in priced if isinstance(one.answer, Placed)]
        credit.spend(work, written, usable)
        threshold.count(work, written)
    return [repeat for repeat, first in repeats if not answer_repeat(repeat, first)]

"""The compensation plan, as it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from pydantic import Field

from mainstem import proposals
from mainstem.kit.documents import Day
from mainstem.kit.errors import InvalidInput
from mainstem.kit.work import Work
from mainstem.plan import PlanDocument, PlanRefused, book, from_first_format, is_first_format
from mainstem.setup.resource import ONLY, Resource


class PublishedPlan(PlanDocument):
    """How affiliates are paid. A version never changes; what is saved here is the next one, once a second
    person has published it.

    It may be written in short, one rate a level for goods and for services: `rules.goods.levels_bp`.
    """

    starts_on: Day | None = Field(
        None, title="In force from", description="Empty: at once.", exclude=True
    )
    confirmed: bool = Field(
        False,
        title="Publish it although something in it may not be meant",
        description="What is found is named beside each field.",
        exclude=True,
    )

    @classmethod
    def in_full(cls, sent: Any) -> Any:
        """A plan of one rate a level, as it is said in full."""
        if not isinstance(sent, Mapping) or "rules" not in sent or not is_first_format(sent):
            return sent
        beside = {name: sent[name] for name in ("starts_on", "confirmed") if name in sent}
        try:
            return from_first_format({k: v for k, v in sent.items() if k not in beside}) | beside
        except PlanRefused as no:
            raise InvalidInput(*no.problems) from no


def _plan(work: Work, keys: Sequence[str] | None) -> Mapping[str, PublishedPlan]:
    newest = book.newest(work)
    return {ONLY: PublishedPlan.model_validate(newest.document.written())} if newest else {}


def _propose(work: Work, before: PublishedPlan | None, said: PublishedPlan) -> None:
    start = None
    if said.starts_on and said.starts_on > work.now().astimezone(work.tools.zone).date():
        start = datetime.combine(said.starts_on, time(), work.tools.zone)
    proposals.propose(work, said.written(), effective_from=start, confirmed=said.confirmed)


def _waiting(work: Work) -> PublishedPlan | None:
    found = proposals.waiting(work)
    return PublishedPlan.model_validate(proposals.document_of(work, found.id)) if found else None


PLAN = Resource(
    name="plan",
    title="Plan",
    one="plan",
    model=PublishedPlan,
    key="",
    read=_plan,
    save=_propose,
    waiting=_waiting,
    help="How affiliates are paid for what is delivered. An order keeps the version it was sold under.",
)

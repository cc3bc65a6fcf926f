"""The compensation plan, as it is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Literal

from pydantic import Field

from mainstem.kit.documents import Amounts, BasisPoints, Day, Document, Name
from mainstem.kit.work import Work
from mainstem.plan import book
from mainstem.setup.resource import ONLY, Resource


class RuleDocument(Document):
    """What one kind of sale pays."""

    pays_on: Literal["delivered_sale"] = Field(
        "delivered_sale",
        title="Pays on",
        description="Only a delivered sale to a client ever pays.",
    )
    levels_bp: list[BasisPoints] = Field(
        min_length=1,
        title="Rates",
        description="Of the seller first, then of each sponsor above them.",
    )
    cap_bp: BasisPoints = Field(title="At most in all")
    hold_days: int = Field(
        ge=14, le=3650, title="Held for", description="Days from delivery, fourteen at least."
    )


class RulesDocument(Document):
    """What goods pay, and what services pay."""

    goods: RuleDocument = Field(title="Goods")
    service: RuleDocument = Field(title="Services")


class PlanDocument(Document):
    """How affiliates are paid. A version never changes; what is saved here is the next one."""

    name: Name = Field(title="Name")
    rules: RulesDocument = Field(title="Rules")
    minimum_payout_minor: Amounts = Field(
        default_factory=dict,
        title="Paid out from",
        description="What is less waits for the next run.",
    )
    starts_on: Day | None = Field(
        None, title="In force from", description="Empty: at once.", exclude=True
    )
    confirmed: bool = Field(
        False,
        title="Publish it although it pays less than its rates say",
        description="When the levels add up to more than the cap.",
        exclude=True,
    )


def _plan(work: Work, keys: Sequence[str] | None) -> Mapping[str, PlanDocument]:
    document: Any = work.value("SELECT document FROM plan_version ORDER BY version DESC LIMIT 1")
    return {ONLY: PlanDocument.model_validate(document)} if document else {}


def _publish(work: Work, before: PlanDocument | None, said: PlanDocument) -> None:
    start = work.now()
    if said.starts_on and said.starts_on > start.astimezone(work.tools.zone).date():
        start = datetime.combine(said.starts_on, time(), work.tools.zone)
    book.publish(work, said.written(), effective_from=start, confirmed=said.confirmed)


PLAN = Resource(
    name="plan",
    title="Plan",
    one="plan",
    model=PlanDocument,
    key="",
    read=_plan,
    save=_publish,
    help="How affiliates are paid for what is delivered. An order keeps the version it was sold under.",
)

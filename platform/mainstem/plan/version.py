"""One version of the plan: what its document says, ready to be evaluated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from mainstem.kit.validation import problems_of
from mainstem.plan.document import PlanDocument, compiled, compiled_period
from mainstem.plan.first_format import from_first_format, is_first_format
from mainstem.plan.periods import PeriodRules
from mainstem.plan.refusals import PlanRefused
from mainstem.plan.reward_documents import compiled_reward
from mainstem.plan.rewards import ReferAFriend
from mainstem.plan.sale_rules import SalePlan


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of the plan; it never changes after it is published.

    `sale` is what it says of a sale. `fingerprint` is the hash by which it is known.
    """

    version: int
    document: PlanDocument
    sale: SalePlan
    fingerprint: str

    @property
    def name(self) -> str:
        """What it is called."""
        return self.document.name

    @property
    def minimum_payout_minor(self) -> Mapping[str, int]:
        """What is paid out at least, in minor units by currency."""
        return self.document.minimum_payout_minor

    @property
    def levels(self) -> int:
        """How many people one sale can pay."""
        return max(len(rule.levels) for rule in self.sale.rules)

    @property
    def refer_a_friend(self) -> ReferAFriend | None:
        """What it gives clients who send a friend; None where it says nothing of it."""
        said = self.document.refer_a_friend
        return compiled_reward(said) if said else None

    def period(self, currency: str) -> PeriodRules:
        """What it says of a period in one currency."""
        return compiled_period(self.document, currency)


def parse(document: Mapping[str, Any], *, version: int) -> Plan:
    """The plan that a document says, in the first format or in that of today.

    Raises PlanRefused with a pointer to everything that is no plan. What a plan may not be is another
    matter: see `lint`.
    """
    said = from_first_format(document) if is_first_format(document) else document
    if version:
        said = as_published(said)
    try:
        read = PlanDocument.model_validate(said)
    except ValidationError as error:
        raise PlanRefused(*problems_of(error)) from error
    return Plan(version, read, compiled(read), fingerprint(document))


def as_published(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a published version says, with what it could not say yet: sponsors' own sales were counted back
    from the sale before a plan was asked from when."""
    uplines = document.get("uplines")
    if (
        not isinstance(uplines, Mapping)
        or not uplines.get("own_sales_min")
        or "active_at" in uplines
    ):
        return document
    return {**document, "uplines": {**uplines, "active_at": "sale"}}


def fingerprint(document: Mapping[str, Any]) -> str:
    """The hash by which a version is known: the same for the same plan, however it was typed."""
    canonical = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str
    )
    return hashlib.sha256(canonical.encode()).hexdigest()

"""To whom an order is to be credited, as a page and a program say it."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from pydantic import Field

from mainstem import earnings
from mainstem.catalog_files import CellUnfit, decimal_of
from mainstem.kit.documents import Document, document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.money import BASIS
from mainstem.web.forms import Form, FormFields


class AnotherPart(Document):
    """Somebody else to whom an order is to be credited, and how much of it."""

    affiliate: str = Field(title="Affiliate", description="By their name in addresses.")
    part_bp: int = Field(ge=1, lt=BASIS, title="Part", description="Of the order, in basis points.")


class Reattribution(Document):
    """To whom an order is to be credited, why, and what shows it."""

    affiliate: str = Field(title="Affiliate", description="By their name in addresses.")
    reason: str = Field(title="Why", description="Kept, and shown to staff.")
    evidence: str = Field(
        title="Evidence", description="What shows it, in words: a mail, a contract."
    )
    others: list[AnotherPart] = Field(
        default_factory=list,
        max_length=earnings.OTHERS_MAX,
        title="Shared with",
        description="Each with a part of the order; the rest is the affiliate's.",
    )


class ReattributionFields(FormFields):
    """What the page sends beside a row for each of the others (`other-1`, `part-1`)."""

    affiliate: str = ""
    reason: str = ""
    evidence: str = ""


def reattribution_in(work: Work, form: Form, *, home: int, order: UUID) -> Reattribution:
    """What the page sends: parts in per cent, row by row. An empty row says nothing."""
    slugs, parts = form.numbered("other"), form.numbered("part")
    others = [
        {"affiliate": slugs.get(no, ""), "part_bp": _basis_points(parts.get(no, ""), f"/part-{no}")}
        for no in sorted(slugs.keys() | parts.keys())
        if slugs.get(no) or parts.get(no)
    ]
    sent = form.into(ReattributionFields).model_dump()
    return document(Reattribution, sent | {"others": others})


def _basis_points(text: str, pointer: str) -> int:
    try:
        found = decimal_of(text.rstrip("% \N{NO-BREAK SPACE}")) * 100
    except CellUnfit:
        found = Decimal(0)
    if found != int(found) or not 0 < found < BASIS:
        raise InvalidInput(
            Problem(pointer, "invalid_value", "Write a part in per cent, such as 40.")
        )
    return int(found)

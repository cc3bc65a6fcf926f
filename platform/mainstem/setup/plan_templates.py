"""Plans to begin with."""

from __future__ import annotations

from typing import NamedTuple

from mainstem.plan import from_first_format


class PlanTemplate(NamedTuple):
    """A plan to begin with: what it is called, for whom it is, and its rates in basis points."""

    name: str
    title: str
    words: str
    goods_bp: tuple[int, ...]
    service_bp: tuple[int, ...]


PLAN_TEMPLATES = (
    PlanTemplate(
        "one_level",
        "One level",
        "Whoever sells is paid, and nobody else.",
        (1000,),
        (500,),
    ),
    PlanTemplate(
        "two_levels",
        "Two levels",
        "Whoever sells is paid most; whoever brought them in, a little.",
        (1000, 300),
        (500, 100),
    ),
    PlanTemplate(
        "five_levels",
        "Five levels",
        "A little goes up five sponsors. The more levels, the less is left for whoever sells.",
        (800, 200, 100, 50, 50),
        (400, 100, 50, 25, 25),
    ),
    PlanTemplate(
        "goods_and_services",
        "Goods and services apart",
        "Goods pay many small commissions on two levels; a service pays one large one to whoever"
        " brought the client.",
        (800, 200),
        (1000,),
    ),
)
HOLD_DAYS = {"goods": 30, "service": 14}


def plan_from(template: PlanTemplate) -> dict[str, object]:
    """The plan that a template begins with, as its document has it."""
    return from_first_format(
        {
            "name": template.title,
            "rules": {
                kind: {"levels_bp": [*rates], "cap_bp": sum(rates), "hold_days": HOLD_DAYS[kind]}
                for kind, rates in (("goods", template.goods_bp), ("service", template.service_bp))
            },
        }
    )

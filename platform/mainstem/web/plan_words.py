"""The plan as it is read: the same clauses for staff, for affiliates and for whoever agrees to them."""

from __future__ import annotations

import msgspec

from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.plan import Plan, book, clauses, which_of


class PlanClause(msgspec.Struct, frozen=True):
    """What one rule of the plan says, or what holds for every sale."""

    heading: str
    sentences: tuple[str, ...]


def plan_clauses(work: Work, plan: Plan, language: Language) -> list[PlanClause]:
    """The whole plan in the reader's language: what holds for every sale first. What a rule is for is its
    heading."""
    names = book.names_in(work, plan.document, language.locale)
    for_all, *each = clauses(plan.document, language, names)
    rules = {rule.id: which_of(rule, language, names) for rule in plan.document.rules}
    return [
        PlanClause(language.text("For every sale"), for_all.sentences),
        *(
            PlanClause(rules[one.about], one.sentences[1:])
            if one.about in rules
            else PlanClause(one.about, one.sentences)
            for one in each
        ),
    ]

"""What stands beside the plan's form: what it says, what it pays, what is found in it."""

from __future__ import annotations

from itertools import pairwise

import msgspec

from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import Clause, Example, Plan, book, clauses, examples, lint, which_of
from mainstem.web.rendering import words


class RuleCard(msgspec.Struct, frozen=True):
    """A rule: what it is for, the sentences that it means, and a sale under it worked out."""

    which: str
    sentences: tuple[str, ...]
    shares: list[tuple[int, str, Money]]
    example: Example | None


class PeriodExample(msgspec.Struct, frozen=True):
    """What one rule of a period pays for some volumes: (sold, pays)."""

    name: str
    rows: list[tuple[Money, Money]]


class Found(msgspec.Struct, frozen=True):
    """Something that is refused, warned of or noted, and where that comes from."""

    severity: str
    words: str
    source: str


def clauses_of(work: Work, language: Language, plan: Plan) -> list[Clause]:
    return clauses(plan.document, language, book.names_in(work, plan.document, language.locale))


def rules_of(language: Language, plan: Plan, said: list[Clause], currency: str) -> list[RuleCard]:
    worked = {one.rule.id: one for one in examples(plan, currency)}
    by_name = {clause.about: clause.sentences for clause in said}
    return [
        RuleCard(
            which_of(rule, language),
            by_name[rule.id][1:],
            [
                (one.level, language.percent(one.rate_bp) if one.rate_bp else "", one.amount)
                for one in (worked[rule.id].shares if rule.id in worked else ())
            ],
            worked.get(rule.id),
        )
        for rule in plan.document.rules
    ]


def periods_of(plan: Plan, currency: str) -> list[PeriodExample]:
    """What tiers and goals pay for volumes at and between their steps."""
    rules = plan.period(currency)
    found = []
    for tiers in rules.tiers:
        steps = [tier.from_minor for tier in tiers.tiers]
        volumes = sorted(
            {*steps[1:], *((low + high) // 2 for low, high in pairwise(steps)), steps[-1] * 3 // 2}
        )
        rows = [(Money(v, currency), Money(tiers.pays(v), currency)) for v in volumes if v]
        found.append(PeriodExample(tiers.id, rows))
    for goal in rules.goals:
        reached = (Money(goal.personal_minor, currency), Money(goal.pays_minor, currency))
        found.append(PeriodExample(goal.id, [reached]))
    return found


def found_in(language: Language, plan: Plan) -> list[Found]:
    return [
        Found(one.severity, words(language, one.problem), one.source)
        for one in lint(plan.document.written())
    ]

"""What the audit works out of a closed period is what the definition does, by none of its code; and a cent is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.rules.test_period_batch import RANKS, RULES, months, one_by_one

from mainstem.audit import period_kernel
from mainstem.audit.period_kernel import Month, Tree, due, reached
from mainstem.periods import batch
from mainstem.periods.columns import InCurrency
from mainstem.plan.periods import PeriodRules, RankRules


def said_of(rules: PeriodRules) -> dict[str, Any]:
    """The document that says so, as it would have been published."""

    def sek(amount: Any) -> dict[str, Any]:
        return {"SEK": amount}

    return {
        "ranks": ranks_of(replace(rules.ranks, ranks=rules.ranks.ranks)),
        "tiers": [
            {
                "id": one.id, "volume": one.volume, "of": one.of, "threshold": one.threshold, "depth": one.depth,
                "tiers": [{"from_minor": sek(tier.from_minor), "rate_bp": tier.rate_bp} for tier in one.tiers],
            }
            for one in rules.tiers
        ],
        "goals": [
            {"id": one.id, "personal_minor": sek(one.personal_minor), "pays_minor": sek(one.pays_minor)}
            for one in rules.goals
        ],
        "pools": [
            {"id": one.id, "share_bp": one.share_bp, "rank_from": f"rank-{one.rank_from}",
             "disqualified": one.disqualified}
            for one in rules.pools
        ],
        "leaderboards": [
            {"id": one.id, "prizes_minor": sek(list(one.prizes_minor)), "ties": one.ties,
             "least_minor": sek(one.least_minor)}
            for one in rules.leaderboards
        ],
    }  # fmt: skip


def ranks_of(rules: RankRules) -> dict[str, Any]:
    return {
        "leg_share_of": rules.leg_share_of,
        "grace_periods": rules.grace_periods,
        "ranks": [
            {
                "id": f"rank-{number}",
                "personal_minor": {code: rank.personal_minor},
                "team_minor": {code: rank.team_minor},
                "leg_volume_minor": {code: rank.leg_volume_minor},
                "clients": rank.clients,
                "legs": rank.legs,
                "leg_share_bp": rank.leg_share_bp,
            }
            for number, rank in enumerate(rules.ranks, 1)
            for code in ["SEK" if rank.stated else "EUR"]
        ],
    }


def as_raw(month: InCurrency) -> tuple[Tree, Month]:
    people = month.people
    tree = Tree(people.id, people.above, people.house, people.suspended)
    moved = [(list(upline), minor) for upline, minor in month.elsewhere.items()]
    return tree, Month("SEK", month.volume, month.clients, month.reached, moved)


def audited(
    rules: PeriodRules, month: InCurrency, paid_as: list[int]
) -> dict[tuple[str, int], int]:
    tree, sold = as_raw(month)
    return {
        (rule, int(id)): int(amount)
        for rule, amounts in due(said_of(rules), tree, sold, np.array(paid_as, np.int64))
        for id, amount in zip(tree.id, amounts, strict=True)
        if amount
    }


@given(months(), RULES, st.data())
@settings(max_examples=200)
def test_a_period_audited_pays_what_the_definition_pays(
    month: InCurrency, rules: PeriodRules, data: st.DataObject
) -> None:
    ranks = len(rules.ranks.ranks)
    rules = replace(rules, pools=tuple(one for one in rules.pools if 1 <= one.rank_from <= ranks))
    many = len(month.volume)
    paid_as = data.draw(st.lists(st.integers(0, 3), min_size=many, max_size=many))
    assert audited(rules, month, paid_as) == {
        (one.rule, one.beneficiary_id): one.amount_minor
        for one in one_by_one(rules, month, paid_as)
    }


@given(months(), RANKS)
@settings(max_examples=200)
def test_ranks_audited_are_those_that_were_reached(month: InCurrency, rules: RankRules) -> None:
    tree, sold = as_raw(month)
    found = reached({"ranks": ranks_of(rules)}, tree, sold)
    assert found.tolist() == batch.qualified(rules, month).tolist()


@given(month=months(), rules=RULES)
@settings(max_examples=50)
def test_a_unit_more_in_the_audit_is_not_what_the_definition_pays(
    month: InCurrency, rules: PeriodRules
) -> None:
    right, paid_as = period_kernel._tiers, [3] * len(month.volume)
    rules = replace(rules, pools=(), goals=(), leaderboards=())
    assume(rules.tiers and month.people.may_be_paid.any())
    with patch.object(period_kernel, "_tiers", lambda *of: right(*of) + 1):
        assert audited(rules, month, paid_as) != {
            (one.rule, one.beneficiary_id): one.amount_minor
            for one in one_by_one(rules, month, paid_as)
        }

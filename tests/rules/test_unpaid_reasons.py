"""Why somebody was not paid: the rule that excluded them, and the sentence that says it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem.kit.locale import Language
from mainstem.paths import TEMPLATES
from mainstem.plan import (
    MemberFacts,
    UnpaidFacts,
    UnpaidReason,
    tell_unpaid,
    why_nothing_from,
    why_unpaid,
)

ENGLISH, SWEDISH = (
    Language(locale, TEMPLATES / "locale", ZoneInfo("UTC")) for locale in ("en", "sv")
)

OF_A_DELIVERED_SALE: dict[str, Any] = {
    "order": "7KQ2M-94TXD",
    "currency": "SEK",
    "sold_on": date(2026, 3, 2),
    "state": "placed",
    "is_paid": True,
    "steps": 1,
    "levels": 3,
    "is_delivered": True,
    "credited_minor": 6000,
    "stands_minor": 6000,
    "payable_on": date(2026, 4, 1),
}


def of_sale(**changes: Any) -> UnpaidReason:
    return why_unpaid(UnpaidFacts(**(OF_A_DELIVERED_SALE | changes)))


NOTHING = {"credited_minor": 0, "stands_minor": 0, "payable_on": None}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"steps": None}, "another_credited"),
        ({"steps": None, "in_own_shop": True, "attributed_by": "code"}, "another_credited_here"),
        ({"steps": None, "is_above_now": True}, "not_above_then"),
        ({"earns_reason": "buyer_is_participant"}, "own_purchase"),
        ({"earns_reason": "house_account"}, "sold_by_company"),
        ({"earns_reason": "nobody_eligible"}, "nobody_eligible"),
        ({"waits_for_acceptance": True} | NOTHING, "not_accepted"),
        ({"levels": 0, "needs_a_lead": True} | NOTHING, "needs_a_lead"),
        ({"standing": "house"}, "house"),
        ({"standing": "suspended"}, "suspended"),
        ({"standing": "inactive"}, "inactive"),
        ({"standing": "wrong_group"}, "wrong_group"),
        ({"standing": "rank_too_low"}, "rank_too_low"),
        ({"standing": "not_active"}, "not_active"),
        ({"levels": 0, **NOTHING}, "no_rule"),
        ({"steps": 3, **NOTHING}, "beyond_levels"),
        ({"pays_here": False, **NOTHING}, "level_pays_nothing"),
        ({"state": "pending", "is_paid": False, **NOTHING}, "not_paid"),
        ({"state": "expired", "is_paid": False, **NOTHING}, "expired"),
        ({"state": "canceled", **NOTHING}, "canceled"),
        ({"review": "held", **NOTHING}, "held_for_review"),
        ({"review": "refused", **NOTHING}, "refused_by_review"),
        ({"is_delivered": False, **NOTHING}, "not_delivered"),
        ({"stands_minor": 0, "is_all_back": True}, "went_back"),
        ({"is_all_back": True, **NOTHING}, "all_back"),
        (NOTHING, "earns_too_little"),
        ({}, "held"),
        ({"payable_on": None}, "held_open"),
        ({"is_released": True}, "payable"),
        # A sponsor above whom somebody was passed over stands for a lower level, and was paid.
        ({"steps": 4}, "held"),
    ],
)
def test_the_rule_that_excluded_somebody_is_named(changes: dict[str, Any], code: str) -> None:
    assert of_sale(**changes).code == code


def test_the_sentence_says_the_facts_in_both_languages() -> None:
    beyond = of_sale(steps=3, **NOTHING)
    assert tell_unpaid(beyond, ENGLISH) == (
        "You stand at level 3 above this sale. The plan that it was sold by pays down to level 2."
    )
    elsewhere = of_sale(steps=None, in_own_shop=True, attributed_by="code")
    assert tell_unpaid(elsewhere, SWEDISH) == (
        "Order 7KQ2M-94TXD lades i er butik men tillföll en annan affiliate, vars kod kunden angav."
        " Det går före butiken."
    )


STANDINGS = ["", "house", "suspended", "inactive", "wrong_group", "rank_too_low", "not_active"]


@given(
    st.fixed_dictionaries(
        {
            "state": st.sampled_from(["pending", "placed", "closed", "canceled", "expired"]),
            "is_paid": st.booleans(),
            "steps": st.none() | st.integers(0, 6),
            "is_above_now": st.booleans(),
            "in_own_shop": st.booleans(),
            "attributed_by": st.sampled_from(["binding", "code", "storefront", "link", "staff"]),
            "earns_reason": st.sampled_from(
                ["real_client", "buyer_is_participant", "house_account", "nobody_eligible"]
            ),
            "standing": st.sampled_from(STANDINGS),
            "levels": st.integers(0, 5),
            "pays_here": st.booleans(),
            "review": st.sampled_from(["", "held", "refused", "released"]),
            "is_delivered": st.booleans(),
            "credited_minor": st.integers(0, 1),
            "stands_minor": st.integers(0, 1),
            "is_all_back": st.booleans(),
            "payable_on": st.none() | st.just(date(2026, 4, 1)),
            "is_released": st.booleans(),
        }
    )
)
def test_whatever_is_known_one_sentence_answers_it_in_both_languages(facts: dict[str, Any]) -> None:
    reason = of_sale(**facts)
    for language in (ENGLISH, SWEDISH):
        assert re.fullmatch(r"[^{}]+\.", tell_unpaid(reason, language))
    assert tell_unpaid(reason, ENGLISH) != tell_unpaid(reason, SWEDISH)
    if facts["steps"] is None:
        # Whoever has nothing to do with an order learns nothing of what became of it.
        assert reason.code in ("another_credited", "another_credited_here", "not_above_then")
        assert set(reason.facts) <= {"order", "day", "signal"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"level": None}, "not_in_team"),
        ({"standing": "suspended"}, "suspended"),
        ({"level": 3}, "beyond_levels"),
        ({"sales": 0}, "no_sales"),
        ({"delivered": 0}, "none_delivered"),
        ({}, "earns"),
    ],
)
def test_why_nothing_is_earned_of_a_member_is_named(changes: dict[str, Any], code: str) -> None:
    known: dict[str, Any] = {"member": "Cedar", "level": 2, "levels": 3, "standing": ""}
    reason = why_nothing_from(MemberFacts(**(known | {"sales": 1, "delivered": 1} | changes)))
    assert reason.code == code
    for language in (ENGLISH, SWEDISH):
        assert re.fullmatch(r"[^{}]+\.", tell_unpaid(reason, language))

"""The plan in words: all that it says, in both languages, and what two versions say differently."""

from __future__ import annotations

import tomllib
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mainstem.kit.locale import Language
from mainstem.paths import TEMPLATES
from mainstem.plan.document import PlanDocument
from mainstem.plan.words import SENTENCES, Change, clauses, difference

PLANS = sorted((Path(__file__).parent.parent / "plans" / "lawful").glob("*.toml"))
ENGLISH, SWEDISH = (
    Language(code, TEMPLATES / "locale", ZoneInfo("Europe/Stockholm")) for code in ("en", "sv")
)


def plan(name: str) -> PlanDocument:
    (file,) = [one for one in PLANS if one.stem.endswith(name)]
    return PlanDocument.model_validate(tomllib.loads(file.read_text()))


def told(name: str, about: str, language: Language = ENGLISH) -> str:
    said = next(one.text for one in clauses(plan(name), language) if one.about == about)
    return said.replace("\N{NO-BREAK SPACE}", " ")


def test_a_rule_is_told_with_whom_it_pays_what_for_what_and_how_long_it_is_held() -> None:
    assert told("lamps-in-march", "lamps") == (
        "For goods and services of the departments lamps from 1 Mar 2027 before 1 Apr 2027: Whoever"
        " made the sale gets 15 % of what counts for commission. The sponsor at level 1 gets 3 % of the"
        " same. All levels together get 18 % of that at most; beyond it each gives way in proportion. It is"
        " held for 30 days from delivery, and goes back with money that goes back."
    )


def test_what_holds_for_every_rule_is_told_once_and_first() -> None:
    assert "A sponsor with fewer earns nothing" in told("compression", "")
    own_sales = "2 of their own, delivered to clients in the 90 days before the sale."
    assert own_sales in told("compression", "")
    assert "A sponsor with fewer" not in told("two-levels", "")
    assert "move to it" in told("two-levels", "")
    assert "keep the one that they have" in told("those-who-joined-keep-theirs", "")


@pytest.mark.parametrize("file", PLANS, ids=lambda file: file.stem)
def test_every_lawful_plan_is_told_in_both_languages(file: Path) -> None:
    document = PlanDocument.model_validate(tomllib.loads(file.read_text()))
    english, swedish = (clauses(document, language) for language in (ENGLISH, SWEDISH))
    assert [one.about for one in english] == [one.about for one in swedish]
    for one, other in zip(english, swedish, strict=True):
        assert len(one.sentences) == len(other.sentences)
        assert not set(one.sentences) & set(other.sentences)
        assert "{" not in one.text + other.text


@pytest.mark.parametrize("message", [one for one in SENTENCES if one.strip()])
def test_every_sentence_is_there_in_swedish(message: str) -> None:
    assert SWEDISH.text(message) != message


def test_no_two_lawful_plans_that_pay_differently_are_told_alike() -> None:
    documents = [PlanDocument.model_validate(tomllib.loads(file.read_text())) for file in PLANS]
    told_as = {tuple(clause.text for clause in clauses(one, ENGLISH)) for one in documents}
    assert len(told_as) == len(documents)


def test_two_versions_are_compared_sentence_by_sentence() -> None:
    before, after = clauses(plan("two-levels"), ENGLISH), clauses(plan("three-levels"), ENGLISH)
    assert difference(before, before) == []
    assert difference(before, after) == [
        Change("goods", (), ("The sponsor at level 2 gets 1\N{NO-BREAK SPACE}% of the same.",))
    ]
    assert difference(after, clauses(plan("one-level"), ENGLISH))[-1].about == "services"


def test_rules_that_only_changed_places_are_told() -> None:
    document = plan("two-levels")
    turned = document.model_copy(update={"rules": document.rules[::-1]})
    assert difference(clauses(document, ENGLISH), clauses(turned, ENGLISH)) == [
        Change("", ("", "goods", "services"), ("", "services", "goods"))
    ]

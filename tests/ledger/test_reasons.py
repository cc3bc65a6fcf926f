"""What a posting is for is told to each reader in their language, and stored once."""

from __future__ import annotations

import string
from zoneinfo import ZoneInfo

import pytest
from tests.ledger.test_postings import happened

from mainstem.kit.locale import Language
from mainstem.ledger import reason_in_words
from mainstem.ledger.reasons import SENTENCES
from mainstem.paths import TEMPLATES

SWEDISH = Language("sv", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))
ENGLISH = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))

WRITTEN = {"Earned elsewhere", "Changed at 11.2"}
"""Reasons of the examples that whoever posts them says."""

TOLD = [
    ("Commission on order 7KQ2M-94TXD", "Provision på order 7KQ2M-94TXD"),
    ("Hold over on 2026-03-02", "Frigjord 2026-03-02"),
    ("Payout 26-0001 paid by bank", "Utbetalning 26-0001 betald via bank"),
    ("Payout 26-0001 paid by bank: OCR 7 9", "Utbetalning 26-0001 betald via bank: OCR 7 9"),
    ("Payout 26-0001 canceled: She asked: stop.", "Utbetalning 26-0001 avbruten: She asked: stop."),
    ("Changed at 11.2 SEK per EUR, the ECB", "Växlad till 11.2 SEK per EUR, the ECB"),
    ("Payment of order forms for everybody", "Payment of order forms for everybody"),
    ("Provision intjänad hos ett annat program", "Provision intjänad hos ett annat program"),
]


@pytest.mark.parametrize(("stored", "swedish"), TOLD)
def test_a_reason_is_told_by_its_sentence_and_what_people_wrote_stays(
    stored: str, swedish: str
) -> None:
    assert reason_in_words(stored, SWEDISH) == swedish
    assert reason_in_words(stored, ENGLISH) == stored


def test_every_event_of_the_business_has_its_reason_in_swedish() -> None:
    reasons = {one.reason for examples in happened() for one in examples if one is not None}
    english = {one for one in reasons if reason_in_words(one, SWEDISH) == one}
    assert english == WRITTEN


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_has_the_same_facts_in_both_languages(sentence: str) -> None:
    def facts(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    swedish = SWEDISH.text(sentence)
    assert swedish != sentence
    assert facts(swedish) == facts(sentence)

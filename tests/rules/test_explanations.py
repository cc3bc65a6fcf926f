"""A commission is told in the reader's language, with every figure written out."""

from __future__ import annotations

import string
from zoneinfo import ZoneInfo

import pytest

from mainstem.kit.locale import Language
from mainstem.paths import TEMPLATES
from mainstem.plan import explain, tell
from mainstem.plan.explain import CAPPED, CREDIT, RESTORED, REVERSAL

ZONE = ZoneInfo("Europe/Stockholm")
ENGLISH, SWEDISH = (Language(locale, TEMPLATES / "locale", ZONE) for locale in ("en", "sv"))
MESSAGES = [*CREDIT.values(), CAPPED, REVERSAL, RESTORED]


def told(kind: str, reader: Language, **changes: object) -> str:
    facts: dict[str, object] = {
        "rule": "goods", "level": 0, "order": "7KQ2M-94TXD", "currency": "SEK", "rate_bp": 1000,
        "base_minor": 200000, "returned_minor": 50000, "credited_minor": 20000,
        "reversed_minor": 5000,
    }  # fmt: skip
    words = tell(explain(kind, **(facts | changes)), reader)  # type: ignore[arg-type]
    return words.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("words", "of"),
    [
        ("10 % of SEK 2,000.00 for goods delivered on order 7KQ2M-94TXD: you won this client.", {}),
        ("2.5 % of SEK 2,000.00 for goods delivered on order 7KQ2M-94TXD: won by your team, level 1.",
         {"level": 1, "rate_bp": 250}),
        ("10 % of SEK 2,000.00 for the service performed on order 7KQ2M-94TXD: you won this client."
         " All levels together are capped at 14 %, so each gives its part.",
         {"rule": "service", "capped_bp": 1400}),
    ],
)  # fmt: skip
def test_a_credit_in_english(words: str, of: dict[str, object]) -> None:
    assert told("credit", ENGLISH, **of) == words


def test_a_credit_in_swedish() -> None:
    assert told("credit", SWEDISH, level=2, rate_bp=100, capped_bp=1400) == (
        "1 % av 2 000,00 kr för levererade varor på order 7KQ2M-94TXD: vunnen av ditt team, nivå 2."
        " Alla nivåer tillsammans får högst 14 %, så var och en avstår sin del."
    )


def test_a_reversal_in_both_languages() -> None:
    assert told("reversal", SWEDISH) == (
        "500,00 kr av 2 000,00 kr på order 7KQ2M-94TXD gick tillbaka till kunden, så samma del av"
        " dina 200,00 kr går tillbaka: 50,00 kr sammanlagt."
    )
    assert "went back to the client" in told("reversal", ENGLISH)
    assert "50.00 in all" in told("reversal", ENGLISH)


def test_a_reversal_that_is_taken_out_again_says_what_is_yours() -> None:
    """What came back is told as what went back: 500 of 2,000, not as what stayed."""
    assert told("restored", SWEDISH) == (
        "Av 2 000,00 kr på order 7KQ2M-94TXD gick till slut bara 500,00 kr tillbaka till kunden, så"
        " 50,00 kr av dina 200,00 kr går tillbaka och resten är din igen."
    )
    assert "went back" in told("restored", ENGLISH)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_has_its_swedish_with_the_same_figures(message: str) -> None:
    swedish = SWEDISH.text(message)
    assert swedish != message

    def figures(words: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(words) if name}

    assert figures(swedish) == figures(message)

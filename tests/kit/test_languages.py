"""Which language a reader gets, and which form of it a number takes."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mainstem.kit.locale import Language
from mainstem.languages import negotiate


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("sv", "sv"),
        ("sv-SE", "sv"),
        ("SV-fi", "sv"),
        ("de, en;q=0.1, sv;q=0.9", "sv"),
        ("en;q=0.1,sv;q=0.9", "sv"),
        ("en;q=0.9, sv;q=0.91", "sv"),
        ("sv, en", "sv"),
        ("en, sv", "en"),
        ("de, fr;q=0.5", "en"),
        ("sv;q=0, de", "en"),
        ("en;q=0, de", "sv"),
        ("en;q=0.000", "sv"),
        ("en;q=0, *", "sv"),
        ("en;q=0.2, *;q=0.5", "sv"),
        ("*", "en"),
        ("en;q=0, sv;q=0", "en"),
        # A quality that is none, and a tag that only begins like ours, say nothing.
        ("sv;q=9", "en"),
        ("sv;q=", "en"),
        ("svx, swe", "en"),
        (";;;,,,q=1", "en"),
        ("sv ; q=0.8 , en ; q=0.3", "sv"),
    ],
)
def test_the_language_that_the_browser_likes_best_is_spoken(
    accepted: str | None, language: str
) -> None:
    assert negotiate(accepted, ("en", "sv")) == language


def test_a_number_takes_the_form_that_its_language_has_for_it(tmp_path: Path) -> None:
    """Polish has three: two languages that happen to have two would prove nothing."""
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "shared.po").write_text(
        """msgid ""
msgstr ""
"Language: pl\\n"
"Content-Type: text/plain; charset=utf-8\\n"

msgid "One parcel"
msgid_plural "{n} parcels"
msgstr[0] "{n} paczka"
msgstr[1] "{n} paczki"
msgstr[2] "{n} paczek"

msgid "Basket"
msgstr "Koszyk"
""",
        encoding="utf-8",
    )
    polish = Language("pl", tmp_path, ZoneInfo("Europe/Warsaw"))
    said = [polish.count("One parcel", "{n} parcels", n) for n in (1, 2, 5, 22, 25)]
    assert said == ["1 paczka", "2 paczki", "5 paczek", "22 paczki", "25 paczek"]
    assert polish.text("Basket") == "Koszyk"
    assert polish.text("Nothing that was translated") == "Nothing that was translated"
    assert polish.text("") == ""


def test_swedish_and_english_count_nothing_one_and_many(root: Path) -> None:
    said = {
        locale: [
            Language(locale, root / "templates" / "locale", ZoneInfo("UTC")).count(
                "One parcel is delivered.", "{n} parcels are delivered.", n
            )
            for n in (0, 1, 2)
        ]
        for locale in ("en", "sv")
    }
    assert said == {
        "en": ["0 parcels are delivered.", "One parcel is delivered.", "2 parcels are delivered."],
        "sv": ["0 paket är levererade.", "Ett paket är levererat.", "2 paket är levererade."],
    }

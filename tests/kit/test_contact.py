"""One person, however they spell themselves: addresses, numbers and names in one form."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainstem.kit.contact import email_key, mailbox_of, phone_key
from mainstem.kit.db import Database
from mainstem.kit.postal import needs_postal_code, postal_code
from mainstem.kit.text import unseen

EMAILS = [
    # as it was typed, as it is compared, the mailbox behind it
    ("Ada@Example.COM", "ada@example.com", "ada@example.com"),
    (" mette+1@harbor.example ", "mette+1@harbor.example", "mette@harbor.example"),
    ("M.e.t.t.e+shop@googlemail.com", "m.e.t.t.e+shop@googlemail.com", "mette@gmail.com"),
    ("dots.stay@harbor.example", "dots.stay@harbor.example", "dots.stay@harbor.example"),
    ("ada-b_c@pm.me", "ada-b_c@pm.me", "adabc@proton.me"),
    ("+46701740605@harbor.example", "+46701740605@harbor.example", "+46701740605@harbor.example"),
    ("\uff41da\uff20example\uff0ecom", "ada@example.com", "ada@example.com"),
    ("ada@h\u00e4rdvik.example", "ada@xn--hrdvik-bua.example", "ada@xn--hrdvik-bua.example"),
    ("ada@xn--hrdvik-bua.example", "ada@xn--hrdvik-bua.example", "ada@xn--hrdvik-bua.example"),
    ("a\u030asa@example.com", "\u00e5sa@example.com", "\u00e5sa@example.com"),
]


@pytest.mark.parametrize(("typed", "key", "mailbox"), EMAILS)
def test_spellings_of_one_address_have_one_key(typed: str, key: str, mailbox: str) -> None:
    assert email_key(typed) == key
    assert mailbox_of(key) == mailbox


@pytest.mark.parametrize(
    "typed",
    [
        "\u200bsamir@harbor.example", "s\u00adamir@harbor.example", "samir@harbor.example\u2060",
        "samir\u202e@harbor.example", "samir@harbor.example\0", "a\nb@harbor.example", "ada",
        "ada@example", "a b@example.com", "a..b@example.com", "a@b@example.com", "ada@-x.example",
        "ada@127.0.0.1", f"{'a' * 65}@example.com", f"ada@{'a' * 64}.example",
    ],
)  # fmt: skip
def test_what_nothing_could_be_delivered_to_is_no_address(typed: str) -> None:
    assert email_key(typed) is None


def test_a_key_is_its_own_key_and_a_mailbox_is_the_same_in_the_database(
    database: Database,
) -> None:
    locals = st.from_regex(r"[a-zå0-9+._-]{1,12}", fullmatch=True)
    domains = st.sampled_from(["gmail.com", "googlemail.com", "pm.me", "proton.me", "x.example"])
    with database.work() as work:

        @settings(
            max_examples=200,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        )
        @given(locals, domains)
        def same(local: str, domain: str) -> None:
            address = f"{local}@{domain}"
            found = work.value("SELECT mailbox_of(%(key)s)", key=address)
            assert found == mailbox_of(address) == mailbox_of(found)
            key = email_key(address)
            assert key is None or email_key(key) == key

        same()
        assert work.value("SELECT mailbox_of('nobody')") == mailbox_of("nobody") == "nobody"


POSTAL = [
    ("SE", "11455", "114 55"), ("SE", "SE-114 55", "114 55"), ("SE", "S-11455", "114 55"),
    ("SE", "\uff11\uff11\uff14 \uff15\uff15", "114 55"), ("SE", "\u0661\u0661\u0664\u0665\u0665", "114 55"),
    ("SE", "1145", None), ("SE", "", None), ("HK", "", ""), ("AE", "", ""), ("AE", "P.O. Box 12", "P.O. BOX 12"),
    ("IE", "", ""), ("IE", "a65f4e2", "A65 F4E2"), ("IE", "D0", None),
    ("DE", "D-26133", "26133"), ("FI", "FIN-00550", "00550"), ("DK", "DK 8660", "8660"),
    ("NO", "", None), ("LV", "1073", "LV-1073"), ("PL", "00950", "00-950"), ("NL", "1234ab", "1234 AB"),
    ("GB", "se19gf", "SE1 9GF"), ("US", "22162 1010", "22162-1010"), ("JP", "\u3012154\u20120023", "154-0023"),
    ("PT", "2725\u2013079", "2725-079"), ("CH", "CH-2544", "2544"), ("XX", "114 55", None),
]  # fmt: skip


@pytest.mark.parametrize(("country", "typed", "kept"), POSTAL)
def test_a_postal_code_is_kept_as_its_country_writes_it(
    country: str, typed: str, kept: str | None
) -> None:
    assert postal_code(typed, country) == kept
    if kept:
        assert postal_code(kept, country) == kept


def test_a_letter_needs_a_code_only_where_there_are_codes() -> None:
    assert [needs_postal_code(country) for country in ("SE", "IE", "HK", "AE")] == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_number_is_read_as_one_dials_it_and_not_guessed() -> None:
    assert phone_key("070-174 06 05", "SE") == phone_key("+46 70 174 06 05", "NO") == "+46701740605"
    assert phone_key("\u0660\u0667\u0660-174 06 05", "SE") == "+46701740605"
    assert phone_key("070-000", "SE") is None
    assert phone_key("ask at the counter", "SE") is None


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("Ada Lind", None), ("Åsa O'Malley-Öberg", None), ("Bo\u00a0Ek", None),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", None), ("\u845b\U000e0100\u57ce", None),
        ("Kök & Co \u2764\ufe0f", None), ("\U0001f468\u200d\U0001f469\u200d\U0001f467", None),
        ("1\ufe0f\u20e3", None), ("Bo \u2194\ufe0f Ek", None), ("a\ufe0f", "U+FE0F"), ("1\ufe0f", "U+FE0F"),
        ("Ada\nLind", "U+000A"), ("Ada\tLind", "U+0009"), ("\x1b[31mAda", "U+001B"), ("Ada\0", "U+0000"),
        ("Ada\u200bLind", "U+200B"), ("Ada\u200dLind", "U+200D"), ("Ada\u202edniL", "U+202E"),
        ("Ada\u2066Lind", "U+2066"), ("Ada\u2028Lind", "U+2028"), ("Ada\u3164", "U+3164"),
        ("A\u030asa", None), ("\u0e01\u0e49\u0e33 \u0915\u094d\u0937\u093f", None),
        ("\u0301\u0301", "U+0301"), ("Ada \u0301", "U+0301"), ("a" + "\u0301" * 9, "U+0301"),
        ("\ufeffAda", "U+FEFF"), ("Ada\ufe0f", "U+FE0F"), ("A\u00adda", "U+00AD"), ("\u2800", "U+2800"),
    ],
)  # fmt: skip
def test_what_the_eye_cannot_see_is_found_and_what_a_script_needs_is_not(
    text: str, character: str | None
) -> None:
    assert unseen(text) == character

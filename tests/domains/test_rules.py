"""Which names of hosts a storefront may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import domains
from mainstem.kit.errors import InvalidInput

OURS = ("shop.foundry.example", "www.foundry-iron.co.uk")


@pytest.mark.parametrize(
    ("typed", "name", "shown"),
    [
        ("shop.example.com", "shop.example.com", "shop.example.com"),
        (" Shop.Example.COM. ", "shop.example.com", "shop.example.com"),
        ("butik.långkok.se", "butik.xn--lngkok-iua.se", "butik.långkok.se"),
        ("BUTIK.LÅNGKOK.SE", "butik.xn--lngkok-iua.se", "butik.långkok.se"),
        ("xn--lngkok-iua.se", "xn--lngkok-iua.se", "långkok.se"),
        ("straße.de", "xn--strae-oqa.de", "straße.de"),
        ("магазин.рф", "xn--80aairftm.xn--p1ai", "магазин.рф"),
        ("shop.example.co.uk", "shop.example.co.uk", "shop.example.co.uk"),
        ("a.b.c.d.example.com", "a.b.c.d.example.com", "a.b.c.d.example.com"),
    ],
)
def test_a_name_is_kept_as_machines_write_it_and_shown_as_people_read_it(
    typed: str, name: str, shown: str
) -> None:
    assert domains.host(typed, OURS) == domains.Host(name, shown)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "name of a host alone"),
        ("https://shop.example.com", "name of a host alone"),
        ("shop.example.com:8080", "name of a host alone"),
        ("shop.example.com/x", "name of a host alone"),
        ("*.example.com", "name of a host alone"),
        ("shop example.com", "name of a host alone"),
        ("a@example.com", "name of a host alone"),
        ("[::1]", "name of a host alone"),
        ("::1", "name of a host alone"),
        ("192.0.2.7", "not the numbers"),
        ("0x7f.1", "not the numbers"),
        ("2130706433", "not the numbers"),
        ("127.1", "not the numbers"),
        ("localhost", "everybody on the internet"),
        ("shop", "everybody on the internet"),
        ("shop.localhost", "everybody on the internet"),
        ("printer.local", "everybody on the internet"),
        ("db.internal", "everybody on the internet"),
        ("1.0.0.127.in-addr.arpa", "everybody on the internet"),
        ("co.uk", "belongs to everybody"),
        ("github.io", "belongs to everybody"),
        ("se.", "everybody on the internet"),
        ("shop.foundry-iron.co.uk", "the company's own"),
        ("foundry-iron.co.uk", "the company's own"),
        ("\u0430\u0440\u0440le.com", "two alphabets"),
        ("sh\u043e\u0440.example.com", "two alphabets"),
        ("f0undry-iron.com", "taken for foundry-iron.co.uk"),
        ("foundryiron.se", "taken for foundry-iron.co.uk"),
        ("shop.foundry-lron.com", "taken for foundry-iron.co.uk"),
        ("-shop.example.com", "no name of a host"),
        ("sh_op.example.com", "no name of a host"),
        ("a" * 64 + ".example.com", "no name of a host"),
        (".".join(["abcdefgh"] * 40) + ".com", "no name of a host"),
        ("shop..example.com", "no name of a host"),
        ("xn--a.com", "no name of a host"),
        ("shop.\u202eexample.com", "no name of a host"),
    ],
)
def test_what_is_no_public_name_of_somebody_s_own_is_refused_with_what_will_do(
    typed: str, why: str
) -> None:
    with pytest.raises(InvalidInput) as no:
        domains.host(typed, OURS)
    [problem] = no.value.problems
    assert problem.pointer == "/host"
    assert why in problem.text()


@given(st.text(max_size=300))
def test_any_text_is_a_host_or_is_refused_in_words(text: str) -> None:
    try:
        found = domains.host(text, OURS)
    except InvalidInput as no:
        assert no.problems[0].text()
        return
    assert found.name.isascii() and len(found.name) <= 253
    assert domains.host(found.name, OURS) == found
    assert domains.host(found.shown, OURS) == found


def test_the_proof_is_each_company_s_affiliate_s_and_host_s_own() -> None:
    values = {
        domains.challenge(secret, home, host)
        for secret in ("one secret", "another secret")
        for home in (1, 2, 12)
        for host in ("a.example.com", "b.example.com", "2.example.com")
    }
    assert len(values) == 18
    assert all(value.isascii() and len(value) < 60 and " " not in value for value in values)
    again = domains.challenge("one secret", 1, "a.example.com")
    assert again == domains.challenge("one secret", 1, "a.example.com")


@pytest.mark.parametrize(
    "typed",
    [
        "langk0k.se", "shop.lan\u0261kok.se", "\u043b\u0430ngkok.com", "xn--lngkok-iua.com",
        "lang-kok.com", "www.\u0430\u0441\u0435.com",
    ],
)  # fmt: skip
def test_no_name_is_taken_for_that_of_another_shop(typed: str) -> None:
    with pytest.raises(InvalidInput):
        domains.host(typed, OURS, ["shop.langkok.se", "ace.com"])


def test_a_website_that_nobody_can_look_up_is_in_nobody_s_way() -> None:
    ours = ("a_b.example.org", "-x-.se", "xn--a.com")
    assert domains.host("shop.langkok.com", ours, ours).name == "shop.langkok.com"


def test_two_companies_may_be_called_the_same_below_two_suffixes() -> None:
    assert domains.host("shop.langkok.com", OURS, ["langkok.se"]).name == "shop.langkok.com"
    assert domains.host("kok.langkok.se", OURS, ["langkok.se"]).name == "kok.langkok.se"

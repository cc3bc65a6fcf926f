"""People, roles, passwords and the token that makes the first admin."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from mainstem import cli, identity
from mainstem.identity.passwords import check_password
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput

from .conftest import PASSWORD

ABOUT = ["Johanna Ek", "Härdvik Foundry", "Ember Side", "emberside"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kort", "too_short"),
        ("elva tecken", "too_short"),
        ("x" * 257, "too_long"),
        ("password1234", "easy_to_guess"),
        ("Password12345", "easy_to_guess"),
        ("aaaaaaaaaaaaaaaa", "easy_to_guess"),
        ("elin.ekström 2026", "easy_to_guess"),
        ("Password1234!", "easy_to_guess"),
        ("P@ssw0rd2026!", "easy_to_guess"),
        ("qwerty123456", "easy_to_guess"),
        ("Sommar2026!!", "easy_to_guess"),
        ("Välkommen1234", "easy_to_guess"),
        ("gjutjarn-sedan-1896", "easy_to_guess"),
        ("Gjutjarn-Sedan-1896!", "easy_to_guess"),
        ("abcdefghij klmnopq" * 10, "easy_to_guess"),
        # among the first hundred thousand of twelve characters and more that have leaked
        ("1qaz2wsx3edc", "easy_to_guess"),
        ("iloveyou1234", "easy_to_guess"),
        ("unbelievable", "easy_to_guess"),
        ("manchesterunited", "easy_to_guess"),
        ("Emberside2026", "easy_to_guess"),
        ("EMBER-SIDE-1234", "easy_to_guess"),
        ("hardvik.foundry", "easy_to_guess"),
        ("johanna.ek.1984", "easy_to_guess"),
        ("vinden bär över sjön", None),
        ("correct horse battery staple", None),
        ("x7Kq-92mm-Ttz0", None),
        ("😀" * 3 + "ett två tre fyra", None),
        ("En lång mening om ett hus vid havet, som ingen annan har skrivit. " * 3, None),
    ],
)
def test_a_password_is_long_and_not_the_first_that_is_tried(
    password: str, code: str | None
) -> None:
    if code is None:
        check_password(password, email="elin.ekström@example.com", about=ABOUT)
        return
    with pytest.raises(identity.PasswordTooWeak) as no:
        check_password(password, email="elin.ekström@example.com", about=ABOUT)
    assert [(p.pointer, p.code) for p in no.value.problems] == [("/password", code)]


@pytest.mark.parametrize("email", ["", "elin", "elin@", "@example.com", "elin@example", "a b@c.se"])
def test_an_email_must_look_like_one(database: Database, email: str) -> None:
    with database.work() as work, pytest.raises(InvalidInput) as no:
        identity.create_person(work, email=email, name=" ")
    assert [p.pointer for p in no.value.problems] == ["/name", "/email"]


def test_an_email_belongs_to_one_person(database: Database, elin: int) -> None:
    with database.work() as work, pytest.raises(identity.EmailTaken):
        identity.create_person(work, email="ELIN@EXAMPLE.COM", name="Another")


def test_a_role_granted_twice_is_held_once(database: Database, elin: int) -> None:
    with database.work() as work:
        identity.grant(work, elin, "finance")
        assert work.value("SELECT count(*) FROM membership") == 1
        identity.revoke(work, elin, "finance")
        identity.grant(work, elin, "finance")
        assert work.value("SELECT count(*) FROM membership") == 2
        assert work.value("SELECT count(*) FROM membership WHERE revoked_at IS NULL") == 1


@pytest.mark.parametrize(
    ("roles", "asked", "may"),
    [
        ({"finance"}, ("finance",), True),
        ({"finance"}, ("picker", "lead_desk"), False),
        ({"admin"}, ("picker",), True),
        ({"affiliate"}, ("picker", "finance", "admin"), False),
        (set(), ("picker",), False),
    ],
)
def test_an_admin_acts_in_every_role_and_others_in_their_own(
    roles: set[str], asked: tuple[str, ...], may: bool
) -> None:
    somebody = identity.Identity(1, "Somebody", "en", frozenset(roles), ())
    assert somebody.may(*asked) is may


def begin(database: Database, token: str, email: str = "ada@example.com") -> int:
    return identity.set_up(
        database, token=token, name="Ada", email=email, password=PASSWORD, locale="sv"
    )


def test_a_setup_token_makes_the_first_admin_once(database: Database) -> None:
    with database.work() as work:
        token = identity.make_setup_token(work)
        spare = identity.make_setup_token(work)
    id = begin(database, token)
    session = identity.sign_in(
        database, email="ada@example.com", password=PASSWORD, address="192.0.2.1"
    )
    with database.work() as work:
        admin = identity.who(work, session.token)
        assert admin == identity.Identity(id, "Ada", "sv", frozenset({"admin"}), ())
    for used in (token, spare):
        with pytest.raises(identity.AlreadySetUp):
            begin(database, used, "eve@example.com")
    with database.work() as work, pytest.raises(identity.AlreadySetUp):
        identity.make_setup_token(work)


def test_a_setup_token_lives_for_a_day(database: Database, clock: FixedClock) -> None:
    with database.work() as work:
        token = identity.make_setup_token(work)
    clock.move(timedelta(hours=24))
    with pytest.raises(identity.SetupTokenRefused):
        begin(database, token)
    with pytest.raises(identity.SetupTokenRefused):
        begin(database, "mst_" + "x" * 43)


def test_two_setups_at_one_instant_make_one_admin(database: Database) -> None:
    with database.work() as work:
        tokens = [identity.make_setup_token(work) for _ in range(2)]

    def race(n: int) -> str:
        try:
            begin(database, tokens[n], f"admin{n}@example.com")
        except identity.AlreadySetUp:
            return "too late"
        return "first"

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(race, range(2))) == ["first", "too late"]
    with database.work() as work:
        assert work.value("SELECT count(*) FROM person") == 1


def test_a_refused_setup_keeps_the_token(database: Database) -> None:
    with database.work() as work:
        token = identity.make_setup_token(work)
    with pytest.raises(InvalidInput) as no:
        identity.set_up(database, token=token, name="", email="a", password="x", locale="en")
    assert [p.pointer for p in no.value.problems] == ["/name", "/email", "/password"]
    assert begin(database, token)


def test_an_affiliate_is_not_staff_so_the_token_still_works(database: Database) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO affiliate (id, slug, name, email_key, country, state, upline, joined_at)
               VALUES (1, 'a', 'A', 'a@example.com', 'SE', 'active', '{1}', %(now)s)""",
            now=work.now(),
        )
        person = identity.create_person(work, email="a@example.com", name="A")
        identity.grant(work, person, "affiliate", affiliate_id=1)
        assert not identity.has_staff(work)
        token = identity.make_setup_token(work)
    assert begin(database, token)


@pytest.mark.parametrize("password", ["Cedar & Cedar 12", "birch-foundry-ab", "emberside-cedar"])
def test_nobody_takes_the_names_around_them_for_a_password(
    database: Database, elin: int, password: str
) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO affiliate (id, slug, name, email_key, country, state, upline, joined_at)
               VALUES (1, 'cedar', 'Cedar & Co', 'c@example.com', 'SE', 'active', '{1}', now());
               INSERT INTO storefront (home_id, slug, name, currency, locales, texts)
               VALUES (1, 'emberside', 'Emberside', 'SEK', '{en}',
                       '{"seller": {"name": "Birch Foundry AB"}}')"""
        )
        identity.grant(work, elin, "affiliate", affiliate_id=1)
    with pytest.raises(identity.PasswordTooWeak):
        identity.set_password(database, elin, password)


def test_a_forgotten_password_is_set_anew_at_the_machine(
    database: Database,
    database_url: str,
    elin: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MAINSTEM_OWNER_URL", database_url)
    monkeypatch.setenv("MAINSTEM_MODE", "demo")

    def typed(*words: str) -> tuple[int, str]:
        told = list(words)
        monkeypatch.setattr("getpass.getpass", lambda _: told.pop(0))
        return cli.main(["password", "ELIN@example.com"]), capsys.readouterr().err

    assert typed("en helt annan mening", "en helt annan mening!")[0] == 1
    assert typed("Password1234!", "Password1234!")[0] == 1
    status, said = typed("en helt annan mening", "en helt annan mening")
    assert (status, said.startswith("The new password is set")) == (0, True)
    session = identity.sign_in(
        database, email="elin@example.com", password="en helt annan mening", address="192.0.2.7"
    )
    assert session.person_id == elin
    assert cli.main(["password", "nobody@example.com"]) == 1

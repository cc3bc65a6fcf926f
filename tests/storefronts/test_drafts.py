"""Drafts and versions: what clients see changes when somebody publishes, and never by half."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import identity
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, NotFound
from mainstem.kit.work import Actor, Work
from mainstem_affiliates import editor
from mainstem_affiliates.editor import StorefrontDraft
from tests.company import Company, a_company, an_affiliate

PROFILE = """
INSERT INTO company_profile
  (name, legal_name, country, email, languages, currencies, zone, storefront_approval)
VALUES ('Foundry', 'Foundry Ltd', 'SE', 'hello@foundry.example', '{sv,en}', '{SEK,EUR}',
        'Europe/Stockholm', %(asks)s)"""
CEDAR, STAFF = Actor("person", "7"), Actor("staff", "1")


class Shop:
    """Cedar's storefront, and whoever edits it."""

    def __init__(self, database: Database, company: Company, asks: bool) -> None:
        self.database, self.company, self.home = database, company, company.cedar
        self.id = company.shop.id
        with database.work() as work:
            work.run(PROFILE, asks=asks)

    @contextmanager
    def by(self, actor: Actor = CEDAR) -> Iterator[Work]:
        with self.database.work(actor) as work:
            yield work

    def draft(self, **said: Any) -> UUID:
        """The draft, with this said in it."""
        with self.by() as work:
            id = editor.begin(work, self.home, self.id)
        if said:
            self.say(id, **said)
        return id

    def say(self, id: UUID, **said: Any) -> None:
        with self.by() as work:
            editor.save(work, self.home, id, seen=self.seen(id), **said)

    def seen(self, id: UUID) -> int:
        with self.by() as work:
            return editor.get_version(work, self.home, id).saved

    def state(self, id: UUID) -> str:
        with self.by() as work:
            return editor.get_version(work, self.home, id).state

    def publish(self, id: UUID) -> editor.Outcome:
        with self.by() as work:
            return editor.publish(
                work, self.home, id, seen=editor.get_version(work, self.home, id).saved
            )

    def live(self) -> StorefrontDraft:
        with self.by() as work:
            return editor.read_live(work, self.home, self.id)

    def versions(self) -> list[tuple[int, str]]:
        with self.by() as work:
            found = editor.versions(work, self.home, self.id)
        return [(one.number, one.document["name"]) for one in found]


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def shop(database: Database, company: Company) -> Shop:
    """One that publishes at once."""
    return Shop(database, company, asks=False)


@pytest.fixture
def asking(database: Database, company: Company) -> Shop:
    """One whose company looks first."""
    return Shop(database, company, asks=True)


# ------------------------------------------------------------------------- drafts


def test_a_draft_changes_nothing_that_clients_see_until_it_is_published(shop: Shop) -> None:
    before = shop.live()
    id = shop.draft(name="Cedar iron", headline={"en": "Iron for life"}, theme="spruce")
    assert shop.live().written() == before.written()
    assert shop.publish(id).state == "published"
    live = shop.live()
    assert (live.name, live.headline, live.theme) == (
        "Cedar iron",
        {"en": "Iron for life"},
        "spruce",
    )
    assert live.slug == before.slug


def test_begun_twice_it_is_one_draft(shop: Shop) -> None:
    assert shop.draft() == shop.draft()
    results: list[UUID] = []

    def begin() -> None:
        results.append(shop.draft())

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and len(set(results)) == 1


def test_the_second_of_two_who_edit_is_told_and_overwrites_nothing(shop: Shop) -> None:
    id = shop.draft()
    with shop.by() as work:
        cleo = identity.create_person(
            work, email="cleo@example.com", name="Cleo", password_hash="none"
        )
    with shop.by(Actor("person", str(cleo))) as work:
        editor.save(work, shop.home, id, seen=1, name="Cleo's choice")
    with pytest.raises(editor.DraftChanged) as told, shop.by(Actor("person", "8")) as work:
        editor.save(work, shop.home, id, seen=1, name="Another choice")
    assert "Cleo has changed this draft" in str(told.value)
    with shop.by() as work:
        assert editor.get_version(work, shop.home, id).draft.name == "Cleo's choice"


def test_somebody_is_never_told_of_what_they_have_saved_themselves(shop: Shop) -> None:
    id = shop.draft()
    for name in ("Iron", "Iron", "Copper"):  # from one page, sent again, and gone back to
        with shop.by() as work:
            editor.save(work, shop.home, id, seen=1, name=name)
    with shop.by(Actor("person", "8")) as work:
        editor.save(work, shop.home, id, seen=shop.seen(id), name="Brass")
    with pytest.raises(editor.DraftChanged), shop.by() as work:
        editor.save(work, shop.home, id, seen=1, name="Copper")
    with shop.by() as work:
        seen = editor.get_version(work, shop.home, id).saved
        editor.save(work, shop.home, id, seen=seen, name="Steel")
    # A window from before the other's change is still told, whatever was saved in between.
    with pytest.raises(editor.DraftChanged), shop.by() as work:
        editor.save(work, shop.home, id, seen=1, name="Copper")
    with shop.by() as work:
        editor.save(work, shop.home, id, seen=seen, name="Tin")


def test_saving_the_same_again_counts_as_nothing(shop: Shop) -> None:
    id = shop.draft(name="Cedar iron")
    seen = shop.seen(id)
    shop.say(id, name="Cedar iron")
    assert shop.seen(id) == seen


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"theme": "theme-x"}, "/theme", "not_offered"),
        ({"theme": "linseed", "accent": "#ffee00"}, "/accent", "unreadable"),
        ({"accent": "red"}, "/accent", "wrong_form"),
        ({"typeface": "comic"}, "/typeface", "not_offered"),
        ({"hero": "../../etc/passwd"}, "/hero", "wrong_form"),
        ({"hero": "f" * 64}, "/hero", "not_found"),
        ({"name": ""}, "/name", "missing"),
        ({"name": "A\u202etac"}, "/name", "invalid_field"),
        ({"headline": {"en": "One\x07two"}}, "/headline/en", "invalid_field"),
        ({"intro": {"en": "a\u200bb"}}, "/intro/en", "invalid_field"),
        ({"headline": {"en": "x" * 101}}, "/headline/en", "too_long"),
        ({"headline": {"xx": "Hej"}}, "/headline/xx", None),
        ({"languages": []}, "/languages", None),
        ({"departments": ["nowhere"]}, "/departments", "not_found"),
        ({"featured": ["nothing"]}, "/featured/0", "not_found"),
        ({"slug": "another"}, "/slug", "stays"),
        ({"currency": "EUR"}, "/slug", "stays"),
        ({"arrangement": "random"}, "/arrangement", None),
    ],
)
def test_what_a_shop_may_not_say_is_refused_by_its_field(
    shop: Shop, said: dict[str, Any], pointer: str, code: str | None
) -> None:
    id = shop.draft(theme="brass")
    with pytest.raises(InvalidInput) as no:
        shop.say(id, **said)
    [problem] = [one for one in no.value.problems if one.pointer.startswith(pointer)][:1]
    assert code is None or problem.code == code
    with shop.by() as work:
        assert editor.get_version(work, shop.home, id).draft.theme == "brass"


def test_the_proposed_colour_is_taken(shop: Shop) -> None:
    id = shop.draft(theme="linseed")
    with pytest.raises(InvalidInput) as no:
        shop.say(id, accent="#ffee00")
    nearest = str(no.value.problems[0].facts["nearest"])
    shop.say(id, accent=nearest)
    assert shop.publish(id).state == "published"
    assert shop.live().accent == nearest


def test_another_affiliate_s_draft_is_not_there(shop: Shop) -> None:
    id, birch = shop.draft(), shop.company.birch
    for verb in (
        lambda work: editor.get_version(work, birch, id),
        lambda work: editor.save(work, birch, id, seen=1, name="Ours"),
        lambda work: editor.publish(work, birch, id, seen=1),
        lambda work: editor.discard(work, birch, id),
        lambda work: editor.restore(work, birch, id),
    ):
        with pytest.raises(NotFound), shop.by() as work:
            verb(work)


# ------------------------------------------------------------------------- publishing


def test_sent_twice_a_draft_is_published_once(shop: Shop) -> None:
    id = shop.draft(name="Cedar iron")
    assert shop.publish(id).state == shop.publish(id).state == "published"
    assert [name for _, name in shop.versions()] == ["Cedar iron", f"Shop of {shop.home}"]


def test_a_draft_that_says_nothing_new_is_not_published(shop: Shop) -> None:
    id = shop.draft()
    with pytest.raises(editor.NothingToPublish):
        shop.publish(id)
    assert shop.state(id) == "draft"


def test_what_staff_change_meanwhile_stays_where_the_draft_does_not_say_otherwise(
    shop: Shop,
) -> None:
    id = shop.draft(headline={"en": "Iron for life"})
    with shop.by(STAFF) as work:
        work.run(
            """UPDATE storefront SET name = 'Cedar & Sons', texts = '{"en": {"disclosure": "Paid."}}'
                WHERE id = %(id)s""",
            id=shop.id,
        )
    assert shop.publish(id).state == "published"
    live = shop.live()
    assert (live.name, live.headline) == ("Cedar & Sons", {"en": "Iron for life"})
    with shop.by() as work:
        texts = work.value("SELECT texts FROM storefront WHERE id = %(id)s", id=shop.id)
    assert texts["en"] == {"disclosure": "Paid.", "headline": "Iron for life"}


def test_where_both_have_changed_one_thing_whoever_publishes_is_told_first(shop: Shop) -> None:
    id = shop.draft(name="Cedar iron")
    with shop.by(STAFF) as work:
        work.run("UPDATE storefront SET name = 'Cedar & Sons' WHERE id = %(id)s", id=shop.id)
    told = shop.publish(id)
    assert (told.state, told.fields) == ("look_again", ("name",))
    assert shop.live().name == "Cedar & Sons"
    assert shop.publish(id).state == "published"
    assert shop.live().name == "Cedar iron"


SAID = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2))
WHOLE = st.fixed_dictionaries(
    {"a": st.integers(0, 2), "b": st.integers(0, 2), "c": st.integers(0, 2)}
)


@given(WHOLE, WHOLE, WHOLE)
def test_merging_loses_no_change_of_either_side(
    began: dict[str, object], draft: dict[str, object], now: dict[str, object]
) -> None:
    said, both = editor.merged(draft, began, now)
    for field in began:
        if draft[field] != began[field]:
            assert said[field] == draft[field], "whoever drafts has the last word"
            assert (field in both) == (now[field] not in (began[field], draft[field]))
        else:
            assert said[field] == now[field]
            assert field not in both


def test_one_of_two_new_shops_of_one_name_is_told_that_it_is_taken(
    shop: Shop, database: Database
) -> None:
    drafts = []
    with shop.by() as work:
        for name in ("dora", "edda"):
            home = an_affiliate(work, name)
            first = editor.first_draft(work, home)
            id = editor.begin(work, home, None, first)
            editor.save(work, home, id, seen=1, slug="fine-iron")
            drafts.append((home, id))
    (dora, hers), (edda, theirs) = drafts
    with shop.by() as work:
        editor.publish(work, dora, hers, seen=2)
    with pytest.raises(InvalidInput) as no, shop.by() as work:
        editor.publish(work, edda, theirs, seen=2)
    assert [one.code for one in no.value.problems] == ["slug_taken"]


def test_a_first_shop_opens_as_it_was_proposed_and_says_who_is_paid(shop: Shop) -> None:
    with shop.by() as work:
        home = an_affiliate(work, "dora")
        id = editor.begin(work, home, None, editor.first_draft(work, home))
        outcome = editor.publish(work, home, id, seen=1)
    assert (outcome.state, outcome.slug) == ("published", "dora")
    with shop.by() as work:
        row = work.one("SELECT * FROM storefront WHERE home_id = %(id)s", id=home)
    assert (row.name, row.currency, row.active, row.theme) == ("Dora", "SEK", True, "linseed")
    assert set(row.locales) == {"sv", "en"}
    assert row.texts["en"]["disclosure"].startswith("Dora is paid by Foundry")
    assert row.texts["sv"]["disclosure"].startswith("Dora får betalt av Foundry")
    assert row.texts["sv"]["headline"] == "Utvalt åt dig av Dora"


# ------------------------------------------------------------------------- approval


def test_where_the_company_looks_first_clients_see_it_when_staff_have_approved(
    asking: Shop,
) -> None:
    id = asking.draft(name="Cedar iron")
    assert asking.publish(id).state == asking.publish(id).state == "submitted"
    assert asking.live().name != "Cedar iron"
    with asking.by(STAFF) as work:
        assert [one.id for one in editor.waiting(work)] == [id]
        assert editor.approve(work, asking.home, id)
    with asking.by(STAFF) as work:
        assert not editor.approve(work, asking.home, id)
        assert editor.waiting(work) == []
    assert asking.live().name == "Cedar iron"
    assert len(asking.versions()) == 2


def test_what_waits_is_not_changed_before_it_is_recalled(asking: Shop) -> None:
    id = asking.draft(name="Cedar iron")
    asking.publish(id)
    with pytest.raises(editor.DraftWaits):
        asking.say(id, name="Cedar")
    with asking.by() as work:
        editor.recall(work, asking.home, id)
    with pytest.raises(editor.NotWaiting), asking.by(STAFF) as work:
        editor.approve(work, asking.home, id)
    asking.say(id, name="Cedar Ironware")
    assert asking.publish(id).state == "submitted"


def test_what_is_sent_back_says_why_and_can_be_sent_again(asking: Shop) -> None:
    id = asking.draft(name="Cedar iron")
    asking.publish(id)
    for wrong in ("  ", "x" * 1001, "a\u202eb"):
        with pytest.raises(InvalidInput), asking.by(STAFF) as work:
            editor.return_draft(work, asking.home, id, reason=wrong)
    with asking.by(STAFF) as work:
        assert editor.return_draft(work, asking.home, id, reason="Too loud.")
        assert not editor.return_draft(work, asking.home, id, reason="Too loud.")
    with asking.by() as work:
        version = editor.get_version(work, asking.home, id)
        assert (version.state, version.reason) == ("returned", "Too loud.")
    asking.say(id, name="Cedar")
    assert asking.publish(id).state == "submitted"
    with pytest.raises(editor.NotWaiting), asking.by(STAFF) as work:
        editor.discard(work, asking.home, id)
        editor.return_draft(work, asking.home, id, reason="Later.")


# ------------------------------------------------------------------------- history and undo


def test_every_version_is_kept_and_an_earlier_one_comes_back_as_a_draft(shop: Shop) -> None:
    first = shop.live().name
    shop.publish(shop.draft(name="Cedar iron"))
    shop.publish(shop.draft(name="Cedar brass", featured=["kettle"]))
    assert shop.versions() == [(3, "Cedar brass"), (2, "Cedar iron"), (1, first)]
    with shop.by() as work:
        second = editor.versions(work, shop.home, shop.id)[1]
        assert (second.made_by, second.approved_by) == (str(CEDAR), str(CEDAR))
        draft = editor.restore(work, shop.home, second.id)
        assert editor.restore(work, shop.home, second.id) == draft
    assert shop.live().name == "Cedar brass"
    shop.publish(draft)
    assert shop.live().name == "Cedar iron"
    assert [number for number, _ in shop.versions()] == [4, 3, 2, 1]


def test_what_staff_had_set_up_is_a_version_too(shop: Shop) -> None:
    shop.publish(shop.draft(name="Cedar iron"))
    with shop.by(STAFF) as work:
        work.run("UPDATE storefront SET name = 'Cedar & Sons' WHERE id = %(id)s", id=shop.id)
    shop.publish(shop.draft(name="Cedar brass"))
    assert [name for _, name in shop.versions()][:2] == ["Cedar brass", "Cedar & Sons"]


def test_a_draft_is_thrown_away_and_clients_see_what_they_saw(shop: Shop) -> None:
    before, id = shop.live().written(), shop.draft(name="Cedar iron")
    for _ in range(2):
        with shop.by() as work:
            editor.discard(work, shop.home, id)
    assert shop.live().written() == before
    with pytest.raises(editor.DraftClosed):
        shop.say(id, name="Cedar")
    assert shop.draft() != id


def test_the_database_lets_nobody_change_what_clients_have_seen(
    shop: Shop, database_url: str
) -> None:
    id = shop.draft(name="Cedar iron")
    shop.publish(id)
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.RaiseException):
        connection.execute("UPDATE storefront_version SET document = '{}' WHERE id = %s", (id,))


def test_an_affiliate_s_own_connection_sees_their_versions_and_no_others(shop: Shop) -> None:
    shop.draft(name="Cedar iron")
    for home, count in ((shop.company.cedar, 1), (shop.company.birch, 0)):
        with shop.database.work(CEDAR, home=home) as work:
            assert work.value("SELECT count(*) FROM storefront_version") == count

"""The tree of sponsors: never a circle, whoever writes, and always whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import psycopg
import pytest
from tests.company import an_affiliate
from tests.waits import PATIENCE

from mainstem import network
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.network import AffiliateExists, SlugAlike, join


def move(work: Work, who: int, under: int | None) -> None:
    """As a verb that moves somebody would write it."""
    work.run(
        """UPDATE affiliate SET sponsor_id = %(under)s,
                  upline = id || coalesce((SELECT upline FROM affiliate WHERE id = %(under)s), '{}')
            WHERE id = %(who)s""",
        who=who,
        under=under,
    )


def is_a_whole_tree(work: Work) -> None:
    """Every upline is what walking up the sponsors gives, and the walk ends."""
    rows = {row.id: row for row in work.rows("SELECT id, sponsor_id, upline FROM affiliate")}
    for row in rows.values():
        walked, at = [], row.id
        while at is not None:
            assert at not in walked, "a circle"
            walked.append(at)
            at = rows[at].sponsor_id
        assert row.upline == walked


@pytest.fixture
def chain(database: Database) -> list[int]:
    with database.work() as work:
        ids: list[int] = []
        for name in ("alder", "birch", "cedar", "dahlia"):
            ids.append(an_affiliate(work, name, sponsor_id=ids[-1] if ids else None))
    return ids


def test_joining_puts_an_affiliate_under_their_sponsor(
    database: Database, chain: list[int]
) -> None:
    with database.work() as work:
        is_a_whole_tree(work)
        assert [row.id for row in network.team(work, chain[0])] == chain[1:]
        assert [row.level for row in network.team(work, chain[0])] == [1, 2, 3]
        assert network.team(work, chain[3]) == []
        sponsors = work.rows("SELECT affiliate_id, sponsor_id FROM sponsorship ORDER BY 1")
        assert [tuple(row) for row in sponsors] == list(zip(chain, [None, *chain[:3]], strict=True))
        with pytest.raises(AffiliateExists):
            an_affiliate(work, "alder")


@pytest.mark.parametrize("below", [0, 1, 2, 3])
def test_nobody_is_moved_under_themselves_or_somebody_below_them(
    database: Database, chain: list[int], below: int
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        move(work, chain[0], chain[below])
    with database.work() as work:
        is_a_whole_tree(work)


@pytest.mark.parametrize(
    "upline",
    [
        "ARRAY[id]",
        "ARRAY[id, sponsor_id]",
        "ARRAY[sponsor_id, id]",
        "upline || 99::bigint",
        "upline[2:]",
    ],
)
def test_an_upline_that_is_not_the_sponsors_is_refused(
    database: Database, chain: list[int], upline: str
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        work.run(f"UPDATE affiliate SET upline = {upline} WHERE id = %(id)s", id=chain[2])


def test_a_sponsor_who_does_not_exist_is_refused(database: Database) -> None:
    with pytest.raises(psycopg.Error), database.work() as work:
        an_affiliate(work, "lonely", sponsor_id=4711)


def test_who_moves_takes_everybody_below_them_along(database: Database, chain: list[int]) -> None:
    with database.work() as work:
        root = an_affiliate(work, "root")
        move(work, chain[1], root)
        is_a_whole_tree(work)
        assert work.value("SELECT upline FROM affiliate WHERE id = %(id)s", id=chain[3]) == [
            chain[3], chain[2], chain[1], root,
        ]  # fmt: skip


def test_a_circle_through_somebody_who_was_moved_before_is_refused(
    database: Database, chain: list[int]
) -> None:
    """Birch goes to the root and back under Alder; then Alder must not go under Cedar, below Birch."""
    with database.work() as work:
        move(work, chain[1], None)
        move(work, chain[1], chain[0])
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        move(work, chain[0], chain[2])


def test_moves_at_once_never_close_a_circle(database: Database) -> None:
    with database.work() as work:
        ids = [an_affiliate(work, f"a-{n}") for n in range(6)]

    def moves(seed: int) -> int:
        dice, done = Random(seed), 0
        for _ in range(12):
            who, under = dice.sample(ids, 2)
            try:
                with database.work() as work:
                    move(work, who, under)
                done += 1
            except psycopg.Error:
                pass  # refused, or chosen to end a deadlock
        return done

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(moves, range(4)))
    with database.work() as work:
        is_a_whole_tree(work)


def test_nobody_joins_by_a_name_in_addresses_that_looks_like_anothers(
    database: Database,
) -> None:
    with database.work() as work:
        names_are_tried(work)


def names_are_tried(work: Work) -> None:
    join(work, slug="birch-iron", name="Birch", email="birch@example.com", country="SE")
    for slug in ("birch-lron", "b1rch-iron", "birchiron"):
        with pytest.raises(SlugAlike) as refused:
            join(work, slug=slug, name="Else", email="else@example.com", country="SE")
        assert [(one.pointer, one.facts) for one in refused.value.problems] == [
            ("/slug", {"slug": "birch-iron"})
        ]
    join(work, slug="birch-iron-2", name="Birch", email="birch2@example.com", country="SE")
    join(work, slug="birch", name="Else", email="else@example.com", country="SE")


def test_of_two_who_take_names_that_look_alike_at_once_one_joins(database: Database) -> None:
    at_once = Barrier(2)

    def joined(slug: str) -> bool:
        at_once.wait(PATIENCE)
        try:
            with database.work() as work:
                join(work, slug=slug, name=slug, email=f"{slug}@example.com", country="SE")
        except SlugAlike:
            return False
        return True

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(joined, ["willow", "wil1ow"])) == [False, True]

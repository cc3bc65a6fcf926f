"""Pages of a list: every row once, whatever shares an instant and whatever arrives meanwhile."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.kit import paging
from mainstem.kit.db import Database
from mainstem.kit.paging import CursorUnreadable, SortColumn, Sorting
from mainstem.kit.work import Work

START = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
NEWEST = Sorting("newest", (SortColumn("at", "at", datetime), SortColumn("id", "id", int)))
OLDEST = Sorting("oldest", NEWEST.by, descending=False)


def a_list(work: Work, minutes: list[int]) -> None:
    work.run("CREATE TEMP TABLE happened (id bigint PRIMARY KEY, at timestamptz) ON COMMIT DROP")
    add(work, minutes, first=0)


def add(work: Work, minutes: list[int], *, first: int) -> None:
    for no, minute in enumerate(minutes):
        work.run(
            "INSERT INTO happened VALUES (%(id)s, %(at)s)",
            id=first + no,
            at=START + timedelta(minutes=minute),
        )


def page(
    work: Work, sorting: Sorting, cursor: str | None = None, *, most: int = 3
) -> paging.Page[Any]:
    return paging.read(
        work,
        "SELECT id, at FROM happened WHERE true {seek} {sorted}",
        sorting,
        cursor=cursor,
        most=most,
    )


def ids(page: paging.Page[Any]) -> list[int]:
    return [row.id for row in page.rows]


@pytest.fixture
def work(database: Database) -> Any:
    with database.work() as work:
        yield work


@pytest.mark.parametrize("sorting", [NEWEST, OLDEST])
@given(minutes=st.lists(st.integers(0, 3), max_size=12), most=st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_walking_to_the_end_and_back_shows_every_row_once_though_many_share_an_instant(
    database_walk: Database, sorting: Sorting, minutes: list[int], most: int
) -> None:
    with database_walk.work() as work:
        a_list(work, minutes)
        whole = sorted(
            range(len(minutes)), key=lambda id: (minutes[id], id), reverse=sorting.descending
        )
        seen, pages, cursor = [], [], None
        while True:
            shown = page(work, sorting, cursor, most=most)
            seen += ids(shown)
            pages.append(shown)
            if shown.next is None:
                break
            cursor = shown.next
        assert seen == whole
        for earlier, later in zip(pages[-2::-1], pages[:0:-1], strict=True):
            back = page(work, sorting, later.previous, most=most)
            assert ids(back) == ids(earlier)
        assert pages[0].previous is None


@pytest.fixture(scope="module")
def database_walk(server: Any) -> Any:
    import mainstem_postgres as postgres

    postgres.create_database(server, "t_paging")
    made = Database(server.admin_url("t_paging"), pool=2)
    yield made
    made.close()


def test_rows_that_arrive_meanwhile_move_no_page(work: Work) -> None:
    a_list(work, [1, 2, 3, 4, 5, 6])
    first = page(work, NEWEST)
    assert ids(first) == [5, 4, 3]
    add(work, [9, 9], first=10)
    second = page(work, NEWEST, first.next)
    assert ids(second) == [2, 1, 0]
    # Back at the beginning stands what has come since.
    assert ids(page(work, NEWEST, second.previous)) == [5, 4, 3]
    assert page(work, NEWEST, second.previous).previous is not None
    assert ids(page(work, NEWEST)) == [11, 10, 5]


def test_going_back_past_the_first_row_is_the_first_page(work: Work) -> None:
    a_list(work, [1, 2, 3, 4])
    back = page(work, NEWEST, page(work, NEWEST, page(work, NEWEST, most=1).next).previous)
    assert ids(back) == [3, 2, 1]
    assert back.previous is None


def test_a_page_after_whose_last_row_nothing_is_left_is_empty(work: Work) -> None:
    a_list(work, [1, 2])
    last = page(work, OLDEST, most=1)
    work.run("DELETE FROM happened WHERE id = 1")
    empty = page(work, OLDEST, last.next)
    assert (empty.rows, empty.next, empty.previous) == ([], None, None)


def made_up(*parts: Any) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


AT = START.isoformat()
UNREADABLE = [
    "?", "é", "\0", "a" * 5000, "AAAA", made_up(), made_up("newest"), made_up("newest", 0, AT),
    made_up("oldest", 0, AT, 1), made_up("newest", 2, AT, 1), made_up("newest", 0, AT, 1, 1),
    made_up("newest", 0, "yesterday", 1), made_up("newest", 0, AT, "1"),
    made_up("newest", 0, AT, 1 << 63), made_up("newest", 0, AT, None),
    made_up("newest", 0, "2026-03-02T09:00:00", 1), made_up("newest", 0, "0001-01-01T00:00:00Z", 1),
    made_up("newest", 0, "9999-12-31T23:59:59Z", 1), made_up("newest", 0, {}, 1),
    base64.urlsafe_b64encode(b'["newest",0,"\xff",1]').decode(),
]  # fmt: skip


@pytest.mark.parametrize("cursor", UNREADABLE)
def test_a_cursor_that_is_not_ours_is_refused_by_name_or_is_the_first_page(
    work: Work, cursor: str
) -> None:
    a_list(work, [1, 2, 3, 4])
    with pytest.raises(CursorUnreadable):
        paging.read(
            work,
            "SELECT id, at FROM happened WHERE true {seek} {sorted}",
            NEWEST,
            cursor=cursor,
            most=3,
            strict=True,
        )
    assert ids(page(work, NEWEST, cursor)) == [3, 2, 1]


@given(cursor=st.text(max_size=80) | st.binary(max_size=60).map(
    lambda data: base64.urlsafe_b64encode(data).decode()))  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_no_text_that_somebody_sends_breaks_a_list(cursor: str) -> None:
    try:
        place = paging._read(cursor, NEWEST)
    except CursorUnreadable:
        return
    assert isinstance(place.key[0], datetime)


def test_words_and_ids_are_keys_too(work: Work) -> None:
    by_name = Sorting(
        "name", (SortColumn("name", "name", str), SortColumn("id", "id", UUID)), descending=False
    )
    sql = """SELECT * FROM (VALUES ('Ödla', %(a)s::uuid), ('Ål', %(b)s::uuid), ('Ål', %(a)s::uuid))
               AS pet (name, id) WHERE true {seek} {sorted}"""
    named = {"a": UUID(int=1), "b": UUID(int=2)}
    seen, cursor = [], None
    for _ in range(3):
        shown = paging.read(work, sql, by_name, cursor=cursor, most=1, strict=True, **named)
        seen += [(row.name, row.id.int) for row in shown.rows]
        cursor = shown.next
    assert sorted(seen) == [("Ål", 1), ("Ål", 2), ("Ödla", 1)]
    assert cursor is None

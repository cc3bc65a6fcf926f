"""The books: nothing crooked gets in, nothing is changed, and a balance is exact at every instant."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from random import Random
from typing import Any

import psycopg
import pytest
from tests.company import an_affiliate

from mainstem import flow, ledger
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.ledger import PARENT
from mainstem.ledger.chart import Entry, Transfer, moved

DAY = date(2026, 3, 2)
HELD = date(2026, 4, 1)


@pytest.fixture
def owner_id(database: Database) -> int:
    with database.work() as work:
        return an_affiliate(work, "alder")


def credit(
    owner: int, key: str, minor: int, *, account: str = "payable", home: int | None = None
) -> Transfer:
    """So much is earned."""
    held = HELD if account == "pending" else None
    return Transfer(
        owner if home is None else home, key, "Earned", "SEK", DAY,
        moved(owner, account, minor, held) + moved(PARENT, "commission_expense", -minor),
    )  # fmt: skip


def wrong(work: Work) -> dict[str, int]:
    return {finding.invariant: finding.wrong for finding in ledger.audit(work) if finding.wrong}


# ---------------------------------------------------------------- what is refused


def insert(work: Work, entries: int, *rows: tuple[int, str, str, str, int]) -> None:
    """Write a transfer by hand, around every check of the application."""
    id = work.value(
        """INSERT INTO ledger_transfer (home_id, key, reason, currency, entries, effective_on, actor, posted_at)
           VALUES (1, 'by-hand', 'By hand', 'SEK', %(n)s, now(), 'staff:1', now()) RETURNING id""",
        n=entries,
    )
    work.run(
        """INSERT INTO ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor)
           SELECT 1, %(id)s, no - 1, owner, account, currency, side, amount
             FROM unnest(%(owners)s::bigint[], %(accounts)s::text[], %(currencies)s::text[],
                         %(sides)s::text[], %(amounts)s::bigint[])
                  WITH ORDINALITY AS x (owner, account, currency, side, amount, no)""",
        id=id,
        owners=[row[0] for row in rows],
        accounts=[row[1] for row in rows],
        currencies=[row[2] for row in rows],
        sides=[row[3] for row in rows],
        amounts=[row[4] for row in rows],
    )


GOOD = ((1, "payable", "SEK", "C", 100), (0, "commission_expense", "SEK", "D", 100))


@pytest.mark.parametrize(
    ("what", "entries", "rows"),
    [
        ("unbalanced", 2, (GOOD[0], (0, "commission_expense", "SEK", "D", 99))),
        ("one-sided", 2, (GOOD[0], (0, "sales", "SEK", "C", 100))),
        ("incomplete", 3, GOOD),
        ("more than it says", 2, (*GOOD, (0, "fees", "SEK", "D", 5), (0, "tax", "SEK", "C", 5))),
        ("mixed", 2, (GOOD[0], (0, "commission_expense", "EUR", "D", 100))),
        ("mixed though each sums to zero", 4,
         (*GOOD, (0, "fees", "EUR", "D", 5), (0, "tax", "EUR", "C", 5))),
        ("in another currency than it says", 2,
         ((1, "payable", "EUR", "C", 100), (0, "commission_expense", "EUR", "D", 100))),
        ("zero", 2, ((1, "payable", "SEK", "C", 0), (0, "sales", "SEK", "D", 0))),
        ("negative", 2, ((1, "payable", "SEK", "C", -5), (0, "sales", "SEK", "D", -5))),
        ("of the parent in an affiliate's account", 2,
         ((0, "payable", "SEK", "C", 100), (0, "commission_expense", "SEK", "D", 100))),
        ("of an affiliate in the parent's account", 2,
         ((1, "sales", "SEK", "C", 100), (0, "commission_expense", "SEK", "D", 100))),
        ("pending without an end", 2,
         ((1, "pending", "SEK", "C", 100), (0, "commission_expense", "SEK", "D", 100))),
    ],
)  # fmt: skip
def test_the_database_refuses_what_is_crooked(
    database: Database, what: str, entries: int, rows: Any
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        insert(work, entries, *rows)


def test_nothing_is_added_to_what_is_posted(database: Database) -> None:
    with database.work() as work:
        insert(work, 2, *GOOD)
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        work.run(
            """INSERT INTO ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor)
               SELECT 1, id, x.seq, 0, x.account, 'SEK', x.side, 7
                 FROM ledger_transfer, (VALUES (2, 'fees', 'D'), (3, 'tax', 'C')) AS x (seq, account, side)"""
        )
    with database.work() as work:
        assert not wrong(work)


def test_an_entry_without_a_header_is_refused(database: Database) -> None:
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="1 77 has no header"),
        database.work() as work,
    ):
        work.run(
            """INSERT INTO ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor)
               VALUES (1, 77, 0, 1, 'payable', 'SEK', 'C', 5), (1, 77, 1, 0, 'fees', 'SEK', 'D', 5)"""
        )


def test_entries_are_written_with_their_header_or_not_at_all(database: Database) -> None:
    """Those of a later transaction might come after the roll-up has passed their header."""
    with database.work() as work:
        work.run(
            """INSERT INTO ledger_transfer (home_id, key, reason, currency, entries, effective_on, actor, posted_at)
               VALUES (1, 'late', 'Late', 'SEK', 2, now(), 'staff:1', now())"""
        )
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        work.run(
            """INSERT INTO ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor)
               SELECT 1, id, x.seq, 0, x.account, 'SEK', x.side, 7
                 FROM ledger_transfer, (VALUES (0, 'fees', 'D'), (1, 'tax', 'C')) AS x (seq, account, side)"""
        )


def test_a_transfer_without_entries_is_found(database: Database) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO ledger_transfer (home_id, key, reason, currency, entries, effective_on, actor, posted_at)
               VALUES (1, 'empty', 'Nothing', 'SEK', 2, now(), 'staff:1', now())"""
        )
        assert wrong(work) == {"Every posting sums to zero, is whole and in one currency": 1}


def test_a_posting_that_is_crooked_is_refused_before_the_database() -> None:
    for entries in (
        [Entry(1, "payable", "C", 5)],
        [Entry(1, "payable", "C", 5), Entry(0, "sales", "D", 4)],
    ):
        with pytest.raises(AssertionError):
            Transfer(1, "key", "why", "SEK", DAY, entries)
    for owner, account, side, minor, held in (
        (1, "payable", "X", 5, None),
        (1, "payable", "C", 0, None),
        (1, "sales", "C", 5, None),
        (0, "payable", "C", 5, None),
        (1, "pending", "C", 5, None),
        (1, "payable", "C", 5, HELD),
    ):
        with pytest.raises(AssertionError):
            Entry(owner, account, side, minor, held)


@pytest.mark.parametrize("table", ["ledger_transfer", "ledger_entry", "earning", "fact"])
def test_the_application_may_not_change_history(database: Database, table: str) -> None:
    for deed in (
        f"UPDATE {table} SET home_id = home_id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege), database.work() as work:
            work.run(deed)


# ---------------------------------------------------------------- once, and exactly


def test_the_same_key_is_booked_once(database: Database, owner_id: int) -> None:
    one = credit(owner_id, "once", 100)
    for expected in ({(owner_id, "once")}, set()):
        with database.work() as work:
            assert ledger.post(work, [one, one]) == expected
    with database.work() as work:
        assert ledger.balance(work, owner_id, "payable", "SEK").minor == 100


def test_eight_who_book_one_key_at_once_book_it_once(database: Database, owner_id: int) -> None:
    def book(_: int) -> int:
        with database.work() as work:
            return len(ledger.post(work, [credit(owner_id, "once", 100)]))

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(book, range(8))) == 1


@pytest.fixture
def crowd(database_url: str, clock: FixedClock) -> Iterator[Database]:
    made = Database(database_url, clock=clock, tools=flow.tools(), pool=20)
    yield made
    made.close()


def test_sixteen_who_credit_one_upline_never_wait_in_a_circle_and_every_balance_is_exact(
    crowd: Database, owner_id: int
) -> None:
    """Each books one unit for the shared upline and one for themselves, while balances are rolled
    up and read. What is read never goes back, and never shows half a posting."""
    rounds, stop = 12, threading.Event()
    seen: list[int] = []
    troubles: list[BaseException] = []

    def writer(number: int) -> None:
        dice = Random(number)
        for n in range(rounds):
            with crowd.work() as work:
                batch = [
                    credit(owner_id, f"{number}:{n}:{k}", 1, home=number + 100) for k in range(3)
                ]
                batch.append(credit(number + 100, f"{number}:{n}:own", 1, account="pending"))
                dice.shuffle(batch)
                ledger.post(work, batch)

    def watch(verb: Any) -> None:
        try:
            while not stop.is_set():
                with crowd.work() as work:
                    verb(work)
        except BaseException as error:
            troubles.append(error)

    def read(work: Work) -> None:
        before = len(seen)
        found = ledger.balances(work, [owner_id, PARENT])
        earned = found.get((owner_id, "payable", "SEK"), 0)
        assert earned % 3 == 0, "half a work was seen"
        assert before == 0 or earned >= seen[-1], "a balance went back"
        seen.append(earned)

    watchers = [threading.Thread(target=watch, args=(verb,)) for verb in (ledger.roll_up, read)]
    for thread in watchers:
        thread.start()
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(writer, range(16)))
    stop.set()
    for thread in watchers:
        thread.join()
    assert troubles == []
    assert len(seen) > 1
    with crowd.work() as work:
        total = 16 * rounds * 3
        assert ledger.balance(work, owner_id, "payable", "SEK").minor == total
        assert (
            ledger.balance(work, PARENT, "commission_expense", "SEK").minor == -total - 16 * rounds
        )
        ledger.roll_up(work)
    with crowd.work() as work:
        assert ledger.roll_up(work) == 0
        assert work.value("SELECT sum(balance_minor) FROM ledger_balance") == 0
        assert work.value(
            "SELECT balance_minor FROM ledger_balance WHERE owner_id = %(id)s", id=owner_id
        ) == total  # fmt: skip
        assert not wrong(work)


def test_what_is_not_committed_is_not_rolled_up_and_not_lost(
    crowd: Database, owner_id: int
) -> None:
    """A posting that began before the roll-up and ends after it is counted once."""
    with crowd.work() as slow:
        ledger.post(slow, [credit(owner_id, "slow", 5)])
        with crowd.work() as quick:
            ledger.post(quick, [credit(owner_id, "quick", 7)])
        with crowd.work() as work:
            ledger.roll_up(work)
            assert ledger.balance(work, owner_id, "payable", "SEK").minor == 7
    for _ in range(2):
        with crowd.work() as work:
            assert ledger.balance(work, owner_id, "payable", "SEK").minor == 12
            ledger.roll_up(work)
    with crowd.work() as work:
        assert not wrong(work)


def test_what_is_held_is_known_by_its_day(database: Database, owner_id: int) -> None:
    with database.work() as work:
        ledger.post(work, [credit(owner_id, "held", 50, account="pending")])
        before = ledger.held_until(work, HELD, owner_id=owner_id)
    with database.work() as work:
        ledger.roll_up(work)
    with database.work() as work:
        assert before == ledger.held_until(work, HELD) == [(owner_id, "SEK", HELD, 50)]
        assert ledger.held_until(work, date(2026, 3, 31)) == []


def test_a_day_on_which_nothing_is_held_any_more_is_forgotten(
    database: Database, owner_id: int
) -> None:
    for key, minor in (("held", 50), ("gone", -50), ("again", 7)):
        with database.work() as work:
            ledger.post(work, [credit(owner_id, key, minor, account="pending")])
        with database.work() as work:
            ledger.roll_up(work)
            days = work.rows("SELECT owner_id, balance_minor FROM ledger_held")
            assert days == ([] if key == "gone" else [(owner_id, minor)])
            assert not wrong(work)


# ---------------------------------------------------------------- the audit sees


def plant(database_url: str, statement: str) -> None:
    """Change history as nobody can who is bound by the rules."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE side = 'C' AND seq = 0",
        "DELETE FROM ledger_entry WHERE seq = 1",
        "DELETE FROM ledger_transfer",
        "UPDATE ledger_entry SET currency = 'EUR'",
        "UPDATE ledger_balance SET balance_minor = balance_minor + 1 WHERE owner_id > 0",
        "UPDATE ledger_balance SET entries = entries + 1",
        "DELETE FROM ledger_balance WHERE owner_id = 0",
        "UPDATE ledger_held SET balance_minor = balance_minor - 1",
        "UPDATE ledger_entry SET owner_id = owner_id + 1, account = 'payable', held_until = NULL WHERE owner_id > 0",
        "UPDATE ledger_mark SET before_xid = '900000000000'",
    ],
)
def test_the_audit_finds_a_single_cent_out_of_place(
    database_url: str, database: Database, owner_id: int, statement: str
) -> None:
    with database.work() as work:
        ledger.post(work, [credit(owner_id, "held", 50, account="pending")])
    with database.work() as work:
        ledger.roll_up(work)
        assert not wrong(work)
    plant(database_url, statement)
    with database.work() as work:
        assert wrong(work)


def test_a_mark_from_another_cluster_is_refused_and_not_believed(
    database_url: str, database: Database
) -> None:
    """Restored by dump, the books bring their mark but not their transactions' numbers: entries
    would look older than they are and be left out of every balance."""
    plant(database_url, "UPDATE ledger_mark SET before_xid = '900000000000'")
    with pytest.raises(ledger.RestoredElsewhere), database.work() as work:
        ledger.roll_up(work)

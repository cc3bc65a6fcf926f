"""One part of the real year, played by one process: the same verbs as everywhere, in batches.

Each batch is one transaction. Whatever was committed before a kill is found done and is not done
again: orders by their external ids, shipments and deliveries by their states, refunds by the names
from which their ids are made, commissions because they settle to what should stand.
"""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from multiprocessing.connection import wait
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import psycopg
import sqlalchemy.exc

from mainstem import earnings, orders, payouts
from mainstem.importing import history as past
from mainstem.importing.history import Sale
from mainstem.kit.bulk import RowKey, given, relation
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.events import record_all
from mainstem.kit.work import SYSTEM, Tools, Work
from mainstem.orders import Address, ClientDetails, LineWanted, OrderKey, OrderWanted, Placed
from mainstem.payments import PastRefund
from real_year.company import CURRENCY
from real_year.schedule import BUY, FOLLOW
from real_year.source import Basket, History, LineRefund, Part, Week

T = TypeVar("T")

ZONE = ZoneInfo("UTC")
STATEMENT_TIMEOUT = "600s"
END = "week's end"
PROCESSOR = "processor"
MEMORY = "memory in MB"
_TRIES = 6


class DatabaseAway(Exception):
    """The database does not answer, or another part held what this one needs for too long."""


class Stopped(Exception):
    """The owner of this process wants to end; the batch in hand is done."""


GONE = (psycopg.OperationalError, psycopg.InterfaceError, sqlalchemy.exc.DBAPIError)
"""How the absence of the database is told."""


class SaleRefused(Exception):
    """A basket of the history was not accepted, which its preparation should have prevented."""


def connect(url: str) -> Database:
    """The database of the real year, from where nothing follows by itself."""
    return Database(
        url,
        tools=Tools(zone=ZONE),
        pool=1,
        statement_timeout=STATEMENT_TIMEOUT,
        name="mainstem-real",
    )


class _Named(NamedTuple):
    home_id: int
    storefront_id: int
    external_id: str


_BOUGHT = f"""
SELECT o.external_id, o.home_id, o.id
  FROM orders o JOIN {relation(_Named, "asked")} USING (home_id, storefront_id, external_id)"""


class Player:
    """Plays parts of the year against one database."""

    def __init__(
        self, url: str, folder: Path, *, batch: int, told: Callable[[int, int], None]
    ) -> None:
        self._url = url
        self._database = connect(url)
        self._history = History(folder)
        self._batch = batch
        self._told = told
        self.seconds: dict[str, float] = {}
        with self._database.work(SYSTEM) as work:
            rows = work.rows("SELECT id, home_id, slug FROM storefront")
        self._stores = {int(row.slug.removeprefix("store-")): (row.home_id, row.id) for row in rows}

    def close(self) -> None:
        """Let go of the database and the files."""
        self._database.close()
        self._history.close()

    def buy(self, part: Part) -> None:
        """What is bought in a part of the history, and shipped."""
        baskets = self._history.baskets(part)
        self._each("place", map(self._sale, baskets), part, self._place)
        self._each("ship", self._history.due("shipped", part), part, self._ship)

    def follow(self, part: Part) -> None:
        """What arrives in a part of the history, and what comes back."""
        self._each("deliver", self._history.due("delivered", part), part, self._deliver)
        self._each("refund", self._history.refunds(part), part, self._refund)

    def end(self, week: Week) -> None:
        """The company's clock moves on by a week: holds end, finished orders close, Monday pays."""
        began, end = time.perf_counter(), week.end
        days = [(week.start + timedelta(days=n)).date() for n in range(1, 8)]
        with self._database.work(SYSTEM, clock=FixedClock(end)) as work:
            for day in days:
                earnings.release(work, day)
            orders.close_finished(work, most=1_000_000)
            payouts.run(work, end.date())
            reserved = work.rows("SELECT home_id, id FROM payout WHERE state = 'reserved'")
            payouts.confirm_bank(work, [(row.home_id, row.id) for row in reserved], at=end)
            # Last, and in this same transaction: the week is over.
            record_all(work, "clock.daily", [(0, day.isoformat()) for day in days])
            record_all(work, "clock.weekly", [(0, end.date().isoformat())])
        self.seconds[END] = self.seconds.get(END, 0.0) + time.perf_counter() - began

    def study(self) -> None:
        """Have PostgreSQL look at its tables, and plan accordingly.

        Its own look comes late for tables that grow so fast: what was planned for an empty table
        reads all orders of an affiliate, or all payments, where one is asked for.
        """
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("ANALYZE")

    def _each(
        self, step: str, things: Iterable[T], part: Part, verb: Callable[[list[T], datetime], None]
    ) -> None:
        started = time.perf_counter()
        for batch in _batches(things, self._batch):
            verb(batch, part.end)
            self._told(part.share, len(batch) if step == "place" else 0)
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - started

    def _once(self, now: datetime, verb: Callable[[Work], T]) -> T:
        """One piece of work in one transaction; again if another part stood in its way."""
        for tried in range(1, _TRIES + 1):
            try:
                with self._database.work(SYSTEM, clock=FixedClock(now)) as work:
                    return verb(work)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected) as error:
                if tried == _TRIES:
                    raise DatabaseAway(str(error)) from error
        raise AssertionError("the last try returns or raises")

    def _place(self, sales: list[Sale], now: datetime) -> None:
        # Committed on its own, so that the shelf is free again for the other parts.
        answers = self._once(now, lambda work: past.place(work, sales))
        placed = [answer for answer in answers if isinstance(answer, Placed)]
        for sale, answer in zip(sales, answers, strict=True):
            if isinstance(answer, Refused):
                raise SaleRefused(
                    f"Basket {sale.wanted.external_id}: {answer}"
                    + "".join(f" {problem.text()}" for problem in answer.problems)
                )
        self._once(now, lambda work: past.pay(work, sales, placed))

    def _sale(self, basket: Basket) -> Sale:
        home, store = self._stores[basket.store]
        name = f"basket {basket.id:>14}"
        wanted = OrderWanted(
            storefront_id=store,
            home_id=home,
            channel="import",
            key=name,
            fingerprint=hashlib.blake2b(repr(basket).encode(), digest_size=16).digest(),
            currency=CURRENCY,
            locale="en",
            client=ClientDetails(
                name=f"Household {basket.household}",
                email=f"household-{basket.household}@clients.example",
            ),
            address=Address(
                line1=f"{basket.household} Journey Road",
                postal_code=f"{basket.store:05d}",
                city="Springfield",
                country="US",
            ),
            lines=[LineWanted(str(sku), quantity, minor) for sku, quantity, minor in basket.lines],
            external_id=str(basket.id),
            placed_at=basket.placed_at,
            # Purchases are played ahead of deliveries: whom a household is bound to by then must
            # not depend on how far ahead.
            delivered_at=basket.delivered_at,
        )
        return Sale(wanted, basket.placed_at, f"checkout {basket.store}, {name}")

    def _ship(self, due: list[tuple[int, int, datetime]], now: datetime) -> None:
        self._once(now, lambda work: past.ship(work, self._orders(work, due)))

    def _deliver(self, due: list[tuple[int, int, datetime]], now: datetime) -> None:
        self._once(now, lambda work: past.deliver(work, self._orders(work, due)))

    def _orders(
        self, work: Work, due: Sequence[tuple[int, int, datetime]]
    ) -> dict[OrderKey, datetime]:
        keys = self._keys(work, [(basket, store) for basket, store, _ in due])
        return {keys[basket]: at for basket, _, at in due}

    def _refund(self, refunds: list[LineRefund], now: datetime) -> None:
        self._once(now, lambda work: past.refund(work, self._refunds(work, refunds)))

    def _refunds(self, work: Work, refunds: list[LineRefund]) -> list[PastRefund]:
        keys = self._keys(work, [(one.basket, one.store) for one in refunds])
        return [
            PastRefund(
                *keys[one.basket],
                reference=f"line {one.line_no}",
                amount_minor=one.minor,
                lines=[(one.line_no, one.minor)],
                reason="returned",
                at=one.at,
            )
            for one in refunds
        ]

    def _keys(self, work: Work, named: Sequence[tuple[int, int]]) -> dict[int, RowKey]:
        baskets = sorted(set(named))
        asked = [_Named(*self._stores[store], str(basket)) for basket, store in baskets]
        rows: list[Any] = work.rows(_BOUGHT, **given(asked, _Named, "asked"))
        assert len(rows) == len(baskets), "what is shipped was bought before"
        return {int(row.external_id): (row.home_id, row.id) for row in rows}


def _batches(things: Iterable[T], most: int) -> Iterator[list[T]]:
    source = iter(things)
    while batch := list(islice(source, most)):
        yield batch


# ---------------------------------------------------------------- as a process of its own

_player: Player | None = None
_place: tuple[str, Path, int] | None = None
_board: Any = None


def board(players: int) -> Any:
    """What players and their owner share: orders placed by each, and last whether to stop.

    Each number has one writer and no lock, so a killed player leaves nothing locked.
    """
    return multiprocessing.get_context("spawn").RawArray("q", players + 1)


def begin(board: Any) -> None:
    """What a process does first: leave Ctrl-C to its owner, and end when its owner has."""
    global _board
    _board = board
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    owner = multiprocessing.parent_process()
    assert owner is not None, "a player has an owner"
    threading.Thread(target=_end_with, args=(owner.sentinel,), daemon=True).start()
    Finalize(None, _leave, exitpriority=0)
    # Batches are large and die young: looking through them for cycles finds nothing and takes a
    # sixth of the time. After each piece is soon enough.
    gc.disable()


def load() -> None:
    """Nothing more: to be asked for it, a process has loaded this module and all that it needs."""


def _leave() -> None:
    global _player
    if _player:
        _player.close()
        _player = None


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def play(
    url: str, folder: Path, batch: int, kind: str, week: Week, share: int, shares: int, study: bool
) -> dict[str, float]:
    """Play one piece of the year; seconds by step. Raises DatabaseAway when it should be tried again."""
    global _player, _place
    try:
        if _player is None or _place != (url, folder, batch):
            _player = Player(url, folder, batch=batch, told=_tell)
            _place = (url, folder, batch)
            gc.freeze()
        gc.collect()
        _player.seconds = {}
        began = time.process_time()
        if kind == BUY:
            _player.buy(week.part(share, shares))
        elif kind == FOLLOW:
            _player.follow(week.part(share, shares))
        else:
            _player.end(week)
        if study:
            _player.study()
        return _player.seconds | {PROCESSOR: time.process_time() - began, MEMORY: memory()}
    except (*GONE, DatabaseAway) as error:
        # Only its words: the driver's own errors do not survive the way to the owner.
        raise DatabaseAway(str(error)) from None


def memory() -> float:
    """The most memory that this process has held at once, in MB."""
    told = Path("/proc/self/status").read_text()
    return int(told.partition("VmHWM:")[2].split()[0]) / 1024


def _tell(share: int, orders: int) -> None:
    _board[share] += orders
    if _board[-1]:
        raise Stopped

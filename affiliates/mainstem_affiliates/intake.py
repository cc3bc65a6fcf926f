"""Intake of orders and leads: whatever waits is placed together, durable before each reply.

A writer that comes free takes all orders that wait, places them in one Work and commits once. No
timer is involved: alone, an order is a batch of one and waits for nobody; in a rush the batches
grow by themselves. Each order is still answered on its own, and one that breaks the batch harms
nobody: the rest are placed again, one by one.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import psycopg

from mainstem import identity, leads, orders, payments
from mainstem.kit.db import Database, cause_of, was_in_the_way, was_lost
from mainstem.kit.errors import Refused
from mainstem.kit.pools import INTAKE
from mainstem.kit.telemetry import log
from mainstem.kit.work import CLIENT, Work
from mainstem.leads import LeadWanted, Opened
from mainstem.orders import IdempotencyMismatch, OrderWanted, Placed
from mainstem.payments import Checkout

PATIENCE = timedelta(seconds=10)
"""How long an order may take before its sender is told to come again."""

LOCKS_WITHIN = "3s"
"""How long a batch waits for goods that somebody else is taking."""

HELD_UP_SECONDS = 0.2
"""How long a batch may be under way before the next one no longer waits for it."""

LEADS_AT_ONCE = INTAKE

Answer = Placed | Exception
Urls = Callable[[int, UUID], tuple[str, str]]
"""Where the gateway leads the client of an order: (when it is paid, when it is not)."""


class IntakeBusy(Refused):
    """More came than can be taken now. Nothing was placed; the same request may come again."""

    code: ClassVar[str] = "busy"
    status: ClassVar[int] = 503
    message: ClassVar[str] = "A lot is happening at once. Try again in a moment."
    retry_after: ClassVar[int] = 2


class InProgress(Refused):
    """The very same request is being worked on; its outcome is known in a moment."""

    code: ClassVar[str] = "in_progress"
    status: ClassVar[int] = 409
    message: ClassVar[str] = (
        "This request is being worked on. Send it again in a moment to learn what came of it."
    )
    retry_after: ClassVar[int] = 1


class KeyRevoked(Refused):
    """The storefront's key was taken out of force before the order was placed."""

    code: ClassVar[str] = "key_refused"
    status: ClassVar[int] = 401
    message: ClassVar[str] = "Send a key in force as `Authorization: Bearer …`."


@dataclass(slots=True, eq=False)
class _Waiting:
    """One order that waits for a writer, and who waits for its answer."""

    wanted: OrderWanted
    key_hash: bytes | None
    until: float
    tell: Future[Placed] | asyncio.Future[Placed]
    loop: asyncio.AbstractEventLoop | None = None
    taken: bool = False
    urls: Urls | None = None
    checkout: Checkout | None = None
    first: _Waiting | None = None
    repeats: list[_Waiting] = field(default_factory=list)

    @property
    def name(self) -> Hashable:
        return ("orders", self.wanted.home_id, self.wanted.storefront_id, self.wanted.key)

    def answer_of_first(self, answer: Answer) -> Answer:
        """What a repeat is told once the first request of its key has been answered."""
        assert self.first is not None, "it is a repeat"
        same = self.wanted.fingerprint == self.first.wanted.fingerprint
        if isinstance(answer, Placed):
            return replace(answer, replayed=True) if same else IdempotencyMismatch()
        return answer if same else InProgress()  # the key is free: another order may have it


class Intake:
    """Takes orders from any thread or task; started and stopped with the app."""

    def __init__(
        self,
        database: Database,
        *,
        most: int = 64,
        in_flight: int = INTAKE,
        waiting_max: int = 2000,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._database = database
        self._most = most
        self._in_flight = in_flight
        self._waiting_max = waiting_max
        self._patience = patience.total_seconds()
        self._waiting: deque[_Waiting] = deque()
        self._names: dict[Hashable, _Waiting | None] = {}
        self._changed = threading.Condition()
        self._writers: list[threading.Thread] = []
        self._stopping = False
        self._at_work: dict[int, float] = {}
        self._lead_threads: ThreadPoolExecutor | None = None

    def start(self, *_: Any) -> None:
        """Begin to place orders."""
        with self._changed:
            self._stopping = False
            if self._lead_threads is None:
                self._lead_threads = ThreadPoolExecutor(LEADS_AT_ONCE, thread_name_prefix="leads")
            while len(self._writers) < self._in_flight:
                writer = threading.Thread(target=self._write, name="intake", daemon=True)
                self._writers.append(writer)
                writer.start()

    def stop(self, *_: Any) -> None:
        """Take nothing more, and answer everything that was taken."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        for writer in self._writers:
            writer.join(self._patience)
        self._writers.clear()
        if self._lead_threads is not None:
            self._lead_threads.shutdown(wait=True)
            self._lead_threads = None

    # ------------------------------------------------------------ the entry points

    async def order(self, wanted: OrderWanted, *, key_hash: bytes | None = None) -> Placed:
        """The order, durable. Raises Refused when it cannot be placed.

        With `key_hash`, only while that key of the storefront is in force.
        """
        placed, _ = await self.order_to_pay(wanted, None, key_hash=key_hash)
        return placed

    async def order_to_pay(
        self, wanted: OrderWanted, urls: Urls | None, *, key_hash: bytes | None = None
    ) -> tuple[Placed, Checkout | None]:
        """The same with the checkout at which it is paid, durable with it.

        None where the order had been placed before: `payments.start` knows its checkout.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Placed] = loop.create_future()
        waiting = self._line_up(wanted, key_hash, answer, loop, urls)
        try:
            async with asyncio.timeout(self._patience):
                return await answer, waiting.checkout
        except TimeoutError:
            raise self._give_up(waiting) from None
        except asyncio.CancelledError:
            self._give_up(waiting)
            raise

    def order_now(self, wanted: OrderWanted, *, key_hash: bytes | None = None) -> Placed:
        """The same for a caller in a thread of its own."""
        answer: Future[Placed] = Future()
        waiting = self._line_up(wanted, key_hash, answer)
        try:
            return answer.result(self._patience)
        except TimeoutError:
            raise self._give_up(waiting) from None

    async def lead(self, wanted: LeadWanted) -> Opened:
        """The lead that came of a request, durable. Raises Refused when it cannot be taken."""
        if self._lead_threads is None and not self._stopping:
            self.start()
        if self._lead_threads is None:
            raise IntakeBusy
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._lead_threads, self.lead_now, wanted)

    def lead_now(self, wanted: LeadWanted) -> Opened:
        """The same for a caller in a thread of its own."""
        with self._alone("leads", wanted.home_id, wanted.storefront_id, wanted.key):
            try:
                return self._open(wanted)
            except Exception as error:
                if not _try_again(error):
                    raise
            try:
                return self._open(wanted)
            except Exception as error:
                if not _try_again(error):
                    raise
                raise IntakeBusy from error

    def _open(self, wanted: LeadWanted) -> Opened:
        with self._database.work(CLIENT) as work:
            return leads.open(work, wanted)

    @contextlib.contextmanager
    def _alone(self, *name: Hashable) -> Iterator[None]:
        """A repeat waits here for the first of its name, and finds what came of it."""
        with self._changed:
            if not self._changed.wait_for(lambda: name not in self._names, self._patience):
                raise InProgress
            self._names[name] = None
        try:
            yield
        finally:
            with self._changed:
                del self._names[name]
                self._changed.notify_all()

    # ------------------------------------------------------------ the line

    def _line_up(
        self,
        wanted: OrderWanted,
        key_hash: bytes | None,
        tell: Future[Placed] | asyncio.Future[Placed],
        loop: asyncio.AbstractEventLoop | None = None,
        urls: Urls | None = None,
    ) -> _Waiting:
        until = time.monotonic() + self._patience
        waiting = _Waiting(wanted, key_hash, until, tell, loop, urls=urls)
        if not self._writers and not self._stopping:
            self.start()
        with self._changed:
            if self._stopping or len(self._waiting) >= self._waiting_max:
                raise IntakeBusy
            first = self._names.get(waiting.name)
            if first is not None:
                if first.key_hash != key_hash:
                    raise InProgress
                waiting.first = first
                first.repeats.append(waiting)
                return waiting
            self._names[waiting.name] = waiting
            self._waiting.append(waiting)
            # Whoever is at work takes what waits when it comes back; it need not be woken.
            if not self._at_work or len(self._waiting) in (1, self._most):
                self._changed.notify()
        return waiting

    def _give_up(self, waiting: _Waiting) -> Refused:
        """What to tell a caller whose patience is over. Only what still waits can be withdrawn."""
        with self._changed:
            if waiting.first is not None:
                with contextlib.suppress(ValueError):  # it has just been answered
                    waiting.first.repeats.remove(waiting)
                return InProgress()
            if waiting.taken:
                return InProgress()
            self._waiting.remove(waiting)
            del self._names[waiting.name]
            if waiting.repeats:
                self._hand_on(waiting.repeats)
            return IntakeBusy()

    def _hand_on(self, repeats: list[_Waiting]) -> None:
        """The next of one name takes the place of a first that was given up."""
        heir, *others = repeats
        heir.first, heir.repeats = None, others
        for other in others:
            other.first = heir
        self._names[heir.name] = heir
        self._waiting.append(heir)
        self._changed.notify()

    def _next(self) -> list[_Waiting]:
        """All that waits, as soon as it is time; nothing once we are stopping."""
        with self._changed:
            while not self._waiting or (hold := self._hold()) > 0:
                if not self._waiting and self._stopping:
                    return []
                self._changed.wait(hold if self._waiting else None)
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            for waiting in batch:
                waiting.taken = True
            self._at_work[threading.get_ident()] = time.monotonic()
            if len(self._waiting) >= self._most:
                self._changed.notify()
            return batch

    def _hold(self) -> float:
        """How long what waits may still gather: while a batch is under way that is not held up.

        One batch after another is the cheapest way, as each is the larger; a second one beside it
        is for when the first waits for goods that somebody else is taking.
        """
        if not self._at_work or self._stopping or len(self._waiting) >= self._most:
            return 0
        return max(self._at_work.values()) + HELD_UP_SECONDS - time.monotonic()

    # ------------------------------------------------------------ the writers

    def _write(self) -> None:
        while batch := self._next():
            answers = self._placed(batch)
            with self._changed:
                del self._at_work[threading.get_ident()]
                for waiting in batch:
                    del self._names[waiting.name]
                self._changed.notify_all()
            _tell(batch, answers)

    def _placed(self, batch: list[_Waiting]) -> list[Answer]:
        """An answer for each, whatever happens."""
        try:
            return self._in_one_work(batch)
        except Exception as error:
            failed = error
        log("intake").warning("a batch is tried again", cause=repr(failed)[:300])
        if len(batch) > 1 and not was_lost(failed):
            return [self._once_more([one])[0] for one in batch]
        return self._once_more(batch) if _try_again(failed) else [failed]

    def _once_more(self, batch: list[_Waiting]) -> list[Answer]:
        time.sleep(random.uniform(0.001, 0.02))  # noqa: S311
        try:
            return self._in_one_work(batch)
        except Exception as error:
            busy = _try_again(error)
            return [IntakeBusy() if busy else error for _ in batch]

    def _in_one_work(self, batch: list[_Waiting]) -> list[Answer]:
        """The answers of one transaction, committed. Who has waited too long is not tried."""
        now = time.monotonic()
        in_time = [waiting for waiting in batch if waiting.until > now]
        if not in_time:
            return [IntakeBusy() for _ in batch]
        with self._database.work(CLIENT) as work:
            in_force = _prepare(work, {w.key_hash for w in in_time if w.key_hash})
            live = [w for w in in_time if w.key_hash is None or w.key_hash in in_force]
            placed = orders.place(work, [waiting.wanted for waiting in live])
            # What an earlier try opened has been undone with it.
            for waiting in batch:
                waiting.checkout = None
            _open_checkouts(work, live, placed)
        answers: dict[int, Answer] = {id(w): IntakeBusy() for w in batch}
        answers |= {id(w): KeyRevoked() for w in in_time}
        answers |= {id(w): answer for w, answer in zip(live, placed, strict=True)}
        return [answers[id(waiting)] for waiting in batch]


# The statements of intake always look rows up by their keys: planning them anew for each batch
# costs the database more than running them.
_SETTINGS = """
SELECT set_config('lock_timeout', %(locks_within)s, true),
       set_config('plan_cache_mode', 'force_generic_plan', true)"""


def _prepare(work: Work, key_hashes: set[bytes]) -> set[bytes]:
    """Bound the wait for locks; which of these keys are in force now."""
    work.run(_SETTINGS, locks_within=LOCKS_WITHIN)
    return identity.keys_in_force(work, key_hashes) if key_hashes else set()


def _open_checkouts(
    work: Work, batch: Sequence[_Waiting], answers: Sequence[Placed | Refused]
) -> None:
    """Open the checkouts of the new orders whose client pays at once."""
    new = {
        answer.order_id: waiting
        for waiting, answer in zip(batch, answers, strict=True)
        if waiting.urls and isinstance(answer, Placed) and not answer.replayed
    }
    if new:
        asked = [
            (w.wanted.home_id, id, *w.urls(w.wanted.home_id, id)) for id, w in new.items() if w.urls
        ]
        for id, checkout in payments.open_checkouts(work, asked).items():
            new[id].checkout = checkout


def _try_again(error: Exception) -> bool:
    """Whether the same order may be placed a moment later.

    A key or an external id that somebody else has just used is found by the next try.
    """
    return was_in_the_way(error) or isinstance(cause_of(error), psycopg.errors.UniqueViolation)


def _tell(batch: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
    """Wake every caller and who repeats it; an event loop only once for all of its orders."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Any, Answer]]] = {}
    told = list(zip(batch, answers, strict=True))
    told += [
        (repeat, repeat.answer_of_first(answer))
        for waiting, answer in told
        for repeat in waiting.repeats
    ]
    for waiting, answer in told:
        if waiting.loop is None:
            _set(waiting.tell, answer)
        else:
            by_loop.setdefault(waiting.loop, []).append((waiting.tell, answer))
    for loop, of_loop in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits any more
            loop.call_soon_threadsafe(_set_all, of_loop)


def _set_all(told: list[tuple[Any, Answer]]) -> None:
    for future, answer in told:
        _set(future, answer)


def _set(future: Any, answer: Answer) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)

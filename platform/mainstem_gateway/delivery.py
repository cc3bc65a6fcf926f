"""Webhooks on their way: signed, at least once, tried again with longer and longer waits.

Rows wait in the store; threads carry them; only the gateway's own thread touches the store.
Retries run on real time, because the receivers and their signature check do.
"""

import asyncio
import hashlib
import hmac
import http.client
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from mainstem_gateway.faults import Faults
from mainstem_gateway.store import Store

WAITS = (0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
GIVE_UP_AFTER = 80  # attempts; with these waits about three days
TIMEOUT = 10.0
CARRIERS = 8
BOOKED_TOGETHER = 0.02


@dataclass(frozen=True)
class Parcel:
    seq: int
    url: str
    secret: str
    body: str
    attempts: int


@dataclass(frozen=True)
class Receipt:
    parcel: Parcel
    status: int | None
    error: str | None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def signature(body: str, secret: str, at: int) -> str:
    """The `Stripe-Signature` header."""
    mac = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


class Delivery:
    def __init__(self, store: Store, faults: Faults) -> None:
        self.store = store
        self.faults = faults
        self.paused = False
        self._carriers = ThreadPoolExecutor(CARRIERS, thread_name_prefix="webhook")
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._receipts: dict[int, Receipt] = {}
        self._booking: asyncio.TimerHandle | None = None
        # After a restart everything that waits is due: its wait was for another process.
        with store.work():
            store.db.execute("UPDATE deliveries SET next_at = 0 WHERE state = 'waiting'")

    def send_due(self) -> float:
        """Hand what is due to the carriers; seconds until the next is due."""
        if self.paused:
            return 1.0
        now = time.time()
        for parcel in self._due(now):
            task = asyncio.get_running_loop().create_task(self._carry(parcel))
            self._tasks[parcel.seq] = task
        following: float | None = self.store.db.execute(
            "SELECT min(next_at) FROM deliveries WHERE state = 'waiting' AND next_at > ?", (now,)
        ).fetchone()[0]
        return min(1.0, following - now) if following else 1.0

    def waiting(self) -> int:
        """Deliveries to enabled endpoints that nobody has acknowledged yet."""
        count: int = self.store.db.execute(
            "SELECT count(*) FROM deliveries d JOIN objects o ON o.id = d.endpoint "
            "WHERE d.state = 'waiting' AND json_extract(o.body, '$.status') = 'enabled'"
        ).fetchone()[0]
        return count

    async def close(self) -> None:
        """Stop carrying; what was on its way goes again at the next start."""
        for task in list(self._tasks.values()):
            task.cancel()
        if self._booking:
            self._booking.cancel()
            self._book()
        self._carriers.shutdown(wait=False, cancel_futures=True)

    def _due(self, now: float) -> list[Parcel]:
        room = CARRIERS - len(self._tasks)
        if room <= 0:
            return []
        taken = self._tasks.keys() | self._receipts.keys()
        # A disabled endpoint keeps its events waiting: enabled again, it receives them.
        rows = self.store.db.execute(
            "SELECT d.seq, json_extract(o.hidden, '$.url'), json_extract(o.hidden, '$.secret'), "
            "e.body, d.attempts FROM deliveries d "
            "JOIN objects o ON o.id = d.endpoint JOIN events e ON e.id = d.event "
            "WHERE d.state = 'waiting' AND d.next_at <= ? "
            "AND json_extract(o.body, '$.status') = 'enabled' ORDER BY d.next_at, d.seq LIMIT ?",
            (now, room + len(taken)),
        ).fetchall()
        return [Parcel(*row) for row in rows if row[0] not in taken][:room]

    async def _carry(self, parcel: Parcel) -> None:
        loop = asyncio.get_running_loop()
        try:
            receipt = await loop.run_in_executor(self._carriers, _post, parcel)
        finally:
            del self._tasks[parcel.seq]
        if receipt.delivered and self.faults.take_lost_ack():
            receipt = Receipt(parcel, None, "acknowledgement lost")
        self._receipts[parcel.seq] = receipt
        if self._booking is None:
            self._booking = loop.call_later(BOOKED_TOGETHER, self._book_and_go_on)
        self.send_due()

    def _book_and_go_on(self) -> None:
        self._book()
        self.send_due()

    def _book(self) -> None:
        """Write down all that arrived since the last time: one write to the disk, not many."""
        self._booking = None
        with self.store.work():
            for receipt in self._receipts.values():
                attempts = receipt.parcel.attempts + 1
                state = "delivered" if receipt.delivered else "waiting"
                if not receipt.delivered and attempts >= GIVE_UP_AFTER:
                    state = "given_up"
                wait = WAITS[min(attempts - 1, len(WAITS) - 1)]
                self.store.db.execute(
                    "UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, "
                    "http_status = ?, error = ? WHERE seq = ? AND state = 'waiting'",
                    (state, attempts, time.time() + wait, receipt.status, receipt.error,
                     receipt.parcel.seq),
                )  # fmt: skip
        self._receipts.clear()


def _post(parcel: Parcel) -> Receipt:
    """One attempt. Redirects are failures, as at Stripe."""
    parts = urlsplit(parcel.url)
    secure = parts.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (embedded gateway)",
        "Stripe-Signature": signature(parcel.body, parcel.secret, int(time.time())),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
        try:
            connection.request("POST", path, parcel.body.encode(), headers)
            response = connection.getresponse()
            response.read(65536)
            return Receipt(parcel, response.status, None)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Receipt(parcel, None, f"{type(error).__name__}: {error}"[:200])

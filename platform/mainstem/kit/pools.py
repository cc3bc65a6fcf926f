"""How many connections each kind of process may hold, so that all of them fit one database.

A process holds as many as it can be at work on at once, and none that nobody could use: a web process
by the Works of its requests and the threads beside them, a worker by its threads.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pools:
    """The most connections at once: for the company's work, for affiliates', and for checks."""

    company: int
    affiliate: int
    reader: int = 0

    @property
    def total(self) -> int:
        """All of them together, in the greatest rush."""
        return self.company + self.affiliate + self.reader


WORKS = 12
"""Works that the requests of one web process may hold at once; all of them may be one kind's."""

SIGN_IN_THREADS = 2
"""Threads that check passwords at sign-in."""

INTAKE = 2
"""Writers of orders; and as many for leads."""

WEB = Pools(company=WORKS + SIGN_IN_THREADS + 2 * INTAKE, affiliate=WORKS)

WORKER_LOOPS = 4
"""One takes what is done inside the database; two wait for the gateway, and one for the mail server."""

WORKER_JOBS = 2
"""The clock, and the roll-up of balances."""

WORKER_LAB = 2
"""The backtest, and its sign of life; it reads the history by a reader's connection of its own."""

# A verb that talks to the outside may look by one Work while another is open.
WORKER = Pools(company=2 * WORKER_LOOPS + WORKER_JOBS + WORKER_LAB, affiliate=1, reader=3)

ALL_PROCESSES = 2 * WEB.total + WORKER.total
"""Two web processes, as there are while one takes the other's place, and a worker."""

"""Whoever joined without a sponsor waits so many days for staff to place them; then the default holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from mainstem import joining, network
from mainstem.kit import paging
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.sponsors.rules import checked

LEAVES_MAX = 200


class NotInHoldingTank(Refused):
    """They have left the holding tank: who sponsors them is another person's to approve as well."""

    code: ClassVar[str] = "not_in_holding_tank"
    message: ClassVar[str] = "They wait for no sponsor. Ask for a move instead."


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits to be given a sponsor, and until when."""

    affiliate_id: int
    name: str
    country: str
    entered_at: datetime
    leaves_at: datetime


_FIRST = Sorting(
    "leaves",
    (
        SortColumn("h.leaves_at", "leaves_at", datetime),
        SortColumn("h.affiliate_id", "affiliate_id", int),
    ),
    descending=False,
)


def in_holding_tank(work: Work, *, cursor: str | None = None, most: int) -> Page[Waiting]:
    """Who waits to be given a sponsor, those first whose time is up first."""
    return paging.read_as(
        work,
        Waiting,
        """SELECT h.affiliate_id, a.name, a.country, h.entered_at, h.leaves_at
             FROM holding_tank h JOIN affiliate a ON a.id = h.affiliate_id
            WHERE h.left_at IS NULL {seek} {sorted}""",
        _FIRST,
        cursor=cursor,
        most=most,
    )


def place(work: Work, affiliate_id: int, sponsor_id: int, *, reason: str) -> None:
    """Give whoever waits in the holding tank their sponsor: nobody loses anything, so one person may.

    Raises NotInHoldingTank, and what the rules raise.
    """
    network.lock_tree(work)
    if not _leave(work, affiliate_id):
        raise NotInHoldingTank
    checked(work, affiliate_id, sponsor_id)
    network.move(work, affiliate_id, sponsor_id, why=reason, actor=str(work.actor))


def empty_holding_tank(work: Work) -> int:
    """Let those go whose time is up, under the default sponsor where there is one who may; how many."""
    network.lock_tree(work)
    over = work.rows(
        """SELECT affiliate_id FROM holding_tank WHERE left_at IS NULL AND leaves_at <= %(now)s
            ORDER BY leaves_at, affiliate_id LIMIT %(most)s FOR UPDATE SKIP LOCKED""",
        now=work.now(),
        most=LEAVES_MAX,
    )
    sponsor = joining.default_sponsor(work)
    for row in over:
        _leave(work, row.affiliate_id)
        if sponsor is not None:
            _place_by_default(work, row.affiliate_id, sponsor)
        record(work, "affiliate.left_holding_tank", row.affiliate_id, home=row.affiliate_id)
    return len(over)


def _place_by_default(work: Work, affiliate_id: int, sponsor_id: int) -> None:
    """Under the default sponsor; whoever cannot be placed there stays without one."""
    try:
        with work.session.begin_nested():
            checked(work, affiliate_id, sponsor_id)
            network.move(
                work, affiliate_id, sponsor_id, why="The default sponsor", actor=str(work.actor)
            )
    except Refused:
        record(work, "affiliate.not_placed", affiliate_id, home=affiliate_id)


def _leave(work: Work, affiliate_id: int) -> int:
    return work.run(
        """UPDATE holding_tank SET left_at = %(now)s, left_by = %(actor)s
            WHERE affiliate_id = %(id)s AND left_at IS NULL""",
        id=affiliate_id,
        now=work.now(),
        actor=str(work.actor),
    )

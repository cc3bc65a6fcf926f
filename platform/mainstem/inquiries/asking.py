"""An affiliate asks: about a line of what they earned, or about an order that they were not paid for.

An order that is not ours, or not theirs, is asked about like any other: the receipt of an inquiry tells
nobody whether there is such an order. Staff see which one is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from mainstem.inquiries.clock import due_after
from mainstem.inquiries.model import INQUIRIES
from mainstem.joining import Paper
from mainstem.kit import search_terms
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.text import unseen_problems
from mainstem.kit.work import Work

WORDS_MAX, NUMBER_MAX, OPEN_MAX = 2000, 40, 50


class AskedAlready(Refused):
    """This is asked, and the answer is to come."""

    code: ClassVar[str] = "asked_already"
    message: ClassVar[str] = "You have asked about this already. The answer comes by {day}."


class TooManyInquiries(Refused):
    """More of theirs wait than anybody could mean."""

    code: ClassVar[str] = "too_many_inquiries"
    status: ClassVar[int] = 429
    message: ClassVar[str] = (
        "{count} questions of yours wait for an answer. Ask again when some of them are answered."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedInquiry:
    """What is asked. With a `rule` it is about that line at that level, without about the whole order."""

    number: str
    words: str
    rule: str = ""
    level: int = 0
    paper: Paper | None = None


def ask(work: Work, affiliate_id: int, wanted: WantedInquiry) -> UUID:
    """Keep what an affiliate asks; its id. The clock runs from now.

    Raises InvalidInput for what is missing, NotFound for a line that they have not, AskedAlready while
    the same waits, and TooManyInquiries.
    """
    if problems := list(_problems(wanted)):
        raise InvalidInput(*problems)
    work.run("SELECT pg_advisory_xact_lock(7270, %(id)s::int)", id=affiliate_id % (1 << 31))
    _refuse_many(work, affiliate_id)
    order = _order(work, affiliate_id, wanted.number)
    if wanted.rule:
        _refuse_no_line(work, affiliate_id, order, wanted)
    number = order.number if order else wanted.number.strip()
    _refuse_twice(work, affiliate_id, number, wanted)
    return _keep(work, affiliate_id, number, order, wanted)


def withdraw(work: Work, affiliate_id: int, inquiry_id: UUID) -> None:
    """Whoever asked asks no more. Raises NotFound and InvalidTransition."""
    state = work.value(
        """SELECT state FROM commission_inquiry WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE""",
        home=affiliate_id,
        id=inquiry_id,
    )
    if state is None:
        raise NotFound("inquiry")
    work.run(
        """UPDATE commission_inquiry SET state = %(state)s, decided_by = %(by)s, decided_at = %(now)s
            WHERE home_id = %(home)s AND id = %(id)s""",
        home=affiliate_id,
        id=inquiry_id,
        state=INQUIRIES.step(state, "withdraw"),
        by=str(work.actor),
        now=work.now(),
    )
    record(work, "inquiry.withdrawn", inquiry_id, home=affiliate_id)


def _problems(wanted: WantedInquiry) -> Iterator[Problem]:
    for pointer, text, most, missing in (
        ("/number", wanted.number, NUMBER_MAX, "Write the number of the order."),
        ("/words", wanted.words, WORDS_MAX, "Write what you think is not right."),
    ):
        if not text.strip():
            yield Problem(pointer, "missing", missing)
        elif len(text) > most:
            yield Problem(
                pointer, "too_long", "Keep this under {max} characters.", {"max": most + 1}
            )
        else:
            yield from unseen_problems(pointer, text, lines=pointer == "/words")


def _refuse_many(work: Work, affiliate_id: int) -> None:
    count = work.value(
        "SELECT count(*) FROM commission_inquiry WHERE home_id = %(home)s AND state = 'open'",
        home=affiliate_id,
    )
    if count >= OPEN_MAX:
        raise TooManyInquiries(count=count)


def _order(work: Work, affiliate_id: int, typed: str) -> Any | None:
    """The order that a number means; of two shops' the asker's own."""
    number = search_terms.number_in(typed)
    if number is None:
        return None
    return work.row(
        f"""SELECT home_id, id, number FROM orders o
             WHERE {search_terms.of_client("o")} AND number = %(number)s
             ORDER BY home_id = %(me)s DESC, placed_at DESC LIMIT 1""",
        number=number,
        found=search_terms.terms(number),
        me=affiliate_id,
    )


def _refuse_no_line(
    work: Work, affiliate_id: int, order: Any | None, wanted: WantedInquiry
) -> None:
    line = order and work.value(
        """SELECT 1 FROM earning WHERE home_id = %(home)s AND source_id = %(order)s AND rule = %(rule)s
              AND level = %(level)s AND beneficiary_id = %(me)s LIMIT 1""",
        home=order.home_id,
        order=order.id,
        rule=wanted.rule,
        level=wanted.level,
        me=affiliate_id,
    )
    if not line:
        raise NotFound("commission")


def _refuse_twice(work: Work, affiliate_id: int, number: str, wanted: WantedInquiry) -> None:
    due_on = work.value(
        """SELECT due_on FROM commission_inquiry
            WHERE home_id = %(home)s AND number = %(number)s AND rule = %(rule)s AND level = %(level)s
              AND state = 'open'""",
        home=affiliate_id,
        number=number,
        rule=wanted.rule,
        level=wanted.level,
    )
    if due_on is not None:
        raise AskedAlready(day=due_on)


def _keep(
    work: Work, affiliate_id: int, number: str, order: Any | None, wanted: WantedInquiry
) -> UUID:
    id, paper = new_id(), wanted.paper
    work.run(
        """INSERT INTO commission_inquiry
             (home_id, id, about, number, order_home_id, order_id, rule, level, words, paper_hash,
              paper_name, paper_kind, asked_by, asked_at, due_on)
           VALUES (%(home)s, %(id)s, %(about)s, %(number)s, %(order_home)s, %(order)s, %(rule)s,
                   %(level)s, %(words)s, %(hash)s, %(name)s, %(kind)s, %(by)s, %(now)s, %(due)s)""",
        home=affiliate_id,
        id=id,
        about="amount" if wanted.rule else "missing",
        number=number,
        order_home=order.home_id if order else None,
        order=order.id if order else None,
        rule=wanted.rule,
        level=wanted.level,
        words=wanted.words.strip(),
        hash=paper.hash if paper else "",
        name=paper.name if paper else "",
        kind=paper.kind if paper else "",
        by=str(work.actor),
        now=work.now(),
        due=due_after(work.now(), work.tools.zone),
    )
    record(work, "inquiry.asked", id, home=affiliate_id)
    return id

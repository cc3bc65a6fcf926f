"""The statement: taken as it is made, at once, whatever it says of an order.

Whether there is such an order is looked at afterwards (`settling.py`), so that an answer tells nobody
and a slow look never moves the time that counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, NamedTuple
from uuid import UUID

import msgspec

from mainstem.kit.bulk import insert_many
from mainstem.kit.contact import email_key
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.search_terms import number_in
from mainstem.kit.text import normalized, unseen_problems
from mainstem.kit.work import Work
from mainstem.orders import lock
from mainstem.withdrawals.lines import lines_of

NAME_MAX, NUMBER_MAX, CONTACT_MAX, PARTS_MAX = 200, 60, 254, 2000


class WithdrawnMeanwhile(Refused):
    """Something else of the order was withdrawn from since the page was drawn."""

    code: ClassVar[str] = "withdrawn_meanwhile"
    message: ClassVar[str] = (
        "Something of this order was withdrawn from since this page was loaded. Look at what is left,"
        " then decide."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a client says, and where: in a shop's open form, on their order's page, or to somebody who
    tells us. `order_id` and what is `seen` (how many withdrawals it had) come of a signed link or from
    staff. `lines` are pieces by line; empty: all that is left, or what `parts` says."""

    home_id: int
    storefront_id: int
    channel: str
    locale: str
    name: str
    number: str
    contact: str
    parts: str = ""
    lines: Mapping[int, int] = field(default_factory=dict)
    order_id: UUID | None = None
    seen: int = 0
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Submitted:
    """The withdrawal that the statement is. `repeated` when it had come before."""

    home_id: int
    id: UUID
    repeated: bool


def check_statement(said: Statement) -> Iterator[Problem]:
    """What is missing in a statement, or could not be kept. A wrong e-mail address is not wrong here:
    what was said counts from when it was said."""
    for pointer, text, most, missing in (
        ("/name", said.name, NAME_MAX, "Write your name."),
        ("/number", said.number, NUMBER_MAX, "Write the number of your order."),
        ("/contact", said.contact, CONTACT_MAX, "Write where we send the receipt."),
    ):
        if not text.strip():
            yield Problem(pointer, "missing", missing)
        elif len(text) > most:
            yield Problem(
                pointer, "too_long", "Keep this under {max} characters.", {"max": most + 1}
            )
        else:
            yield from unseen_problems(pointer, text)
    if len(said.parts) > PARTS_MAX:
        yield Problem(
            "/parts", "too_long", "Keep this under {max} characters.", {"max": PARTS_MAX + 1}
        )
    yield from unseen_problems("/parts", said.parts[:PARTS_MAX], lines=True)


class _Row(NamedTuple):
    home_id: int
    id: UUID
    storefront_id: int
    key: str
    channel: str
    locale: str
    name: str
    number: str
    contact: str
    parts: str
    contact_key: str
    statement_hash: bytes
    received_at: datetime
    recorded_at: datetime
    actor: str
    order_id: UUID | None
    matched_by: str | None


class _LineRow(NamedTuple):
    home_id: int
    withdrawal_id: UUID
    order_id: UUID
    line_no: int
    quantity: int


def submit(work: Work, said: Statement) -> Submitted:
    """Take a statement; said twice it is one, and keeps the time of the first.

    Raises InvalidInput for what is missing, and for more pieces of a line than there are;
    WithdrawnMeanwhile when the order had fewer withdrawals when the page was drawn.
    """
    if problems := list(check_statement(said)):
        raise InvalidInput(*problems)
    if said.order_id is not None:
        lock(work, [(said.home_id, said.order_id)])
    row = _row(work, said)
    before = _known(work, row)
    if before is not None:
        return before
    if said.order_id is not None:
        _refuse_stale(work, said)
        _refuse_pieces(work, said)
    if not insert_many(work, "withdrawal", [row], then="ON CONFLICT (home_id, key) DO NOTHING"):
        # The same statement, beside itself: the other one is there now.
        before = _known(work, row)
        assert before is not None
        return before
    if said.order_id is not None and said.lines:
        insert_pieces(work, said.home_id, row.id, said.order_id, said.lines)
    record(work, "withdrawal.received", row.id, home=said.home_id)
    return Submitted(said.home_id, row.id, repeated=False)


def insert_pieces(
    work: Work, home_id: int, withdrawal_id: UUID, order_id: UUID, pieces: Mapping[int, int]
) -> None:
    """Write down which pieces a withdrawal is of."""
    rows = [
        _LineRow(home_id, withdrawal_id, order_id, no, count)
        for no, count in sorted(pieces.items())
        if count
    ]
    insert_many(work, "withdrawal_line", rows)


def contact_key(contact: str) -> str:
    """A contact as two of them are compared."""
    return email_key(contact) or _folded(contact)


def folded_name(name: str) -> str:
    """A name as two of them are compared."""
    return _folded(name)


def _folded(text: str) -> str:
    return " ".join(normalized(text).casefold().split())


def _row(work: Work, said: Statement) -> _Row:
    typed = (said.name.strip(), said.number.strip(), said.contact.strip(), said.parts.strip())
    compared = (
        _folded(said.name),
        number_in(said.number) or _folded(said.number),
        contact_key(said.contact),
        _folded(said.parts),
    )
    hashed = hashlib.sha256(
        msgspec.json.encode([*compared, sorted((no, n) for no, n in said.lines.items() if n)])
    ).digest()
    key = f"form:{said.storefront_id}:{hashed.hex()}"
    if said.order_id is not None:
        key = f"order:{said.order_id}:{said.seen}"
    matched = {"order_page": "link", "affiliate": "staff", "company": "staff"}
    return _Row(
        said.home_id, new_id(), said.storefront_id, key, said.channel, said.locale, *typed,
        compared[2], hashed, said.told_at or work.now(), work.now(), str(work.actor),
        said.order_id, matched.get(said.channel),
    )  # fmt: skip


def _known(work: Work, row: _Row) -> Submitted | None:
    found = work.row(
        """SELECT id, statement_hash FROM withdrawal
            WHERE home_id = %(home)s AND key = %(key)s""",
        home=row.home_id,
        key=row.key,
    )
    if found is None:
        return None
    if bytes(found.statement_hash) != row.statement_hash:
        raise WithdrawnMeanwhile
    return Submitted(row.home_id, found.id, repeated=True)


def _refuse_stale(work: Work, said: Statement) -> None:
    count = work.value(
        "SELECT count(*) FROM withdrawal WHERE home_id = %(home)s AND order_id = %(order)s",
        home=said.home_id,
        order=said.order_id,
    )
    if count != said.seen:
        raise WithdrawnMeanwhile


def _refuse_pieces(work: Work, said: Statement) -> None:
    assert said.order_id is not None
    free = {line.line_no: line.free for line in lines_of(work, said.home_id, said.order_id)}
    if not any(said.lines.values()):
        if not any(free.values()):
            raise InvalidInput(
                Problem("/lines", "nothing_left", "There is nothing left to withdraw from.")
            )
        return
    problems = [
        Problem(
            f"/pieces-{no}",
            "too_many",
            "At most {most} of this can be withdrawn from.",
            {"most": free.get(no, 0)},
        )
        for no, count in said.lines.items()
        if not 0 <= count <= free.get(no, 0)
    ]
    if problems:
        raise InvalidInput(*problems)

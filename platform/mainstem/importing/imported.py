"""What files have said of each order, so that a later one may know more, and nothing else.

It is kept apart from the order itself: what has been shipped or refunded here since is no
contradiction of a file that does not know of it. What files say is compared in the form in which
it is kept, so that another spelling of a time or a postal code is no change.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.importing.file import FileLine, Order, RowProblem
from mainstem.kit.bulk import Json, given, insert_many, relation
from mainstem.kit.errors import Problem
from mainstem.kit.work import Work
from mainstem.orders import Address, ClientDetails, OrderKey, check_client
from mainstem.payments import PastRefund


class Name(NamedTuple):
    """An order as files know it."""

    home_id: int
    storefront_id: int
    external_id: str


Said = dict[str, str]
"""What is said of an order, by column, in the form in which it is compared."""

_LATER = ("shipped_at", "delivered_at")
"""What a file may say that the ones before did not."""


@dataclass(frozen=True, slots=True)
class Known:
    """An order that an earlier file brought, and what that said of it and of each line."""

    key: OrderKey
    said: Said
    lines: list[dict[str, Any]]


@dataclass(slots=True)
class Compared:
    """What a file knows more of a known order, or where it says something else."""

    problems: list[RowProblem] = field(default_factory=list)
    shipped: bool = False
    delivered: bool = False
    refunds: list[tuple[int, FileLine, int]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_news(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.shipped or self.delivered or self.refunds)


def said_in(order: Order) -> Said | list[Problem]:
    """What a file says of an order, or what is wrong with whom and where it names."""
    said = order.said
    client = check_client(
        ClientDetails(said["client_name"], said["client_email"], said["client_phone"]),
        Address(
            line1=said["address_line1"],
            line2=said["address_line2"],
            postal_code=said["postal_code"],
            city=said["city"],
            country=said["country"],
        ),
    )
    if isinstance(client, list):
        return client
    return {
        "placed_at": _time(order.placed_at),
        "currency": said["currency"],
        "locale": said["locale"] or "en",
        "client_name": client.details.name,
        "client_email": client.key,
        "client_phone": client.phone_key or client.details.phone,
        "address_line1": client.address.line1,
        "address_line2": client.address.line2,
        "postal_code": client.address.postal_code,
        "city": client.address.city,
        "country": client.address.country,
        "code": said["code"].upper(),
        "paid_at": _time(order.paid_at),
        "payment_reference": said["payment_reference"],
        "shipped_at": _time(order.shipped_at) if said["shipped_at"] else "",
        "delivered_at": _time(order.delivered_at),
    }


def lines_of(order: Order) -> list[dict[str, Any]]:
    """What a file says of the lines of an order that has just been placed by it."""
    return [_line(no, line) for no, line in enumerate(order.lines, start=1)]


def fingerprint(order: Order, said: Said) -> bytes:
    """What the order is, in whatever order its lines stand."""
    fixed = [value for name, value in said.items() if name not in _LATER]
    lines = sorted((line.sku, line.quantity, line.total_minor) for line in order.lines)
    return hashlib.sha256(json.dumps([fixed, lines]).encode()).digest()


def repeated(order: Order, *, unit: str) -> Iterator[RowProblem]:
    """Rows of an order that say exactly what an earlier one says.

    Nobody can tell whether two were sold or one was written twice, so it is never guessed.
    """
    first_at: dict[tuple[object, ...], int] = {}
    for line in order.lines:
        before_at = first_at.setdefault(_content(line), line.at)
        if before_at != line.at:
            yield _repeats(line, before_at, unit)


def compare(order: Order, said: Said, known: Known, *, unit: str) -> Compared:
    """What is new in what a file says of a known order; anything else that differs, by name.

    Rows that are all alike are lines of their own where the order has had as many of them before.
    """
    found = Compared()
    at = order.lines[0].at
    for name, said_now in said.items():
        said_before = known.said[name]
        if said_now == said_before:
            continue
        if name in _LATER and not said_before:
            setattr(found, name.removesuffix("_at"), True)
        else:
            found.problems.append(_changed(at, name, said_before, said_now))
    pairs, strange, gone = _paired(order.lines, known.lines)
    repeats, strange = _told_twice(order.lines, strange, unit)
    found.problems += [*repeats, *_other_lines(at, strange, gone)]
    for line, before in pairs:
        found.lines.append(_line(before["no"], line))
        was, now = before["refunded_minor"], line.refunded_minor
        then, when = before["refunded_at"], _time(line.refunded_at)
        if now < was:
            found.problems.append(_changed(line.at, "refunded_minor", was, now))
        elif now == was and when != then:
            found.problems.append(_changed(line.at, "refunded_at", then, when))
        elif now > was and when < then:
            found.problems.append(
                RowProblem(
                    line.at, "refunded_at", f"is before {_shown(then)}, when less had gone back"
                )
            )
        elif now > was:
            found.refunds.append((before["no"], line, now - was))
    return found


def _paired(
    lines: Sequence[FileLine], known: Sequence[dict[str, Any]]
) -> tuple[list[tuple[FileLine, dict[str, Any]]], list[FileLine], list[dict[str, Any]]]:
    """Each line with the known one of the same content, wherever either stands; and those without.

    Of lines that are all alike, the one of which least had gone back is the one of which least has.
    """
    there: dict[tuple[str, int, int], list[dict[str, Any]]] = defaultdict(list)
    for one in sorted(known, key=lambda one: (one["refunded_minor"], one["refunded_at"])):
        there[one["sku"], one["quantity"], one["total_minor"]].append(one)
    pairs, strange = [], []
    for line in sorted(lines, key=lambda line: (line.refunded_minor, _time(line.refunded_at))):
        alike = there[line.sku, line.quantity, line.total_minor]
        if alike:
            pairs.append((line, alike.pop(0)))
        else:
            strange.append(line)
    return pairs, strange, [one for alike in there.values() for one in alike]


def _content(line: FileLine) -> tuple[object, ...]:
    return line.sku, line.quantity, line.total_minor, line.refunded_minor, line.refunded_at


def _repeats(line: FileLine, before_at: int, unit: str) -> RowProblem:
    return RowProblem(
        line.at,
        "",
        f"says the same as {unit} {before_at} of the same order: take it out, or, if both were"
        " sold, add the quantities and amounts into one row",
    )


def _told_twice(
    lines: Sequence[FileLine], strange: Sequence[FileLine], unit: str
) -> tuple[list[RowProblem], list[FileLine]]:
    """Of lines that a known order has not had: those that only say again what another row says."""
    first_at: dict[tuple[object, ...], int] = {}
    for line in lines:
        first_at.setdefault(_content(line), line.at)
    repeats, others = [], []
    # Alike rows are taken in the order of the file, so a row that has no pair is a later one.
    for line in strange:
        before_at = first_at[_content(line)]
        if before_at == line.at:
            others.append(line)
        else:
            repeats.append(_repeats(line, before_at, unit))
    return repeats, others


def _other_lines(
    at: int, strange: Sequence[FileLine], gone: Sequence[dict[str, Any]]
) -> Iterator[RowProblem]:
    left = list(gone)
    for line in strange:
        before = next((one for one in left if one["sku"] == line.sku), None)
        if before is None:
            yield RowProblem(line.at, "sku", f"was not in the order, and now is: {line.sku}")
            continue
        left.remove(before)
        if before["quantity"] != line.quantity:
            yield _changed(line.at, "quantity", before["quantity"], line.quantity)
        if before["total_minor"] != line.total_minor:
            yield _changed(line.at, "line_total_minor", before["total_minor"], line.total_minor)
    for one in left:
        yield RowProblem(at, "sku", f"was in the order, and now is not: {one['sku']}")


def _changed(at: int, name: str, before: object, now: object) -> RowProblem:
    return RowProblem(at, name, f"was {_shown(before)} and is now {_shown(now)}")


def _shown(value: object) -> str:
    return str(value).replace(".000000Z", "Z") if value != "" else "empty"


def _line(no: int, line: FileLine) -> dict[str, Any]:
    return {
        "no": no,
        "sku": line.sku,
        "quantity": line.quantity,
        "total_minor": line.total_minor,
        "refunded_minor": line.refunded_minor,
        "refunded_at": _time(line.refunded_at),
    }


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else ""


# ---------------------------------------------------------------- kept


_KNOWN = f"""
SELECT home_id, storefront_id, external_id, order_id, said, lines
  FROM imported_order JOIN {relation(Name, "asked")} USING (home_id, storefront_id, external_id)"""


def known_orders(work: Work, names: Sequence[Name]) -> dict[Name, Known]:
    """Which of these orders a file has brought before, and what it said."""
    return {
        Name(row.home_id, row.storefront_id, row.external_id): Known(
            (row.home_id, row.order_id), row.said, row.lines
        )
        for row in work.rows(_KNOWN, **given(names, Name, "asked"))
    }


class _ImportedRow(NamedTuple):
    home_id: int
    storefront_id: int
    external_id: str
    order_id: UUID
    said: Json
    lines: Json


def keep(work: Work, told: Sequence[tuple[Name, OrderKey, Said, list[dict[str, Any]]]]) -> None:
    """Remember what a file has said of these orders."""
    rows = [
        _ImportedRow(*name, order, Json(json.dumps(said)), Json(json.dumps(lines)))
        for name, (_, order), said, lines in told
    ]
    then = """ON CONFLICT (home_id, storefront_id, external_id) DO UPDATE
              SET said = excluded.said, lines = excluded.lines"""
    insert_many(work, "imported_order", rows, then=then)


class _Line(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int


_LEFT = f"""
SELECT l.home_id, l.order_id, l.line_no, l.total_minor - l.refunded_minor AS of_line,
       o.paid_minor - o.refunded_minor AS of_order
  FROM {relation(_Line, "asked")}
  JOIN order_line l USING (home_id, order_id, line_no)
  JOIN orders o ON o.home_id = l.home_id AND o.id = l.order_id"""


def too_much(work: Work, refunds: Sequence[tuple[FileLine, PastRefund]]) -> Iterator[RowProblem]:
    """Where more would have gone back than is left, because money has gone back here too."""
    if not refunds:
        return
    lines = [_Line(one.home_id, one.order_id, one.lines[0][0]) for _, one in refunds]
    rows = work.rows(_LEFT, **given(lines, _Line, "asked"))
    left = {(row.home_id, row.order_id, row.line_no): row for row in rows}
    spent: dict[OrderKey, int] = defaultdict(int)
    for line, refund in refunds:
        key = (refund.home_id, refund.order_id)
        row = left[*key, refund.lines[0][0]]
        spent[key] += refund.amount_minor
        most = min(row.of_line, row.of_order - spent[key] + refund.amount_minor)
        if refund.amount_minor > most:
            yield RowProblem(
                line.at,
                "refunded_minor",
                f"is {refund.amount_minor} more than before, and only {max(most, 0)} are left to"
                " go back: the rest went back here",
            )

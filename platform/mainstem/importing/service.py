"""The import of a file of orders: everything in it, or nothing, and the same again is nothing new."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from mainstem.importing import history
from mainstem.importing.file import FileUnreadable, Order, OrdersFile, RowProblem
from mainstem.importing.history import Key, Sale
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import Actor, Work
from mainstem.orders import Address, ClientDetails, LineWanted, OrderWanted, Placed
from mainstem.payments import PastRefund
from mainstem.planbook import NoPlanInForce
from mainstem_fulfillment import inventory

IMPORTER = Actor("system", "import")
BATCH = 1000
SHOWN_MAX = 50
"""How many problems are printed; all of them are counted."""


@dataclass(slots=True)
class Imported:
    """What came of a file. What had come before is not new, and is not counted as moved."""

    orders: int = 0
    lines: int = 0
    new: int = 0
    known: int = 0
    paid: int = 0
    shipped: int = 0
    delivered: int = 0
    refunds: int = 0


class NothingImported(Exception):
    """The file has these problems; not one of its orders was written."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        self.problems = list(problems)
        super().__init__(f"{len(self.problems)} problems, nothing was imported.")


def orders(
    database: Database,
    path: Path,
    *,
    batch: int = BATCH,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Imported:
    """Bring in a file of orders with all that happened to them, in one transaction.

    The steps are those of everybody: placed, paid, routed, shipped, delivered, refunded, settled.
    Raises NothingImported with every problem, or FileUnreadable.
    """
    file = OrdersFile(path, now=datetime.now(UTC))
    try:
        if problems := file.problems():
            raise NothingImported(problems)
        with database.work(IMPORTER, tools=history.quiet(database.tools)) as work:
            return _Import(work, file, batch, told).run()
    finally:
        file.close()


@dataclass(slots=True)
class _Import:
    work: Work
    file: OrdersFile
    batch: int
    told: Callable[[int, int], None]
    done: Imported = field(default_factory=Imported)
    problems: list[RowProblem] = field(default_factory=list)
    stores: dict[str, tuple[int, int]] = field(default_factory=dict)

    def run(self) -> Imported:
        self.done.orders, self.done.lines = self.file.count()
        self._find_storefronts()
        seen = 0
        for batch in _batches(self.file.orders(), self.batch):
            self._bring(batch)
            seen += len(batch)
            self.told(seen, self.done.orders)
        if self.problems:
            # Leaving by an exception undoes what the accepted ones wrote.
            raise NothingImported(sorted(self.problems, key=lambda p: (p.row, p.field, p.reason)))
        return self.done

    def _find_storefronts(self) -> None:
        named = self.file.storefronts()
        self.stores = {
            row.slug: (row.home_id, row.id)
            for row in self.work.rows(
                "SELECT slug, home_id, id FROM storefront WHERE slug = ANY(%(slugs)s::text[])",
                slugs=named,
            )
        }
        self.problems += [
            RowProblem(self.file.rows_of(slug), "storefront", f"does not exist: {slug}")
            for slug in named
            if slug not in self.stores
        ]

    def _bring(self, batch: Sequence[Order]) -> None:
        batch = [order for order in batch if order.said["storefront"] in self.stores]
        sales = [self._sale(order) for order in batch]
        self._put_on_shelf(batch, sales)
        try:
            answers = history.capture(self.work, sales)
        except NoPlanInForce:
            self.problems.append(
                RowProblem(batch[0].lines[0].row, "placed_at", "is before the first published plan")
            )
            return
        placed = []
        for order, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refused):
                self.problems += _refused(order, answer)
            else:
                placed.append((order, answer))
        if not self.problems:
            self._follow(
                placed, [s for s, a in zip(sales, answers, strict=True) if isinstance(a, Placed)]
            )

    def _follow(self, placed: Sequence[tuple[Order, Placed]], sales: Sequence[Sale]) -> None:
        """All that happened to these orders after they were placed."""
        keys = [(answer.home_id, answer.order_id) for _, answer in placed]
        orders = [order for order, _ in placed]
        known = sum(answer.replayed for _, answer in placed)
        self.done.known += known
        self.done.new += len(placed) - known
        self.done.paid += history.pay(self.work, sales, [answer for _, answer in placed])
        self.done.shipped += history.ship(
            self.work,
            {key: o.shipped_at for key, o in zip(keys, orders, strict=True) if o.shipped_at},
        )
        self.done.delivered += history.deliver(
            self.work,
            {key: o.delivered_at for key, o in zip(keys, orders, strict=True) if o.delivered_at},
        )
        self.done.refunds += history.refund(
            self.work,
            [one for key, o in zip(keys, orders, strict=True) for one in _refunds(key, o)],
        )

    def _sale(self, order: Order) -> Sale:
        said = order.said
        home, store = self.stores[said["storefront"]]
        wanted = OrderWanted(
            storefront_id=store,
            home_id=home,
            channel="import",
            key=f"imported order: {said['external_id']}",
            fingerprint=_fingerprint(order),
            currency=said["currency"],
            locale=said["locale"] or "en",
            client=ClientDetails(
                name=said["client_name"], email=said["client_email"], phone=said["client_phone"]
            ),
            address=Address(
                line1=said["address_line1"],
                line2=said["address_line2"],
                postal_code=said["postal_code"],
                city=said["city"],
                country=said["country"],
            ),
            lines=[LineWanted(line.sku, line.quantity, line.total_minor) for line in order.lines],
            external_id=said["external_id"],
            code=said["code"],
            placed_at=order.placed_at,
            delivered_at=None if _refunded_before_delivery(order) else order.delivered_at,
        )
        return Sale(wanted, order.paid_at, said["payment_reference"])

    def _put_on_shelf(self, batch: Sequence[Order], sales: Sequence[Sale]) -> None:
        """What left in the past had come before: receive it, so that today's shelf stays as it is."""
        gone: dict[str, int] = {}
        known = self._known(sales)
        for order, sale in zip(batch, sales, strict=True):
            if (
                order.shipped_at
                and (sale.wanted.storefront_id, sale.wanted.external_id) not in known
            ):
                for line in order.lines:
                    gone[line.sku] = gone.get(line.sku, 0) + line.quantity
        place = self.work.value(
            "SELECT id FROM location WHERE active ORDER BY position, id LIMIT 1"
        )
        if not gone or place is None:
            return
        goods = self.work.rows(
            """SELECT v.id, v.sku FROM variant v JOIN product p ON p.id = v.product_id
                WHERE v.sku = ANY(%(skus)s::text[]) AND p.kind = 'goods'""",
            skus=list(gone),
        )
        inventory.receive(
            self.work,
            place,
            [(row.id, gone[row.sku]) for row in goods],
            reference=f"import {self.work.id} from row {batch[0].lines[0].row}",
        )

    def _known(self, sales: Sequence[Sale]) -> set[tuple[int, str]]:
        rows: list[Any] = self.work.rows(
            """SELECT storefront_id, external_id FROM orders
                 JOIN unnest(%(homes)s::bigint[], %(stores)s::bigint[], %(externals)s::text[])
                   AS asked (home_id, storefront_id, external_id)
                 USING (home_id, storefront_id, external_id)""",
            homes=[sale.wanted.home_id for sale in sales],
            stores=[sale.wanted.storefront_id for sale in sales],
            externals=[sale.wanted.external_id for sale in sales],
        )
        return {(row.storefront_id, row.external_id) for row in rows}


def _refunded_before_delivery(order: Order) -> bool:
    """Whether all of the money had gone back when the goods arrived."""
    return order.delivered_at is not None and all(
        line.refunded_minor == line.total_minor
        and (line.refunded_at is None or line.refunded_at < order.delivered_at)
        for line in order.lines
    )


def _refunds(key: Key, order: Order) -> Iterator[PastRefund]:
    home, order_id = key
    for no, line in enumerate(order.lines, start=1):
        if line.refunded_minor and line.refunded_at:
            yield PastRefund(
                home,
                order_id,
                reference=f"import, line {no}",
                amount_minor=line.refunded_minor,
                lines=[(no, line.refunded_minor)],
                reason="imported",
                at=line.refunded_at,
            )


def _fingerprint(order: Order) -> bytes:
    """What the order is, without what happened to it later: that may grow from file to file."""
    later = ("paid_at", "payment_reference", "shipped_at", "delivered_at", "placed_at")
    words = [value for name, value in order.said.items() if name not in later]
    lines = [[line.sku, line.quantity, line.total_minor] for line in order.lines]
    whole = json.dumps([words, order.placed_at.isoformat(), lines])
    return hashlib.sha256(whole.encode()).digest()


_FIELDS = {
    "/client/name": "client_name",
    "/client/email": "client_email",
    "/client/phone": "client_phone",
    "/address/line1": "address_line1",
    "/address/line2": "address_line2",
    "/address/postal_code": "postal_code",
    "/address/city": "city",
    "/address/country": "country",
    "/currency": "currency",
    "/external_id": "external_id",
    "/storefront": "storefront",
}


def _refused(order: Order, answer: Refused) -> Iterator[RowProblem]:
    """What intake said of an order, at the rows and columns of the file."""
    if not answer.problems:
        yield RowProblem(order.lines[0].row, "external_id", answer.text())
    for problem in answer.problems:
        parts = problem.pointer.split("/")
        if len(parts) > 2 and parts[1] == "lines" and parts[2].isdigit():
            names = {"agreed_minor": "line_total_minor"}
            name = parts[3] if len(parts) > 3 else "sku"
            yield RowProblem(order.lines[int(parts[2])].row, names.get(name, name), problem.text())
        else:
            name = _FIELDS.get(problem.pointer, "external_id")
            yield RowProblem(order.lines[0].row, name, problem.text())


def _batches(things: Iterable[Order], most: int) -> Iterator[list[Order]]:
    source = iter(things)
    while batch := list(islice(source, most)):
        yield batch


# ---------------------------------------------------------------- the command line


def cli_import(database: Database, path: Path, *, words: TextIO | None = None) -> int:
    """`mainstem import orders FILE`: progress and problems on stderr, the result on stdout."""
    out = words or sys.stderr

    def told(done: int, of: int) -> None:
        print(f"{done:,} of {of:,} orders", file=out, flush=True)

    try:
        imported = orders(database, path, told=told)
    except FileUnreadable as problem:
        print(problem, file=out)
        return 1
    except NothingImported as refused:
        for problem in refused.problems[:SHOWN_MAX]:
            print(f"row {problem.row}, {problem.field}: {problem.reason}", file=out)
        more = len(refused.problems) - SHOWN_MAX
        if more > 0:
            print(f"and {more:,} more", file=out)
        print(f"{len(refused.problems):,} problems; nothing was imported.", file=out)
        return 1
    print(json.dumps({name: getattr(imported, name) for name in Imported.__slots__}))  # noqa: T201
    return 0

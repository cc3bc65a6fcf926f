"""The import of a file of orders: everything in it, or nothing, and the same again is nothing new."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TextIO

from mainstem.importing import history, imported
from mainstem.importing.file import FileLine, Order, OrdersFile, RowProblem
from mainstem.importing.history import Sale
from mainstem.importing.imported import Known, Name, Said
from mainstem.kit.csv_rows import FileUnreadable
from mainstem.kit.db import Database
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.text import unseen_problems
from mainstem.kit.work import Actor, Work
from mainstem.orders import Address, ClientDetails, LineWanted, OrderKey, OrderWanted, Placed
from mainstem.payments import PastRefund
from mainstem.plan.book import NoPlanInForce
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

    def __init__(self, problems: Sequence[RowProblem], *, unit: str = "line") -> None:
        self.problems = list(problems)
        self.unit = unit
        super().__init__(f"{len(self.problems)} problems, nothing was imported.")


def orders(
    database: Database,
    path: Path,
    *,
    encoding: str = "utf-8",
    batch: int = BATCH,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Imported:
    """Bring in a file of orders with all that happened to them, in one transaction.

    The steps are those of everybody: placed, paid, routed, shipped, delivered, refunded, settled.
    Raises NothingImported with every problem, or FileUnreadable.
    """
    file = OrdersFile(path, now=datetime.now(UTC), encoding=encoding)
    try:
        if problems := file.problems():
            raise NothingImported(problems, unit=file.unit)
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
        # Two files that say something new of one order come one after the other.
        self.work.run("SELECT pg_advisory_xact_lock(7240)")
        self.done.orders, self.done.lines = self.file.count()
        self._find_storefronts()
        seen = 0
        for batch in _batches(self.file.orders(), self.batch):
            self._bring(batch)
            seen += len(batch)
            self.told(seen, self.done.orders)
        if self.problems:
            # Leaving by an exception undoes what the accepted ones wrote.
            raise NothingImported(sorted(self.problems), unit=self.file.unit)
        assert seen == self.done.orders == self.done.new + self.done.known, "no order is left out"
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
            RowProblem(self.file.place_of(slug), "storefront", f"does not exist: {slug}")
            for slug in named
            if slug not in self.stores
        ]

    def _bring(self, batch: Sequence[Order]) -> None:
        said = []
        for order in batch:
            if order.said["storefront"] in self.stores:
                told = imported.said_in(order)
                if isinstance(told, list):
                    self.problems += _problems_of(order, told)
                else:
                    said.append((self._name(order), order, told))
        known = imported.known_orders(self.work, [name for name, _, _ in said])
        self._import_new([(order, told) for name, order, told in said if name not in known])
        self._import_changes(
            [(order, told, known[name]) for name, order, told in said if name in known]
        )

    def _name(self, order: Order) -> Name:
        home, store = self.stores[order.said["storefront"]]
        return Name(home, store, order.said["external_id"])

    def _import_new(self, new: Sequence[tuple[Order, Said]]) -> None:
        batch = [order for order, _ in new]
        sales = [self._sale(order, told) for order, told in new]
        for order in batch:
            reference = order.said["payment_reference"]
            problems = [*unseen_problems("/payment_reference", reference)]
            self.problems += _problems_of(order, problems)
        if not batch:
            return
        for order in batch:
            self.problems += imported.repeated(order, unit=self.file.unit)
        self._put_on_shelf(batch)
        try:
            answers = history.place(self.work, sales)
        except NoPlanInForce:
            self.problems.append(
                RowProblem(batch[0].lines[0].at, "placed_at", "is before the first published plan")
            )
            return
        for order, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refused):
                self.problems += _refused(order, answer)
        if self.problems:
            return
        placed = [answer for answer in answers if isinstance(answer, Placed)]
        keys = [(answer.home_id, answer.order_id) for answer in placed]
        self.done.new += len(placed)
        self.done.paid += history.pay(self.work, sales, placed)
        self._follow(
            {
                key: order.shipped_at
                for key, order in zip(keys, batch, strict=True)
                if order.shipped_at
            },
            {
                key: order.delivered_at
                for key, order in zip(keys, batch, strict=True)
                if order.delivered_at
            },
            [
                refund
                for key, order in zip(keys, batch, strict=True)
                for no, line in enumerate(order.lines, start=1)
                if (refund := _refund(key, no, line, line.refunded_minor))
            ],
        )
        imported.keep(
            self.work,
            [
                (self._name(order), key, told, imported.lines_of(order))
                for (order, told), key in zip(new, keys, strict=True)
            ],
        )

    def _import_changes(self, known: Sequence[tuple[Order, Said, Known]]) -> None:
        """What these files know more of known orders than the ones before; no less, and no other."""
        self.done.known += len(known)
        shipped: dict[OrderKey, datetime] = {}
        delivered: dict[OrderKey, datetime] = {}
        refunds: list[tuple[FileLine, PastRefund]] = []
        changed = []
        for order, told, before in known:
            compared = imported.compare(order, told, before, unit=self.file.unit)
            self.problems += compared.problems
            if compared.problems or not compared.is_news:
                continue
            if compared.shipped and order.shipped_at:
                shipped[before.key] = order.shipped_at
            if compared.delivered and order.delivered_at:
                delivered[before.key] = order.delivered_at
            for no, line, more in compared.refunds:
                if refund := _refund(before.key, no, line, more):
                    refunds.append((line, refund))
            changed.append((self._name(order), before.key, told, compared.lines))
        self.problems += imported.too_much(self.work, refunds)
        if not self.problems:
            self._follow(shipped, delivered, [refund for _, refund in refunds])
            imported.keep(self.work, changed)

    def _follow(
        self,
        shipped: Mapping[OrderKey, datetime],
        delivered: Mapping[OrderKey, datetime],
        refunds: Sequence[PastRefund],
    ) -> None:
        """All that happened to these orders after they were placed and paid."""
        self.done.shipped += history.ship(self.work, shipped)
        self.done.delivered += history.deliver(self.work, delivered)
        self.done.refunds += history.refund(self.work, refunds)

    def _sale(self, order: Order, told: Said) -> Sale:
        said = order.said
        home, store = self.stores[said["storefront"]]
        wanted = OrderWanted(
            storefront_id=store,
            home_id=home,
            channel="import",
            key=f"imported order: {said['external_id']}",
            fingerprint=imported.fingerprint(order, told),
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

    def _put_on_shelf(self, batch: Sequence[Order]) -> None:
        """What left in the past had come before: receive it, so that today's shelf stays as it is."""
        gone: dict[str, int] = {}
        for order in batch:
            if order.shipped_at:
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
            reference=f"import {self.work.id} from {self.file.unit} {batch[0].lines[0].at}",
        )


def _refunded_before_delivery(order: Order) -> bool:
    """Whether all of the money had gone back when the goods arrived."""
    return order.delivered_at is not None and all(
        line.refunded_minor == line.total_minor
        and (line.refunded_at is None or line.refunded_at < order.delivered_at)
        for line in order.lines
    )


def _refund(key: OrderKey, no: int, line: FileLine, amount_minor: int) -> PastRefund | None:
    """So much more of a line that went back. Its name says up to which amount."""
    if not amount_minor or not line.refunded_at:
        return None
    home, order_id = key
    return PastRefund(
        home,
        order_id,
        reference=f"import, line {no}, up to {line.refunded_minor}",
        amount_minor=amount_minor,
        lines=[(no, amount_minor)],
        reason="imported",
        at=line.refunded_at,
    )


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
    "/code": "code",
    "/payment_reference": "payment_reference",
}


def _refused(order: Order, answer: Refused) -> Iterator[RowProblem]:
    """What intake said of an order, at its places in the file."""
    if not answer.problems:
        yield RowProblem(order.lines[0].at, "external_id", answer.text())
    yield from _problems_of(order, answer.problems)


def _problems_of(order: Order, problems: Sequence[Problem]) -> Iterator[RowProblem]:
    for problem in problems:
        parts = problem.pointer.split("/")
        if len(parts) > 2 and parts[1] == "lines" and parts[2].isdigit():
            names = {"agreed_minor": "line_total_minor"}
            name = parts[3] if len(parts) > 3 else "sku"
            yield RowProblem(order.lines[int(parts[2])].at, names.get(name, name), problem.text())
        else:
            name = _FIELDS.get(problem.pointer, "external_id")
            yield RowProblem(order.lines[0].at, name, problem.text())


def _batches(things: Iterable[Order], most: int) -> Iterator[list[Order]]:
    source = iter(things)
    while batch := list(islice(source, most)):
        yield batch


# ---------------------------------------------------------------- the command line


def cli_import(
    database: Database, path: Path, *, encoding: str = "utf-8", words: TextIO | None = None
) -> int:
    """`mainstem import orders FILE`: progress and problems on stderr, the result on stdout."""
    out = words or sys.stderr

    def told(done: int, of: int) -> None:
        print(f"{done:,} of {of:,} orders", file=out, flush=True)

    try:
        imported = orders(database, path, encoding=encoding, told=told)
    except FileUnreadable as unreadable:
        print(unreadable, file=out)
        return 1
    except NothingImported as refused:
        for problem in refused.problems[:SHOWN_MAX]:
            where = f"{refused.unit} {problem.at}"
            field = f", {problem.field}:" if problem.field else ""
            print(f"{where}{field} {problem.reason}", file=out)
        more = len(refused.problems) - SHOWN_MAX
        if more > 0:
            print(f"and {more:,} more", file=out)
        many = len(refused.problems)
        summary = "1 problem" if many == 1 else f"{many:,} problems"
        print(f"{summary}; nothing was imported.", file=out)
        return 1
    print(json.dumps({name: getattr(imported, name) for name in Imported.__slots__}))  # noqa: T201
    return 0

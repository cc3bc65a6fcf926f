"""Goods taken for a batch, in order of arrival, and the shelf locked last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mainstem import stock
from mainstem.kit.errors import Problem
from mainstem.kit.work import Work
from mainstem.orders import unpaid
from mainstem.orders.errors import InsufficientStock
from mainstem.orders.placing.draft import Draft, open_ones
from mainstem.orders.placing.writing import Ready, write
from mainstem.orders.unpaid import Held
from mainstem.stock import Shelf


def take_and_write(work: Work, drafts: list[Draft], ready: Ready) -> None:
    """Take the goods and write the orders, the shelf last: others sell from it until we commit.

    If something that it seemed to hold is gone by then, all is undone and done once more, with the
    shelf locked first.
    """
    variants = [variant for draft in drafts for _, variant, _ in draft.needs]
    try:
        with work.pg.transaction():  # inside our own: a savepoint
            shelf = stock.look(work, variants)
            _allocate(drafts, shelf, ready.known.held.copy())
            write(work, open_ones(drafts), ready)
            stock.take(work, shelf.taken)
    except stock.ShelfChanged:
        shelf = stock.lock(work, variants)
        _allocate(drafts, shelf, ready.known.held.copy())
        write(work, open_ones(drafts), ready)
        stock.take(work, shelf.taken)


def _allocate(drafts: list[Draft], shelf: Shelf, held: Held) -> None:
    """Give each order its goods, in order of arrival, and to nobody more than is fair unpaid."""
    for draft in drafts:
        whose = draft.whose
        draft.large = bool(whose) and unpaid.is_large(draft.needs, shelf)
        if no := held.refuse(whose, large=draft.large):
            draft.answer, draft.parts = no, []
            continue
        answer = shelf.allocate(draft.needs) if draft.needs else []
        if isinstance(answer, dict):
            draft.answer, draft.parts = InsufficientStock(*_shortages(draft, answer)), []
        else:
            draft.answer, draft.parts = None, answer
            held.add(whose, large=draft.large)


def _shortages(draft: Draft, free: Mapping[int, int]) -> Iterator[Problem]:
    for no, variant, _ in draft.needs:
        if variant in free:
            yield Problem(f"/lines/{no - 1}/quantity", "insufficient_stock",
                          "There is less of {sku} than you want: {available} in stock.",
                          {"available": free[variant], "sku": draft.wanted.lines[no - 1].sku})  # fmt: skip

"""Accounting on one page: each event is told in the guide as it is posted, and nobody else posts."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

from tests import accounting

from mainstem.ledger import AFFILIATE_ACCOUNTS, postings
from mainstem.ledger.chart import Transfer
from mainstem.ledger.postings import Posting
from mainstem.money import Money

ID, DAY, HELD = UUID(int=7), date(2026, 3, 2), date(2026, 4, 1)
HUNDRED, TWENTY, NOTHING = Money(10000, "SEK"), Money(2000, "SEK"), Money(0, "SEK")
DEMOS = {"demo_funded"}
"""Events of a demo, which no accountant ever sees."""


def happened() -> list[list[Posting]]:
    """Each event of the page, in the page's order, with an example of all that it may do."""
    p, tax, order = postings, TWENTY, (1, ID, "MS-1")
    return [
        [
            p.payment_captured(*order, who, HUNDRED, tax=tax, on=DAY)
            for who in ("stripe", "external")
        ],
        [p.fee_charged(*order, "stripe", TWENTY, on=DAY)],
        [
            p.refund_succeeded(*order, who, HUNDRED, tax=tax, on=DAY)
            for who in ("stripe", "external")
        ],
        [p.refund_failed(*order, who, HUNDRED, tax=tax, on=DAY) for who in ("stripe", "external")],
        [p.dispute_moved(1, ID, 1, "MS-1", HUNDRED, fee=TWENTY, on=DAY)],
        [p.dispute_lost(1, ID, 1, "MS-1", HUNDRED, on=DAY)],
        [p.duplicate_captured(*order, HUNDRED, on=DAY)],
        [p.duplicate_fee_charged(*order, TWENTY, on=DAY)],
        [p.duplicate_refunded(1, "re_1", "MS-1", HUNDRED, on=DAY)],
        [p.duplicate_refund_failed(1, "re_1", "MS-1", HUNDRED, on=DAY)],
        [p.duplicate_disputed(1, ID, "dp_1", 1, "MS-1", HUNDRED, fee=TWENTY, on=DAY)],
        [
            p.commission_settled(1, ID, "goods", 1, "MS-1", "SEK", {(2, held): 300}, on=DAY)
            for held in (HELD, None)
        ],
        [
            p.period_settled(2, ID, "volume", 1, "2026-03", "SEK", {held: 300}, on=DAY)
            for held in (HELD, None)
        ],
        [p.hold_released(2, DAY, 0, "SEK", [(HELD, 300), (DAY, 200)])],
        [p.opening_balance(2, HUNDRED, "Earned elsewhere", on=DAY)],
        [p.payout_reserved(2, ID, "PO-1", HUNDRED, on=DAY)],
        [p.payout_transferred(2, ID, "PO-1", HUNDRED, on=DAY)],
        [p.canceled_payout_transferred(2, ID, "PO-1", HUNDRED, on=DAY)],
        [p.payout_left_bank(2, ID, "PO-1", HUNDRED, "OCR 7", on=DAY)],
        [p.payout_canceled(2, ID, "PO-1", HUNDRED, "Moved away", on=DAY)],
        [p.transfer_reversed(2, "trr_1", "PO-1", HUNDRED, "Moved away", on=DAY)],
        [p.earnings_converted_from(2, ID, HUNDRED, "Changed at 11.2", on=DAY)],
        [p.earnings_converted_into(2, ID, HUNDRED, "Changed at 11.2", on=DAY)],
        [p.store_credit_granted(0, ID, 1, HUNDRED, on=DAY)],
        [p.store_credit_spent(1, ID, 2, "MS-1", HUNDRED, on=DAY)],
        [p.store_credit_expired(0, ID, 3, HUNDRED, on=DAY)],
    ]


def events() -> dict[str, str]:
    """The events of the page by their names in the code, each with its sentence, in page order."""
    return {
        name: (inspect.getdoc(event) or "").splitlines()[0].removesuffix(".")
        for name, event in vars(postings).items()
        if inspect.isfunction(event) and not name.startswith("_") and name not in DEMOS
        if inspect.signature(event).return_annotation == "Posting"
    }


def row(event: str, examples: list[Posting]) -> str:
    """The row of the guide's table: the event, its key's first word, what is debited and credited."""
    posted = [example for example in examples if example is not None]
    keys = {transfer.key.split(":")[0] for transfer in posted}
    assert len(keys) == 1, f"{event}: one event has one kind of key"
    sides = []
    for side in "DC":
        accounts = [e.account for transfer in posted for e in transfer.entries if e.side == side]
        sides.append(", ".join(f"`{account}`" for account in dict.fromkeys(accounts)))
    return f"| {event} | `{keys.pop()}` | {sides[0]} | {sides[1]} |"


def test_the_guides_table_is_the_page_of_postings_event_by_event() -> None:
    table = [
        row(event, examples) for event, examples in zip(events().values(), happened(), strict=True)
    ]
    guide = accounting.GUIDE.read_text()
    told = re.search(r"\| Event \|.*\n\|[-|]+\n((?:\|.*\n)+)", guide)
    assert told
    assert told[1].splitlines() == table


def test_every_event_posts_what_adds_up_to_nothing_under_a_key_of_its_own() -> None:
    posted = [example for examples in happened() for example in examples if example is not None]
    for transfer in posted:
        signed = sum(e.amount_minor if e.side == "C" else -e.amount_minor for e in transfer.entries)
        assert signed == 0, transfer.key
        owners = {e.owner_id for e in transfer.entries if e.account in AFFILIATE_ACCOUNTS}
        assert 0 not in owners, transfer.key


def test_an_event_that_moves_nothing_posts_nothing() -> None:
    assert postings.fee_charged(1, ID, "MS-1", "stripe", NOTHING, on=DAY) is None
    assert postings.dispute_lost(1, ID, 2, "MS-1", NOTHING, on=DAY) is None
    settled: dict[tuple[int, date | None], int] = {(2, HELD): 300, (3, HELD): -300}
    both = postings.commission_settled(1, ID, "goods", 1, "MS-1", "SEK", settled, on=DAY)
    assert sides(both) == [("pending", "C", 300), ("pending", "D", 300)]
    assert postings.commission_settled(1, ID, "goods", 1, "MS-1", "SEK", {}, on=DAY) is None


def test_what_goes_back_is_posted_the_other_way_round() -> None:
    given = postings.dispute_moved(1, ID, 2, "MS-1", Money(-10000, "SEK"), fee=NOTHING, on=DAY)
    assert sides(given) == [("disputes", "C", 10000), ("gateway_cash", "D", 10000)]
    owed = postings.opening_balance(2, Money(-300, "SEK"), "Paid too much there", on=DAY)
    assert sides(owed) == [("opening_balances", "C", 300), ("payable", "D", 300)]


def sides(posting: Posting) -> list[tuple[str, str, int]]:
    assert isinstance(posting, Transfer)
    return [(e.account, e.side, e.amount_minor) for e in posting.entries]


# ---------------------------------------------------------------- nobody else posts

ROOTS = ("platform", "affiliates", "fulfillment", "benchmarks")
HISTORY = "migrations/versions"
WRITES = re.compile(
    r"(?i)\b(?:insert\s+into|update|delete\s+from|copy|truncate)\s+(?:only\s+)?ledger_(?:transfer|entry)\b"
    r"|insert_many\([^)]*ledger_(?:transfer|entry)"
)
POSTS = {"chart", "service", "rebuild", "postings"}
"""The files of the ledger that make, write or (after a restore) renumber postings."""


def sources(root: Path) -> Iterator[Path]:
    for name in ROOTS:
        for path in sorted((root / name).rglob("*")):
            if path.suffix in (".py", ".sql") and HISTORY not in path.as_posix():
                yield path


def test_nobody_but_the_page_makes_postings_and_nobody_but_the_ledger_writes_them(
    root: Path,
) -> None:
    ledger = root / "platform/mainstem/ledger"
    others = [path for path in sources(root) if not (path.parent == ledger and path.stem in POSTS)]
    assert len(others) > 500, "they are found"
    writers = [str(path) for path in others if WRITES.search(path.read_text())]
    makers = [
        f"{path}:{node.lineno}"
        for path in others
        if path.suffix == ".py" and "ledger" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom | ast.Attribute) and makes(node)
    ]
    assert (writers, makers) == ([], [])


def makes(node: ast.AST) -> bool:
    """Whether this is a posting made by hand: its lines, or the posting itself."""
    lines = ("Line", "debit", "credit", "_posting", "Transfer", "moved")
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mainstem.ledger"):
        return any(alias.name in lines for alias in node.names)
    return (
        isinstance(node, ast.Attribute)
        and node.attr in lines
        and isinstance(node.value, ast.Name)
        and node.value.id in ("postings", "ledger", "chart")
    )


def test_a_posting_made_elsewhere_would_be_found() -> None:
    for code in (
        "from mainstem.ledger.chart import Transfer",
        "postings.debit('sales', paid)",
        "ledger.Transfer(1)",
    ):
        assert any(makes(node) for node in ast.walk(ast.parse(code))), code
    assert WRITES.search("insert into ledger_entry (home_id) values (1)")
    assert WRITES.search('insert_many(work, "ledger_entry", rows)')

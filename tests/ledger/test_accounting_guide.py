"""The guide for the accountant names every account, and every event that is booked."""

from __future__ import annotations

import re
from pathlib import Path

from tests import accounting

from mainstem import ledger
from mainstem.kit.db import Database
from mainstem.ledger.chart import Transfer, moved


def test_the_guide_explains_every_account_of_the_chart() -> None:
    assert accounting.accounts() == {*ledger.PARENT_ACCOUNTS, *ledger.AFFILIATE_ACCOUNTS}


def test_the_guide_names_every_event_that_the_code_books(root: Path) -> None:
    """The first words of the keys of postings, as they stand in the code."""
    booked = set()
    for path in sorted((root / "platform" / "mainstem").rglob("*.py")):
        text = path.read_text()
        if "Transfer(" in text and "simulate" not in path.parts:
            booked |= set(re.findall(r'f"(\w+):\{', text))
    known = set(accounting.events())
    assert known <= booked | {"dispute", "dispute_lost", "opening_balance"}
    assert {"capture", "refund", "commission", "payout", "transfer", "conversion"} <= known


def test_what_is_booked_otherwise_is_found(database: Database) -> None:
    with database.work() as work:
        assert accounting.unexplained(work) == []
        entries = moved(0, "write_off", -100) + moved(0, "sales", 100)
        day = work.now().date()
        ledger.post(work, [Transfer(0, "gift:1", "A gift", "SEK", day, entries)])
        assert accounting.unexplained(work) == ["gift: sales C", "gift: write_off D"]

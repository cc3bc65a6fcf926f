"""What a payout consists of, as its page says it to the affiliate and to staff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from uuid import UUID

import msgspec

from mainstem.kit.locale import Language
from mainstem.money import Money
from mainstem.payouts import PayoutContents, PayoutLine

KINDS = {
    "released": "Commission whose return window was over",
    "credited": "Commission that was payable at once",
    "went_back": "Commission that went back after it had become payable",
    "converted": "Converted from or into another currency",
    "canceled": "An earlier payout that was cancelled: payable again",
    "brought_in": "Brought in from another programme",
    "sent_after_all": "A cancelled payout that was sent after all",
    "other": "Adjustment",
}


class LineView(msgspec.Struct, frozen=True):
    """One movement in a payout, as the page shows it."""

    on: date
    what: str
    number: str
    url: str | None
    level: int
    amount: Money


def sums_of(language: Language, it: PayoutContents) -> list[tuple[str, Money]]:
    """How the amount arose, from the opening balance to the payout itself; the last is the sum."""
    opening = (
        language.text("Left over by payout {number}").format(number=it.before[1])
        if it.before
        else language.text("Before the first payout")
    )
    sums = [(opening, it.opening)]
    sums += [(language.text(KINDS[kind]), amount) for kind, amount in it.parts]
    if it.gap:
        sums.append((language.text("Booked while the payout was being reserved"), it.gap))
    if it.left:
        sums.append((language.text("Stays payable, for the next payout"), -it.left))
    return [*sums, (language.text("This payout"), it.amount)]


def rows_of(
    language: Language,
    lines: Sequence[PayoutLine],
    url_of: Callable[[int, UUID], str | None],
    *,
    with_reasons: bool = False,
) -> list[LineView]:
    """The movements. `with_reasons` adds the ledger's own words where there is no order."""
    return [
        LineView(
            on=line.on,
            what=language.text(KINDS[line.kind])
            + (f" · {line.reason}" if with_reasons and line.reason else ""),
            number=line.order[2] if line.order else line.period,
            url=url_of(line.order[0], line.order[1]) if line.order else None,
            level=line.level,
            amount=line.amount,
        )
        for line in lines
    ]

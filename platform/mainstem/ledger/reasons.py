"""What a posting is for, in the reader's language.

A reason is stored as an English sentence and never changes. It is told by the sentence that it was made
of, with the facts that stand in it; what a person wrote, or another programme, stays as it was written.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import cycle

from mainstem.kit.locale import Language

SENTENCES = (
    "Payment of order {order}",
    "Gateway's fee on order {order}",
    "Refund on order {order}",
    "Failed refund put back on order {order}",
    "Dispute on order {order}",
    "Lost dispute on order {order}",
    "Dispute not lost after all on order {order}",
    "Duplicate payment of order {order}",
    "Gateway's fee on the duplicate payment of order {order}",
    "Duplicate payment refunded, order {order}",
    "Refund of a duplicate payment failed, order {order}",
    "Dispute of the duplicate payment of order {order}",
    "Commission on order {order}",
    "Commission for {period}",
    "Hold over on {day}",
    "Payout {number} reserved",
    "Payout {number} transferred",
    "Payout {number} paid by bank: {reference}",
    "Payout {number} paid by bank",
    "Payout {number} canceled: {reason}",
    "Changed at {rate} {to} per {currency}, {source}",
    "Moved from the bank to the gateway",
    "Store credit granted",
    "Store credit taken back",
    "Store credit spent on order {order}",
    "Store credit given back of order {order}",
    "Store credit expired",
)
"""Every sentence of ours that a posting may be for, with the facts that stand in it."""

_WRITTEN = {"reference", "reason", "source"}
"""Facts that somebody wrote: any text, where the others are one word."""


def reason_in_words(reason: str, language: Language) -> str:
    """The reason of a posting, told in this language; as it stands, where it is no sentence of ours."""
    for sentence in SENTENCES:
        if found := _shape(sentence).fullmatch(reason):
            return language.text(sentence).format(**found.groupdict())
    return reason


@cache
def _shape(sentence: str) -> re.Pattern[str]:
    """What a text looks like that was made of this sentence."""
    parts = [
        f"(?P<{part}>{'.+' if part in _WRITTEN else r'[^ ]+'})" if is_fact else re.escape(part)
        for part, is_fact in zip(
            re.split(r"\{(\w+)\}", sentence), cycle((False, True)), strict=False
        )
    ]
    return re.compile("".join(parts), re.DOTALL)

"""Which of several languages a reader gets, by what the browser asks for (RFC 9110, 12.5.4)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from babel import negotiate_locale

_QUALITY = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)


def negotiate(accepted: str | None, offered: Sequence[str]) -> str:
    """The offered language that an Accept-Language header likes best; the first if it likes none.

    What it likes equally is taken as it comes, and what it gives no quality at all is not taken
    as long as anything else is on offer.
    """
    asked: list[tuple[float, str]] = []
    for part in (accepted or "").split(","):
        tag, _, parameter = (piece.strip().lower() for piece in part.partition(";"))
        quality = _QUALITY.fullmatch(parameter)
        if tag and (quality or not parameter):
            asked.append((float(quality[1]) if quality else 1.0, tag))
    named = {tag for _, tag in asked}
    left = [one for one in offered if (0.0, one) not in asked] or list(offered)
    liked: list[str] = []
    for liking, tag in sorted(asked, key=lambda one: -one[0]):
        if liking:
            liked += [one for one in left if one not in named] if tag == "*" else [tag]
    return negotiate_locale(liked, left, sep="-") or left[0]

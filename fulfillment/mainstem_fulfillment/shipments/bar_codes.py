"""Bar codes on goods, as they are scanned and as they are kept."""

from __future__ import annotations


def gtins_of(scanned: str) -> list[str]:
    """The ways in which a bar code on goods may be kept, whatever zeros the scanner gave it."""
    code = scanned.strip()
    digits = code.lstrip("0")
    if not (digits and code.isascii() and code.isdigit()):
        return []
    return [digits.zfill(length) for length in (8, 12, 13, 14) if len(digits) <= length]

"""Addresses inside a storefront, each carrying the referral that led here.

The referral lives in the address alone: no cookie is set for it, so none needs consent. Pages that
are kept for everybody are drawn with a mark in its place.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from litestar import Request

ROOT = "/s"
FIRST_MARK = "REFERRAL-COMES-FIRST-HERE"
NEXT_MARK = "REFERRAL-COMES-NEXT-HERE"
_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")


def referral_of(request: Request[Any, Any, Any]) -> str:
    """The code of the link that led here; empty where there is none that could be one."""
    code = request.query_params.get("ref", "").strip().upper()
    return code if _CODE.fullmatch(code) else ""


class Links:
    """Addresses of one storefront. `referral` None marks the place for `fill`."""

    def __init__(self, slug: str, referral: str | None, *, is_own_host: bool = False) -> None:
        """On a host of its own a storefront stands at the root of it."""
        self.home = "" if is_own_host else f"{ROOT}/{slug}"
        self._first = FIRST_MARK if referral is None else f"?ref={referral}" if referral else ""
        self._next = NEXT_MARK if referral is None else f"&ref={referral}" if referral else ""

    def __call__(self, path: str = "", **query: str) -> str:
        """The address of a page of this storefront."""
        url = f"{self.home}/{path}" if path else self.home or "/"
        return f"{url}?{urlencode(query)}{self._next}" if query else f"{url}{self._first}"


class Nowhere(Links):
    """Addresses that lead nowhere: those of a storefront that is only looked at."""

    def __init__(self) -> None:
        super().__init__("", "")

    def __call__(self, path: str = "", **query: str) -> str:
        """The page itself."""
        return "#"


def fill(page: bytes, referral: str) -> bytes:
    """A kept page with this visitor's referral in every address."""
    first, then = (f"?ref={referral}", f"&amp;ref={referral}") if referral else ("", "")
    return page.replace(FIRST_MARK.encode(), first.encode()).replace(
        NEXT_MARK.encode(), then.encode()
    )

"""Whose pages these are: the company's name and logo, as every head shows them.

Looked up at most every other second and kept between, since even a page that only says no has a head.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
from litestar import Request

from mainstem import company
from mainstem.company import Face
from mainstem.kit.work import CLIENT
from mainstem.web.context import Connection, app_context_of
from mainstem.web.works import in_work

PRODUCT = "Mainstem"
"""What this is called until a company has said who it is; and in the foot of its own pages after."""
FRESH_SECONDS = 2
LOGO_MAX = (180, 36)
"""How large a logo stands in a head, in pixels: room for it is kept before it is there."""


class Brand(msgspec.Struct, frozen=True):
    """A name and, where there is one, a logo: the picture's name, and how large it is shown."""

    name: str = PRODUCT
    logo: str = ""
    size: tuple[int, int] = (0, 0)


class Kept:
    """The brand as it was last looked up in this process."""

    def __init__(self) -> None:
        self.brand = Brand()
        self.looked_at = float("-inf")


def brand_of(connection: Connection) -> Brand:
    """The brand as far as this process knows it."""
    return app_context_of(connection).parts.get(Kept).brand


async def look(request: Request[Any, Any, Any]) -> None:
    """Look it up before a page is drawn, if nobody has just now."""
    kept = app_context_of(request).parts.get(Kept)
    if time.monotonic() - kept.looked_at < FRESH_SECONDS:
        return
    kept.looked_at = time.monotonic()  # whoever comes meanwhile need not look as well
    kept.brand = branded(await in_work(request, CLIENT, company.face))


def branded(face: Face) -> Brand:
    """How a head shows this company."""
    if face.logo is None:
        return Brand(face.name or PRODUCT)
    return Brand(face.name, face.logo.hash, face.logo.fitted(*LOGO_MAX))

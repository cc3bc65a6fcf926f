"""The picture that stands beside a shared link: the shop's name in its own colours.

Its address says what is on it, so it may be kept for ever; a shop that is called otherwise has another.
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath
from PIL import Image, ImageDraw, ImageFont

from mainstem.kit.errors import NotFound
from mainstem.paths import STATIC
from mainstem.web import redirect
from mainstem_affiliates import themes
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront, cached_storefront_of
from mainstem_affiliates.themes import Theme

WIDTH, HEIGHT = 1200, 630
_MARGIN = 96
_FOREVER = "public, max-age=31536000, immutable"
_USUAL = Theme(themes.USUAL, themes.PALETTES[themes.USUAL].typeface)
_LARGEST, _SMALLEST = 120, 40
_LINES_MAX = 3


def share_path(storefront: CachedStorefront, locale: str) -> str:
    """The path of the picture below its storefront, in one language."""
    design = storefront.design or _USUAL
    said = "\n".join(
        (themes.VERSION, storefront.name, storefront.text(locale, "tagline"), design.file)
    )
    return f"share/{locale}-{hashlib.sha256(said.encode()).hexdigest()[:16]}.png"


@get("/s/{slug:str}/share/{file:str}")
async def share_picture(
    request: Request[Any, Any, Any], slug: FromPath[str], file: FromPath[str]
) -> Response[bytes]:
    """The picture of a shop; an earlier one leads to that of now."""
    storefront = await cached_storefront_of(request, slug)
    locale = file.partition("-")[0]
    if locale not in storefront.locales:
        raise NotFound("picture")
    path = share_path(storefront, locale)
    if path != f"share/{file}":
        return redirect(request, f"/s/{slug}/{path}")

    def draw() -> bytes:
        return storefront.page((locale, "share", path), lambda: drawn(storefront, locale))

    return Response(
        await sync_to_thread(draw),
        media_type="image/png",
        headers={"cache-control": _FOREVER, "cross-origin-resource-policy": "cross-origin"},
    )


def drawn(storefront: CachedStorefront, locale: str) -> bytes:
    """The picture: the name as large as it fits, the tagline below it, and a bar in the accent."""
    colours = themes.colours((storefront.design or _USUAL).declarations())
    paper, ink, soft, accent = (
        colours[name].light.hex for name in ("paper", "ink", "ink-soft", "accent")
    )
    picture = Image.new("RGB", (WIDTH, HEIGHT), paper)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, HEIGHT - 36, WIDTH, HEIGHT), fill=accent)
    draw.rectangle((_MARGIN, _MARGIN, _MARGIN + 120, _MARGIN + 14), fill=accent)
    size, lines = _fitted(storefront.name)
    at = _MARGIN + 70
    for line in lines:
        draw.text((_MARGIN, at), line, font=_font(800, size), fill=ink)
        at += round(size * 1.15)
    tagline = _broken(storefront.text(locale, "tagline"), 400, 38)[:2]
    for line in tagline:
        draw.text((_MARGIN, at + 24), line, font=_font(400, 38), fill=soft)
        at += 50
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _fitted(name: str) -> tuple[int, list[str]]:
    """The largest size in which a name fits, and its lines."""
    for size in range(_LARGEST, _SMALLEST, -8):
        lines = _broken(name, 800, size)
        if len(lines) <= _LINES_MAX and all(_wide(line, 800, size) <= _room() for line in lines):
            return size, lines
    return _SMALLEST, _broken(name, 800, _SMALLEST)[:_LINES_MAX]


def _broken(text: str, weight: int, size: int) -> list[str]:
    """A text in lines that fit, broken between words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _wide(longer, weight, size) <= _room():
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _room() -> int:
    return WIDTH - 2 * _MARGIN


def _wide(text: str, weight: int, size: int) -> float:
    return _font(weight, size).getlength(text)


def _font(weight: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(STATIC / "fonts" / f"inter-{weight}.woff2", size)


routes = [share_picture]

"""Style sheets of themes: made from what their addresses say, and kept by browsers for ever."""

from __future__ import annotations

import hashlib

from litestar import Response, get
from litestar.params import FromPath

from mainstem.kit.errors import NotFound
from mainstem_affiliates import themes
from mainstem_affiliates.contract import Storefront, installed

_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=60"


def module_sheet_url(module: Storefront) -> str:
    """Where the style sheet of a module is; another release of it has another address."""
    return f"/theme/{_digest(module.css)}/module.{module.slug}.css"


def _digest(css: str) -> str:
    return hashlib.sha256(css.encode()).hexdigest()[:12]


@get("/theme/{version:str}/{file:str}")
async def theme_sheet(version: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """The style sheet of one theme, or the swatch of a palette. A page from before a release asks for
    an older version, and may keep today's for a moment only."""
    if (
        module := installed().get(file.removeprefix("module.").removesuffix(".css"))
    ) and module.css:
        kept = _FOREVER if version == _digest(module.css) else _BRIEFLY
        return Response(module.css.encode(), media_type="text/css", headers={"cache-control": kept})
    headers = {"cache-control": _FOREVER if version == themes.VERSION else _BRIEFLY}
    if file.removesuffix(".svg") in themes.PALETTES:
        drawn = themes.swatch(file.removesuffix(".svg"))
        return Response(drawn, media_type="image/svg+xml", headers=headers)
    theme = themes.named(file)
    if theme is None:
        raise NotFound("page")
    return Response(themes.sheet(theme), media_type="text/css", headers=headers)


routes = [theme_sheet]

"""Style sheets of themes: made from what their addresses say, and kept by browsers for ever."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from mainstem.kit.errors import NotFound
from mainstem_affiliates import themes

_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=60"


@get("/theme/{version:str}/{file:str}")
async def theme_sheet(version: FromPath[str], file: FromPath[str]) -> Response[bytes]:
    """The style sheet of one theme, or the swatch of a palette. A page from before a release asks for
    an older version, and may keep today's for a moment only."""
    headers = {"cache-control": _FOREVER if version == themes.VERSION else _BRIEFLY}
    if file.removesuffix(".svg") in themes.PALETTES:
        drawn = themes.swatch(file.removesuffix(".svg"))
        return Response(drawn, media_type="image/svg+xml", headers=headers)
    theme = themes.named(file)
    if theme is None:
        raise NotFound("page")
    return Response(themes.sheet(theme), media_type="text/css", headers=headers)


routes = [theme_sheet]

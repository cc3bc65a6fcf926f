"""The catalogue at the console: pictures, files on their way in and out, and many changes at once."""

from __future__ import annotations

from typing import Any

from mainstem.console.catalogue import bulk, file_page, files, pictures

routes: list[Any] = [*pictures.routes, *files.routes, *bulk.routes]

UPLOADS = {
    "/console/pictures": pictures.FORM_MAX,
    file_page.PAGE: files.FORM_MAX,
}
"""How much each route that takes a file reads of it."""

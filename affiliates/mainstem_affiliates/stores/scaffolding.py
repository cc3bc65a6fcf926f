"""A new storefront module, written as a small package that can be installed and tested at once."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from mainstem.kit.documents import SLUG_SHAPE
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem_affiliates.editor import is_reserved

_FROM = Path(__file__).with_name("scaffold")
_SLUG = re.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*")
SLUG_MAX = 40


class FolderInUse(Refused):
    """Something stands there already, and is not written over."""

    code = "folder_in_use"
    message = "{folder} is not empty; nothing was written."


def scaffold(slug: str, folder: Path) -> list[Path]:
    """Write the package of a new storefront into a folder; its files. Raises InvalidInput for a name
    that no shop can have, and FolderInUse."""
    if not _SLUG.fullmatch(slug) or len(slug) > SLUG_MAX:
        raise InvalidInput(Problem("/name", "invalid_field", SLUG_SHAPE))
    if is_reserved(slug):
        message = "This word is kept for the company. Choose one of your own."
        raise InvalidInput(Problem("/name", "reserved", message))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FolderInUse(folder=str(folder))
    package = f"{slug.replace('-', '_')}_storefront"
    words = {"slug": slug, "package": package, "title": slug.replace("-", " ").title()}
    written = []
    for source in sorted(_FROM.rglob("*.tmpl")):
        inside = source.relative_to(_FROM).with_suffix("").as_posix()
        path = folder / inside.replace("package/", f"{package}/", 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(Template(source.read_text("utf-8")).substitute(words), "utf-8")
        written.append(path)
    return written

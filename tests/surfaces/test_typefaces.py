"""Typefaces: two families ship with the product, and no page asks for more than sixty kilobytes of them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from tests.surfaces.conftest import Open

from mainstem.paths import STATIC
from mainstem.web.static import StaticFiles

FONTS = STATIC / "fonts"
PAGE_MAX = 60_000
SHEETS = ("console", "pages", "portal", "storefront")
_FACE = re.compile(r"@font-face \{(.*?)\}", re.S)


def faces(sheet: str) -> list[dict[str, str]]:
    """What a style sheet, as it is sent, says of each face that it loads."""
    files = StaticFiles(STATIC)
    answer = files.answer(files.url(f"css/{sheet}.css"), {})
    assert answer is not None
    found = [
        dict(re.findall(r"([a-z-]+): (.*?)(?:;|$)", " ".join(face.split()).strip()))
        for face in _FACE.findall(answer.body.decode())
    ]
    assert found, sheet
    return found


def asked_for(sheet: str) -> set[str]:
    """The files that a page with this style sheet may ask for, whatever is written on it."""
    sources = [re.findall(r'url\("([^"]+)"\)', face["src"]) for face in faces(sheet)]
    return {Path(url).name for urls in sources for url in urls}


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_page_asks_for_no_more_than_sixty_kilobytes_of_typefaces(sheet: str) -> None:
    files = asked_for(sheet)
    assert sum((FONTS / name).stat().st_size for name in files) <= PAGE_MAX
    assert files == {
        "inter-latin.woff2", "inter-latin-ext.woff2",
        "newsreader-latin.woff2", "newsreader-latin-ext.woff2",
    }  # fmt: skip


@pytest.mark.parametrize("sheet", SHEETS)
def test_words_show_at_once_and_stay_where_they_are(sheet: str) -> None:
    for face in faces(sheet):
        if "url(" in face["src"] and face["font-family"] != '"Inter Notice"':
            assert face["font-display"] == "swap", face
        elif "local(" in face["src"]:
            assert {"size-adjust", "ascent-override", "descent-override"} <= face.keys(), face
    tokens = (STATIC / "css" / "tokens.css").read_text("utf-8")
    assert '--sans: "Inter", "Inter Stand-in",' in tokens
    assert '--serif: "Newsreader", "Newsreader Stand-in",' in tokens


def test_each_typeface_has_its_licence_and_is_the_file_that_was_made() -> None:
    told = (FONTS / "README.md").read_text("utf-8")
    rows = re.findall(r"\| `([\w-]+\.woff2)` \|.*\| (\d+) \| `([0-9a-f]{64})` \|", told)
    assert {name for name, _, _ in rows} == asked_for("storefront")
    for name, size, sha256 in rows:
        body = (FONTS / name).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (int(size), sha256), name
    for licence in ("INTER-4-LICENSE.txt", "INTER-LICENSE.txt", "NEWSREADER-LICENSE.txt"):
        assert "SIL Open Font License, Version 1.1" in (FONTS / licence).read_text("utf-8")


def test_typefaces_are_kept_for_good_and_come_from_nowhere_else(open_app: Open) -> None:
    reader = open_app()
    page = reader.get("/")
    policy = page.headers["content-security-policy"]
    assert "font-src 'self';" in policy
    [url] = re.findall(r'<link rel="preload" href="([^"]+)" as="font"', page.text)
    font = reader.get(url)
    assert font.status_code == 200
    assert font.headers["content-type"] == "font/woff2"
    assert font.headers["cache-control"] == "public, max-age=31536000, immutable"

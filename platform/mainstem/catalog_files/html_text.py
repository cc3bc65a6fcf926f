"""HTML as plain text, read once from its beginning to its end.

A file may hold anything between two angle brackets. The standard library's parser looks through all
that follows for the end of each mark that has none, so that one cell could keep a process for hours.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from typing import Literal

_BLOCKS = {
    "p", "div", "br", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "table", "section",
    "article", "blockquote", "hr", "dt", "dd",
}  # fmt: skip
_SILENT = {"script", "style", "iframe", "object", "noscript", "template", "head", "svg"}
_RAW = {"script", "style"}
_DEPTH_MAX = 50

_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9:-]*)")
_REST = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_REST_MAX = 2000
"""So far an angle bracket may stand in quotation marks within a tag; beyond that the first one ends it."""

Token = tuple[Literal["text", "begin", "end"], str]


def plain_text(html: str) -> str:
    """What HTML says, as text with lines; scripts, styles and every mark are gone."""
    if "<" not in html and "&" not in html:
        return html.strip()
    text = re.sub(r"[ \t\u00a0]+", " ", "".join(_spoken(html)))
    text = re.sub(r" ?\n ?", "\n", text)
    text = re.sub(r"^- *\n+", "- ", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _spoken(html: str) -> Iterator[str]:
    silent: list[str] = []
    for kind, said in _tokens(html):
        if kind == "text":
            if not silent:
                yield entities.unescape(said)
        elif kind == "begin" and said in _SILENT:
            silent += [said] if len(silent) < _DEPTH_MAX else []
        elif kind == "end" and said in silent:
            while silent.pop() != said:
                pass
        elif said in _BLOCKS:
            yield "\n\n" if (kind, said) == ("begin", "p") else "\n"
            if (kind, said) == ("begin", "li"):
                yield "- "


def _tokens(html: str) -> Iterator[Token]:
    """Texts and tags in their order. Nothing is looked at twice but the inside of one tag."""
    at = 0
    while (mark := html.find("<", at)) >= 0:
        yield "text", html[at:mark]
        tag = _TAG.match(html, mark + 1)
        if tag is None:
            at, text = _beside(html, mark)
            yield "text", text
            continue
        at = _end_of(html, tag.end())
        if not at:
            yield "text", html[mark:]
            return
        name = tag[2].lower()
        yield ("end" if tag[1] else "begin"), name
        if html[at - 2] == "/" and name in _SILENT:
            yield "end", name
        elif name in _RAW and not tag[1]:
            at = _end_of_raw(html, at, name)
    yield "text", html[at:]


def _beside(html: str, mark: int) -> tuple[int, str]:
    """Where what is no tag ends, and what it says: nothing where it is a comment or the like."""
    for begin, end in (("<!--", "-->"), ("<!", ">"), ("<?", ">")):
        if html.startswith(begin, mark):
            found = html.find(end, mark + len(begin))
            return (len(html) if found < 0 else found + len(end)), ""
    return mark + 1, "<"


def _end_of(html: str, at: int) -> int:
    """Where a tag ends; 0 where it does not."""
    quoted = _REST.match(html, at, at + _REST_MAX)
    return quoted.end() if quoted else html.find(">", at) + 1


def _end_of_raw(html: str, at: int, name: str) -> int:
    found = re.compile(f"</{name}", re.IGNORECASE).search(html, at)
    return found.start() if found else len(html)

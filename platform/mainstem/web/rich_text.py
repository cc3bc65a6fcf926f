"""Texts with headings, lists and links, as people write them: Markdown, and nothing that runs."""

from __future__ import annotations

from markdown_it import MarkdownIt
from markupsafe import Markup

# Markup of their own is shown as text, and a link leads only where a link may lead.
_markdown = MarkdownIt("commonmark", {"html": False})


def rich(text: str) -> Markup:
    """The text as HTML. Its highest headings come right below that of the page."""
    tokens = _markdown.parse(text)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 2, 6)}"
    return Markup(_markdown.renderer.render(tokens, _markdown.options, {}))  # noqa: S704

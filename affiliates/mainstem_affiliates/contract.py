"""What a storefront is to the platform: its data, and two hooks. This page is the whole promise.

Most storefronts are a row in the database and nothing else. One with ideas of its own is a module,
here in `stores/` or installed from elsewhere, that names a `Storefront` as an entry point:

    [project.entry-points."mainstem.storefronts"]
    langkok = "my_shop:storefront"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

Goods = TypeVar("Goods")
GROUP = "mainstem.storefronts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Storefront:
    """A shop of one affiliate. A module may subclass it to answer the hooks differently.

    `texts` holds per language what the shop says: headline, tagline, intro, about, disclosure,
    programme, `opening` (a line above everything); `hero` (a picture's file) and `categories`
    ({category: its name}). Its key `seller` is the parent: {name, number, address, email}. What is
    missing is left out of the page.
    """

    slug: str
    name: str
    languages: Sequence[str]
    currency: str
    theme: str = ""
    """A palette (`themes`), or the name of a class that the module's own style sheet knows."""
    typeface: str = ""  # one of `themes`; empty for the one that goes with the palette
    accent: str = ""  # a colour of its own, such as `#8a3324`, in place of the palette's
    assortment: Sequence[str] | None = None
    """Product slugs in the shop's order; None sells everything."""
    departments: Sequence[str] | None = None
    """Departments in the shop's order, `services` among them; None shows all."""
    featured: Sequence[str] = ()
    """Product slugs that stand before all others."""
    arrangement: str = ""
    """How the rest is arranged: as the assortment has it, or by `newest`, `price` or `name`."""
    texts: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    stylesheet: str | None = None
    """Address of a style sheet below /static that is laid over the theme."""
    css: str = ""
    """A style sheet of the module's own, laid over everything else: served at an address of its own."""

    def arrange(self, goods: Sequence[Goods]) -> Sequence[Goods]:
        """The goods of the home page, in the order in which they are shown. May leave some out."""
        return goods

    def stock_note(self, free: int) -> str | None:
        """An English sentence about stock in place of ours (translated by catalogue), or None."""
        return None


@cache
def installed() -> Mapping[str, Storefront]:
    """Every storefront module of this installation, by slug."""
    found = [entry.load() for entry in entry_points(group=GROUP)]
    assert all(isinstance(one, Storefront) for one in found), f"{GROUP} names Storefronts"
    return {one.slug: one for one in found}

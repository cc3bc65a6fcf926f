"""A list of products as a visitor wants it: sorted, narrowed, and page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from mainstem.money import MINOR_MAX, exponent
from mainstem.web.forms import whole_number
from mainstem_affiliates.storefront.assortment import PAGE, Product
from mainstem_affiliates.storefront.links import Links

SORTS = {
    "": "As we show it",
    "price": "Lowest price first",
    "price-down": "Highest price first",
    "newest": "Newest first",
    "name": "By name",
}
"""How a list can be sorted, and what that is called; every value is a message to translate."""


class Pager(msgspec.Struct, frozen=True):
    """The pages of a product list: which of how many this is, and the links beside it."""

    no: int
    of: int
    previous_url: str | None
    next_url: str | None


class Wanted(msgspec.Struct, frozen=True):
    """How a visitor wants a list. Prices are in whole units of the storefront's currency."""

    sort: str = ""
    in_stock: bool = False
    price_from: int | None = None
    price_to: int | None = None
    department: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The same as an address says it; what is not wanted is not there."""
        said = {
            "sort": self.sort,
            "stock": "1" if self.in_stock else "",
            "from": "" if self.price_from is None else str(self.price_from),
            "to": "" if self.price_to is None else str(self.price_to),
            "department": self.department,
        }
        return {name: value for name, value in said.items() if value}

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.query.keys() - {"sort"})

    @property
    def repeats(self) -> bool:
        """Whether others will want the very same, so that the page is worth keeping."""
        return self.price_from is None and self.price_to is None


def wanted(parameters: Mapping[str, str]) -> Wanted:
    """What an address asks for; what makes no sense in it is not asked for."""
    sort = parameters.get("sort", "")
    return Wanted(
        sort=sort if sort in SORTS else "",
        in_stock=parameters.get("stock", "") == "1",
        price_from=whole_number(parameters.get("from", "")),
        price_to=whole_number(parameters.get("to", "")),
        department=parameters.get("department", "")[:61],
    )


def listed(products: Sequence[Product], asked: Wanted, currency: str) -> Sequence[Product]:
    """The products that are wanted, in the order that is wanted."""
    if asked.narrows:
        products = [one for one in products if _fits(one, asked, currency)]
    match asked.sort:
        case "price":
            return sorted(products, key=_by_price)
        case "price-down":
            return sorted(products, key=lambda one: _by_price(one, sign=-1))
        case "newest":
            return sorted(products, key=lambda one: one.created_at, reverse=True)
        case "name":
            return sorted(products, key=lambda one: one.name.casefold())
    return products


def _fits(product: Product, asked: Wanted, currency: str) -> bool:
    if asked.in_stock and product.is_sold_out:
        return False
    if asked.department and product.category != asked.department:
        return False
    if asked.price_from is None and asked.price_to is None:
        return True
    unit = 10 ** exponent(currency)
    least, most = (asked.price_from or 0) * unit, MINOR_MAX
    if asked.price_to is not None:
        most = asked.price_to * unit
    return product.price is not None and least <= product.price.minor <= most


def _by_price(product: Product, *, sign: int = 1) -> tuple[bool, int]:
    """Where a product stands among others: those without a price come last."""
    price = product.price
    return (True, 0) if price is None else (False, sign * price.minor)


def page_no(parameters: Mapping[str, str], count: int) -> int:
    """Which page of a list is asked for: one that there is, whatever the address says."""
    asked = parameters.get("page", "")
    no = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1
    return max(1, min(no, pages(count)))


def pages(count: int) -> int:
    """How many pages so many products fill."""
    return -(-count // PAGE) or 1


def pager(url: Links, path: str, no: int, count: int, query: Mapping[str, str]) -> Pager:
    """The links beside a page of a list."""

    def at(other: int) -> str:
        return url(path, **query, **({"page": str(other)} if other > 1 else {}))

    last = pages(count)
    return Pager(no, last, at(no - 1) if no > 1 else None, at(no + 1) if no < last else None)


def choices(text: Callable[[str], str]) -> list[tuple[str, str]]:
    """The ways to sort, as (value, name)."""
    return [(key, text(name)) for key, name in SORTS.items()]

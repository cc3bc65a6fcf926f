"""Orders, narrowed to what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit import paging, search_terms
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money

PAGE = 50


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order as a list shows it."""

    home_id: int
    id: UUID
    number: str
    state: str
    payment_status: str
    fulfillment_status: str
    currency: str
    total_minor: int
    placed_at: datetime
    client: str
    storefront: str

    @property
    def total(self) -> Money:
        """What the client pays."""
        return Money(self.total_minor, self.currency)


@dataclass(frozen=True, slots=True)
class StorefrontChoice:
    """A storefront that a list can be narrowed to."""

    id: int
    name: str


_BY_PLACED = (
    SortColumn("o.placed_at", "placed_at", datetime),
    SortColumn("o.home_id", "home_id", int),
    SortColumn("o.id", "id", UUID),
)
ORDER_SORTINGS = {
    "newest": Sorting("newest", _BY_PLACED),
    "oldest": Sorting("oldest", _BY_PLACED, descending=False),
}
MONEY_BACK = ("partially_refunded", "refunded", "disputed")
"""The payment states that a list of orders can be narrowed to: those that are few."""

_ORDERS = """
SELECT o.home_id, o.id, o.number, o.state, o.payment_status, o.fulfillment_status, o.currency,
       o.total_minor, o.placed_at, o.client->>'name' AS client, s.name AS storefront
  FROM orders o JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
 WHERE {where} {seek} {sorted}"""

# Found first and sorted then: walking the whole history past every name would be the other way.
_FOUND_ORDERS = f"""
(o.home_id, o.id) IN (
  SELECT home_id, id FROM orders
   WHERE {search_terms.of_client("orders")}
  UNION
  SELECT home_id, order_id FROM parcel WHERE upper(translate(tracking, ' -', '')) = %(code)s)"""


def orders(
    work: Work,
    *,
    state: str = "",
    payment: str = "",
    storefront: int | None = None,
    currency: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    text: str = "",
    sorting: Sorting = ORDER_SORTINGS["newest"],
    cursor: str | None = None,
    most: int = PAGE,
    strict: bool = False,
) -> Page[FoundOrder]:
    """Orders of the company, narrowed to what is asked. `text` is anything that names one."""
    where = ["true"]
    terms = search_terms.terms(text)
    if state:
        where.append("o.state = %(state)s")
    if payment:
        where.append("o.payment_status = %(payment)s")
    if payment in MONEY_BACK:
        # Said so that the planner knows the index of these few.
        where.append("o.payment_status IN ('partially_refunded', 'refunded', 'disputed')")
    if storefront is not None:
        where.append(
            """(o.home_id, o.storefront_id)
               = (SELECT home_id, id FROM storefront WHERE id = %(storefront)s)"""
        )
    if currency:
        where.append("o.currency = %(currency)s")
    if since:
        where.append("o.placed_at >= %(since)s")
    if until:
        where.append("o.placed_at < %(until)s")
    if text:
        where.append(_FOUND_ORDERS if terms else "false")
    return paging.read_as(
        work,
        FoundOrder,
        _ORDERS.replace("{where}", " AND ".join(where)),
        sorting,
        cursor=cursor,
        most=most,
        strict=strict,
        state=state,
        payment=payment,
        storefront=storefront,
        currency=currency,
        since=since,
        until=until,
        found=terms,
        code=search_terms.code_in(text),
    )


CHOICES_MAX = 40
"""So many storefronts are offered to choose from; of more, one is named."""


def storefronts(work: Work) -> list[StorefrontChoice]:
    """The storefronts by name, one more than are offered to choose from."""
    return work.rows_as(
        StorefrontChoice,
        "SELECT id, name FROM storefront ORDER BY name, id LIMIT %(most)s",
        most=CHOICES_MAX + 1,
    )


def storefront_named(work: Work, text: str) -> int | None:
    """The storefront of this name or address."""
    found = work.value(
        f"SELECT id FROM storefront WHERE {search_terms.NAMES_STOREFRONT} ORDER BY id LIMIT 1",
        text=text,
    )
    return int(found) if found else None


def currencies(work: Work) -> list[str]:
    """Every currency that a storefront sells in."""
    rows = work.rows("SELECT DISTINCT currency FROM storefront ORDER BY 1")
    return [row.currency for row in rows]

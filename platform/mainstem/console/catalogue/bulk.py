"""Many products changed at once: chosen, looked at before and after, and applied."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from litestar import get, post
from litestar.di import NamedDependency

from mainstem import catalog, setup
from mainstem.catalog import Product
from mainstem.console.catalogue.bulk_fields import BulkFields, asked_in
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.commands import Told
from mainstem.web.forms import Form
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, refused, show
from mainstem.web.staff.screen import Screen

URL = "/console/catalogue/bulk"
SHOWN = 200


class Row(msgspec.Struct, frozen=True):
    """One product before and after: what is the same of both is not told."""

    name: str
    department: str
    to_department: str
    before: list[Money]
    after: list[Money]
    hidden: bool | None
    commissionable: tuple[str, str] | None
    tax: tuple[str, str] | None


class Bulk(Page, kw_only=True):
    """The form, and what it would change."""

    departments: list[tuple[str, str]]
    currencies: list[tuple[str, str]]
    looked: bool
    rows: list[Row]
    count: int
    version: int


@get("/catalogue/bulk", sync_to_thread=True)
def page(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The form."""
    return show(request, "console/catalogue_bulk.html", _page(request, work))


@post("/catalogue/bulk/preview", sync_to_thread=True)
def look(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """What would change, before and after; nothing is changed by it."""
    pairs: list[tuple[Product, Product]] = []
    no = refused(work, lambda: pairs.extend(catalog.bulk_preview(work, *asked_in(form))))
    if no:
        return show(request, "console/catalogue_bulk.html", _page(request, work), no, form)
    shown = _page(request, work, form, pairs)
    return show(request, "console/catalogue_bulk.html", shown)


@post("/catalogue/bulk", sync_to_thread=True)
def apply(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Change them all."""
    screen = Screen("console/catalogue_bulk.html", _page, URL)

    def change() -> Told:
        seen = form.into(BulkFields).version or 0
        count = catalog.bulk_apply(work, *asked_in(form), seen=seen, save=setup.save_product)
        return Told("One product is changed.", {"n": count}, many="{n} products are changed.")

    return screen.act(request, work, change, form)


def _page(
    request: HttpRequest,
    work: Work,
    form: Form | None = None,
    pairs: list[tuple[Product, Product]] | None = None,
) -> Bulk:
    locale, currency = language_of(request).locale, form.into(BulkFields).currency if form else ""
    names = catalog.department_names(work, locale=locale)
    found = Bulk(
        **layout_of(request, work, "catalogue"),
        departments=[(slug, one.name) for slug, one in names.items()],
        currencies=[(code, code) for code in catalog.shipping_rates(work)],
        looked=pairs is not None,
        rows=[_row(pair, locale, currency) for pair in (pairs or [])[:SHOWN]],
        count=len(pairs or []),
        version=catalog.version(work),
    )
    found.sent = form.texts() if form else {}
    return found


def _row(pair: tuple[Product, Product], locale: str, currency: str) -> Row:
    before, after = pair
    names = {str(code): said for code, said in after.names.items()}
    shares = (_per_cent(before.commissionable_bp), _per_cent(after.commissionable_bp))
    taxes = (_per_cent(before.tax_bp), _per_cent(after.tax_bp))
    return Row(
        name=names.get(locale) or next(iter(names.values())),
        department=before.department,
        to_department=after.department if after.department != before.department else "",
        before=_prices(before, currency),
        after=_prices(after, currency),
        hidden=after.hidden if after.hidden != before.hidden else None,
        commissionable=shares if shares[0] != shares[1] else None,
        tax=taxes if taxes[0] != taxes[1] else None,
    )


def _prices(product: Product, currency: str) -> list[Money]:
    return [
        Money(variant.prices[currency], currency)
        for variant in product.variants
        if currency in variant.prices
    ]


def _per_cent(bp: int) -> str:
    return f"{Decimal(bp).scaleb(-2).normalize():f}"


routes = [page, look, apply]

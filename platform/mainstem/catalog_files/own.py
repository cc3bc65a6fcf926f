"""Our own columns: a catalogue as a table that comes back as it went out.

One row is one variant. What is said of the product stands in the first of its rows. What has parts of
its own, such as options, is JSON in one cell. A cell that a spreadsheet would take for a formula begins
with an apostrophe, which is taken off again.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from mainstem.catalog import Product
from mainstem.catalog_files.table import RowProblem, Table
from mainstem.catalog_files.values import CellUnfit, amount_of, whole, yes
from mainstem.money import decimal_text

_LOCALES = ("en", "sv")
_TEXTS = {
    "name": "names",
    "summary": "summaries",
    "description": "descriptions",
    "safety": "safety",
}
_WORDS = ("kind", "department", "origin", "tax_class", "sold_from", "sold_until", "withdrawal")
_EMPTY = {"sold_from": None, "sold_until": None, "withdrawal": "yes"}
"""What an empty cell of these words says; of the others it is the empty text."""
_NUMBERS = (
    "position", "tax_bp", "commissionable_bp", "guarantee_months", "visit_minutes", "buffer_minutes",
)  # fmt: skip
_SWITCHES = ("hidden", "perishable")
_PARTS = ("options", "pictures", "maker", "responsible", "documents", "related", "skills")
_VARIANT_WORDS = ("gtin",)
_VARIANT_NUMBERS = ("points", "weight_g", "length_mm", "width_mm", "height_mm")
_VARIANT_PARTS = ("choices", "scheduled_prices", "offers")

PRODUCT_COLUMNS = (
    *(f"{text}_{locale}" for text in _TEXTS for locale in _LOCALES),
    *_WORDS, *_NUMBERS, *_SWITCHES, *_PARTS,
)  # fmt: skip
VARIANT_COLUMNS = (
    *(f"variant_name_{locale}" for locale in _LOCALES), *_VARIANT_WORDS, *_VARIANT_NUMBERS,
    *_VARIANT_PARTS,
)  # fmt: skip
FORMAT = "1"
_FORMULA = "=+-@\t\r'"
_CURRENCY = re.compile("[A-Z]{3}")


def written(products: Iterable[Product]) -> str:
    """The products as CSV in our own columns."""
    listed = list(products)
    currencies = sorted({c for one in listed for variant in one.variants for c in variant.prices})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    costs = sorted({c for one in listed for variant in one.variants for c in variant.costs})
    money = [f"price_{currency}" for currency in currencies]
    money += [f"cost_{currency}" for currency in costs]
    writer.writerow(["mainstem", "slug", *PRODUCT_COLUMNS, "sku", *VARIANT_COLUMNS, *money])
    for product in listed:
        said = product.written()
        for n, variant in enumerate(said["variants"]):
            own = [_product_cell(said, column) if n == 0 else "" for column in PRODUCT_COLUMNS]
            cells = [FORMAT, said["slug"], *own, variant["sku"]]
            cells += [_variant_cell(variant, column) for column in VARIANT_COLUMNS]
            cells += [_amount(variant["prices"].get(currency), currency) for currency in currencies]
            cells += [_amount(variant["costs"].get(currency), currency) for currency in costs]
            writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] and cell[0] in _FORMULA else cell


def as_it_was(cell: str) -> str:
    """A cell without the apostrophe that made it harmless."""
    return cell[1:] if cell.startswith("'") else cell


def _product_cell(said: Mapping[str, Any], column: str) -> str:
    text, _, locale = column.rpartition("_")
    if text in _TEXTS:
        return str(said[_TEXTS[text]].get(locale, ""))
    return _cell(said[column], column in _PARTS)


def _variant_cell(variant: Mapping[str, Any], column: str) -> str:
    if column.startswith("variant_name_"):
        return str(variant["names"].get(column[-2:], ""))
    return _cell(variant[column], column in _VARIANT_PARTS)


def _cell(value: Any, is_part: bool) -> str:
    if is_part:
        return json.dumps(value, ensure_ascii=False) if value else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else decimal_text(minor, currency)


# ---------------------------------------------------------------- coming back


class OwnRows:
    """What the rows of such a file say, as the documents of products; what is not there is not said."""

    def __init__(self, table: Table) -> None:
        self.problems: list[RowProblem] = list(table.problems)
        self._table = table

    def said(self) -> list[tuple[int, list[int], dict[str, Any]]]:
        """Each product: the line where it begins, those of its variants, and what is said of it."""
        products: dict[str, tuple[int, list[int], dict[str, Any]]] = {}
        for row in self._table.rows:
            cells = {name: as_it_was(cell) for name, cell in self._table.cells(row).items()}
            slug = cells.get("slug", "")
            if not slug:
                self.problems.append(RowProblem(row.line, "slug", "Say which product this is."))
                continue
            if slug not in products:
                product = {"slug": slug, "variants": []} | self._product(row.line, cells)
                products[slug] = (row.line, [], product)
            _, lines, product = products[slug]
            lines.append(row.line)
            product["variants"].append(self._variant(row.line, cells))
        return list(products.values())

    def _product(self, line: int, cells: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for text, field in _TEXTS.items():
            if any(f"{text}_{locale}" in cells for locale in _LOCALES):
                given = {locale: cells.get(f"{text}_{locale}", "") for locale in _LOCALES}
                found[field] = {locale: words for locale, words in given.items() if words}
        for name in _WORDS:
            if name in cells:
                found[name] = cells[name] or _EMPTY.get(name, "")
        found |= self._typed(line, cells, _NUMBERS, _SWITCHES, _PARTS)
        return found

    def _variant(self, line: int, cells: Mapping[str, str]) -> dict[str, Any]:
        found: dict[str, Any] = {"sku": cells.get("sku", "")}
        named = {locale: cells.get(f"variant_name_{locale}", "") for locale in _LOCALES}
        if any(f"variant_name_{locale}" in cells for locale in _LOCALES):
            found["names"] = {locale: words for locale, words in named.items() if words}
        found |= {name: cells[name] for name in _VARIANT_WORDS if name in cells}
        found |= self._typed(line, cells, _VARIANT_NUMBERS, (), _VARIANT_PARTS)
        for field, column in (("prices", "price_"), ("costs", "cost_")):
            said = {name: text for name, text in cells.items() if name.startswith(column)}
            if said:
                found[field] = {
                    name.removeprefix(column): minor
                    for name, text in said.items()
                    if text and (minor := self._money(line, name, text)) is not None
                }
        return found

    def _typed(
        self,
        line: int,
        cells: Mapping[str, str],
        numbers: Iterable[str],
        switches: Iterable[str],
        parts: Iterable[str],
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for names, read in ((numbers, whole), (switches, yes), (parts, _part)):
            for name in names:
                if not cells.get(name):
                    if name in cells and names in (_PARTS, _VARIANT_PARTS):
                        found[name] = {} if name in ("maker", "responsible", "choices") else []
                    continue
                try:
                    found[name] = read(cells[name])
                except CellUnfit as unfit:
                    self.problems.append(RowProblem(line, name, unfit.message, unfit.facts))
        return found

    def _money(self, line: int, column: str, text: str) -> int | None:
        currency = column.partition("_")[2]
        try:
            if not _CURRENCY.fullmatch(currency):
                raise CellUnfit("Give the currency by its three letters, such as EUR.")
            return amount_of(text, currency)
        except CellUnfit as unfit:
            self.problems.append(RowProblem(line, column, unfit.message, unfit.facts))
            return None


def _part(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise CellUnfit("This is not written as our own files have it.") from None

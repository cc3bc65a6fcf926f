"""Drafts: the products that the rows of a file add up to, before anything is asked of the database.

Rows of one product follow each other by its address (Shopify) or by their parent (WooCommerce). The
first row says what the product is; every row with a SKU or values of options is a variant, and every
row may bring a picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from mainstem.catalog_files.columns import IN_CURRENCIES, IN_LANGUAGES
from mainstem.catalog_files.html_text import plain_text
from mainstem.catalog_files.table import RowProblem, Table
from mainstem.catalog_files.values import (
    CellUnfit,
    amount_of,
    moment,
    scaled,
    whole,
    yes,
)
from mainstem.kit.slugs import slug_of

OPTIONS = (1, 2, 3)
_NO_OPTION = {"title", "default title", ""}


@dataclass(frozen=True, slots=True)
class Assumed:
    """What the file does not say, and somebody has: on the mapping page."""

    currency: str
    locale: str = "en"
    department: str = ""
    tax_bp: int = 2500
    fetch_pictures: bool = False


@dataclass(slots=True)
class Line:
    """A row by the fields that its columns say."""

    at: int
    said: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.said.get(name, "")


@dataclass(slots=True)
class DraftVariant:
    """A variant as a file has it: only what the file says is there."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    values: tuple[str, ...] = ()
    prices: dict[str, int] = field(default_factory=dict)
    offers: dict[str, int] = field(default_factory=dict)
    costs: dict[str, int] = field(default_factory=dict)
    offer_times: tuple[Any, Any] = (None, None)


@dataclass(slots=True)
class Draft:
    """A product as a file has it: only what the file says is there."""

    line: int
    slug: str
    fields: dict[str, Any] = field(default_factory=dict)
    department: str = ""
    options: list[str] = field(default_factory=list)
    variants: list[DraftVariant] = field(default_factory=list)
    pictures: list[tuple[int, str, str]] = field(default_factory=list)
    """Line, address and description of each."""


class Drafting:
    """Reads drafts from a table by its columns, with every cell that cannot be read."""

    def __init__(
        self, table: Table, columns: Mapping[str, str], assumed: Assumed, zone: ZoneInfo
    ) -> None:
        self.problems: list[RowProblem] = list(table.problems)
        self._table, self._assumed, self._zone = table, assumed, zone
        self._columns = {name: said for name, said in columns.items() if name in table.header}
        self._named = {said: name for name, said in self._columns.items() if said}

    def drafts(self, kind: str) -> list[Draft]:
        """The products of the file, in its order."""
        groups = _by_parent(self._lines()) if kind == "woocommerce" else self._by_slug()
        drafts = [self._draft(kind, lines) for lines in groups if lines]
        self._tell_twice(drafts)
        return drafts

    def _lines(self) -> list[Line]:
        lines = []
        for row in self._table.rows:
            cells = self._table.cells(row)
            said = {self._columns[name]: cell for name, cell in cells.items() if self._columns.get(name)}  # fmt: skip
            lines.append(Line(row.line, said))
        return lines

    def _by_slug(self) -> list[list[Line]]:
        groups: dict[str, list[Line]] = {}
        for line in self._lines():
            key = line["slug"] or line["name"] or line["sku"]
            if not key and not groups:
                self._problem(line.at, "slug", "Say which product this row belongs to.")
                continue
            groups.setdefault(key or next(reversed(groups)), []).append(line)
        return list(groups.values())

    def _tell_twice(self, drafts: Sequence[Draft]) -> None:
        seen: dict[str, int] = {}
        for draft in drafts:
            if draft.slug in seen:
                self._problem(
                    draft.line,
                    "slug",
                    "Line {line} has a product of this address.",
                    line=seen[draft.slug],
                )
            seen.setdefault(draft.slug, draft.line)

    # ------------------------------------------------------------ one product

    def _draft(self, kind: str, lines: list[Line]) -> Draft:
        first = lines[0]
        slug = slug_of(first["slug"], 80) or slug_of(first["name"], 80) or slug_of(first["sku"], 80)
        draft = Draft(first.at, slug, department=_last_part(kind, first["department"]))
        if not slug:
            self._problem(first.at, "name", "Give the product a name or an address.")
        self._read_texts(draft, first)
        self._read_product(draft, first)
        rows = [line for line in lines if line["row_kind"].split(",")[0].strip() != "variable"]
        draft.options = self._options(lines, rows)
        for line in rows:
            if _is_variant(line, first, rows):
                draft.variants.append(self._variant(draft, line, lines[0]))
        for line in lines:
            self._read_pictures(kind, draft, line)
        return draft

    def _read_texts(self, draft: Draft, line: Line) -> None:
        for name in IN_LANGUAGES:
            for said, text in line.said.items():
                plain, _, locale = said.partition(":")
                if plain == name and text:
                    words = plain_text(text)
                    if name in ("name", "summary"):
                        words = " ".join(words.split())
                    if name == "summary":
                        words = words[:200]
                    own = draft.fields.setdefault(_TEXTS[name], {})
                    own[locale or self._assumed.locale] = words

    def _read_product(self, draft: Draft, line: Line) -> None:
        if line["maker"]:
            draft.fields["maker"] = {"name": line["maker"]}
        if line["origin"]:
            draft.fields["origin"] = line["origin"].upper()
        if line["withdrawal"]:
            draft.fields["withdrawal"] = line["withdrawal"].lower().replace(" ", "_")
        for name in ("guarantee_months", "position"):
            value = self._read(line, name, whole)
            if value is not None:
                draft.fields[name] = value
        if line["published"] or line["status"]:
            shown = self._read(line, "published", yes)
            active = line["status"].lower() in ("", "active")
            draft.fields["hidden"] = shown is False or not active

    def _options(self, lines: Sequence[Line], rows: Sequence[Line]) -> list[str]:
        """The names of the options, which the first row that has them says."""
        named = []
        for no in OPTIONS:
            varies = any(line[f"option{no}_value"] for line in rows)
            name = next((line[f"option{no}_name"] for line in lines if line[f"option{no}_name"]), "")  # fmt: skip
            if varies and name.lower() not in _NO_OPTION and (len(rows) > 1 or len(lines) > 1):
                named.append(name)
        return named

    # ------------------------------------------------------------ one variant

    def _variant(self, draft: Draft, line: Line, parent: Line) -> DraftVariant:
        variant = DraftVariant(line.at)
        sku = line["sku"]
        number = len(draft.variants) + 1
        variant.fields["sku"] = sku or f"{draft.slug.upper()[:50]}-{number}"
        if line["gtin"]:
            variant.fields["gtin"] = line["gtin"].lstrip("'").replace(" ", "").replace("-", "")
        named = [no for no in OPTIONS if self._varies(draft, line, parent, no)]
        variant.values = tuple(line[f"option{no}_value"] for no in named)
        for name, field_, factor in _MEASURES:
            if (value := self._read(line, name, _in_ours(factor))) is not None:
                variant.fields[field_] = value
        self._read_money(variant, line)
        return variant

    def _varies(self, draft: Draft, line: Line, parent: Line, no: int) -> bool:
        name = line[f"option{no}_name"] or parent[f"option{no}_name"]
        return bool(name) and name in draft.options

    def _read_money(self, variant: DraftVariant, line: Line) -> None:
        for said in line.said:
            plain, _, currency = said.partition(":")
            if plain not in IN_CURRENCIES or not line[said]:
                continue
            code = currency or self._assumed.currency
            minor = self._read(line, said, _money(code))
            if minor is None:
                continue
            if plain == "price":
                variant.prices.setdefault(code, minor)
            elif plain == "offer_price":
                variant.offers[code] = minor
            elif plain == "cost":
                variant.costs[code] = minor
            else:
                # What it cost before is the price, and what it costs now the offer.
                price = self._read(line, said.replace("compare_price", "price"), _money(code))
                if price is not None and minor > price:
                    variant.prices[code], variant.offers[code] = minor, price
        zone = self._zone
        variant.offer_times = (
            self._read(line, "offer_from", lambda text: moment(text, zone)),
            self._read(line, "offer_until", lambda text: moment(text, zone)),
        )

    def _read_pictures(self, kind: str, draft: Draft, line: Line) -> None:
        known = {url for _, url, _ in draft.pictures}
        given = line["picture"].split(",") if kind == "woocommerce" else [line["picture"]]
        for url in [*given, line["variant_picture"]]:
            address = url.strip()
            if address and address not in known:
                known.add(address)
                draft.pictures.append((line.at, address, line["picture_alt"]))

    # ------------------------------------------------------------ one cell

    def _read(self, line: Line, name: str, read: Callable[[str], Any]) -> Any:
        """What a cell says; None where it says nothing or cannot be read, which is then told."""
        text = line[name]
        if not text:
            return None
        try:
            return read(text)
        except CellUnfit as unfit:
            self._problem(line.at, name, unfit.message, **unfit.facts)
            return None

    def _problem(self, at: int, field_: str, reason: str, **facts: Any) -> None:
        self.problems.append(RowProblem(at, self._named.get(field_, field_), reason, facts))


_TEXTS = {
    "name": "names",
    "summary": "summaries",
    "description": "descriptions",
    "safety": "safety",
}
_MEASURES = (
    ("weight_g", "weight_g", "1"),
    ("weight_kg", "weight_g", "1000"),
    ("weight_lb", "weight_g", "453.59237"),
    ("weight_oz", "weight_g", "28.349523125"),
    ("length_cm", "length_mm", "10"),
    ("width_cm", "width_mm", "10"),
    ("height_cm", "height_mm", "10"),
    ("length_in", "length_mm", "25.4"),
    ("width_in", "width_mm", "25.4"),
    ("height_in", "height_mm", "25.4"),
)


def _in_ours(factor: str) -> Callable[[str], int]:
    return lambda text: scaled(text, factor)


def _money(currency: str) -> Callable[[str], int]:
    return lambda text: amount_of(text, currency)


def _is_variant(line: Line, first: Line, rows: Sequence[Line]) -> bool:
    """A row of pictures alone is none; a product always has one."""
    if line is first or line["sku"] or line["price"]:
        return True
    return any(line[f"option{no}_value"] for no in OPTIONS) or not rows


def _last_part(kind: str, text: str) -> str:
    """`Kitchen > Pans, Gifts`: the first department that is named, at its narrowest."""
    first = text.split(",")[0] if kind == "woocommerce" else text
    return first.split(">")[-1].strip()


def _by_parent(lines: Sequence[Line]) -> list[list[Line]]:
    """Each product with its variations, which name it by its SKU or by `id:` and its number."""
    groups: dict[str, list[Line]] = {}
    keys: dict[str, str] = {}
    for n, line in enumerate(lines):
        if not _is_variation(line):
            key = str(n)
            groups[key] = [line]
            keys |= dict.fromkeys(_names(line), key)
    for n, line in enumerate(lines):
        if _is_variation(line):
            key = keys.get(line["parent"].lower(), f"lost {n}")
            groups.setdefault(key, []).append(line)
    return list(groups.values())


def _is_variation(line: Line) -> bool:
    return line["row_kind"].split(",")[0].strip().lower() == "variation"


def _names(line: Line) -> Iterator[str]:
    if line["sku"]:
        yield line["sku"].lower()
    if line["row_id"]:
        yield f"id:{line['row_id']}".lower()

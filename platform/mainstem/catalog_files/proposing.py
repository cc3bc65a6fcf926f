"""Proposals: what a file would make of the catalogue, product by product, with every problem told.

What a file does not say stays as it is: a second language, another currency, the position. Variants
are those of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainstem import catalog
from mainstem.catalog import Department, Product
from mainstem.catalog_files.drafts import Assumed, Draft, Drafting, DraftVariant
from mainstem.catalog_files.own import OwnRows
from mainstem.catalog_files.table import RowProblem, Table, of_problem
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.slugs import slug_of
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class Proposal:
    """One product of a file: what stands, what would, and the pictures to fetch for it."""

    line: int
    before: Product | None
    after: Product
    pictures: tuple[tuple[int, str, str], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return self.before != self.after or bool(self.pictures)


@dataclass(slots=True)
class Preview:
    """What a file would do, and what is wrong with it."""

    proposals: list[Proposal] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    departments: list[Department] = field(default_factory=list)
    """Those that the file names and that there are not yet."""

    def count(self, kind: str) -> int:
        """How many products are `new`, `changed` or the `same`."""
        return sum(self.kind(one) == kind for one in self.proposals)

    @staticmethod
    def kind(one: Proposal) -> str:
        """`new`, `changed` or `same`."""
        return "new" if one.before is None else "changed" if one.changes else "same"


def preview(
    work: Work, table: Table, kind: str, columns: Mapping[str, str], assumed: Assumed
) -> Preview:
    """What the table would make of the catalogue; nothing is changed by it."""
    found = (
        _of_own(work, table) if kind == "own" else _of_drafts(work, table, kind, columns, assumed)
    )
    _tell_taken(work, found)
    found.problems.sort(key=lambda one: (one.line, one.column))
    return found


# ---------------------------------------------------------------- our own columns


def _of_own(work: Work, table: Table) -> Preview:
    rows = OwnRows(table)
    said = rows.said()
    known = catalog.products(work, [product["slug"] for _, _, product in said])
    found = Preview(problems=rows.problems)
    unread = {problem.line for problem in rows.problems}
    departments = _Departments(work, "en")
    for line, lines, product in said:
        before = known.get(product["slug"])
        written = before.written() if before else {}
        own = {variant["sku"]: variant for variant in written.get("variants", [])}
        product["variants"] = [own.get(v["sku"], {}) | v for v in product["variants"]]
        if product.get("department"):
            product["department"] = departments.slug(product["department"])
        places = _Places(line, lines, lambda name: name, bool(unread & {line, *lines}))
        _propose(found, before, written | product, places, ())
    found.departments = departments.missing
    return found


# ---------------------------------------------------------------- columns of others


def _of_drafts(
    work: Work, table: Table, kind: str, columns: Mapping[str, str], assumed: Assumed
) -> Preview:
    drafting = Drafting(table, columns, assumed, work.tools.zone)
    drafts = drafting.drafts(kind)
    known = catalog.products(work, [draft.slug for draft in drafts])
    found = Preview(problems=drafting.problems)
    unread = {problem.line for problem in drafting.problems}
    departments = _Departments(work, assumed.locale)
    named = {said.partition(":")[0]: name for name, said in columns.items() if said}
    prices_offers = "offer_price" in named or "compare_price" in named
    for draft in drafts:
        before = known.get(draft.slug)
        said = _said(draft, before, assumed, departments, prices_offers)
        lines = [variant.line for variant in draft.variants]
        places = _Places(draft.line, lines, _column_of(named), bool(unread & {draft.line, *lines}))
        pictures = tuple(draft.pictures) if assumed.fetch_pictures else ()
        _propose(found, before, said, places, pictures)
    found.departments = departments.missing
    return found


def _column_of(named: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: named.get(_COLUMNS.get(name, name), "")


_COLUMNS = {
    "names": "name", "summaries": "summary", "descriptions": "description", "prices": "price", "costs": "cost",
    "offers": "offer_price", "choices": "option1_value", "options": "option1_name",
    "pictures": "picture", "weight_g": "weight_g",
}  # fmt: skip
"""Which field of a column a field of a document comes from, where they are not called the same."""


def _said(
    draft: Draft,
    before: Product | None,
    assumed: Assumed,
    departments: _Departments,
    prices_offers: bool,
) -> dict[str, Any]:
    said: dict[str, Any] = (
        before.written() if before else {"slug": draft.slug, "tax_bp": assumed.tax_bp}
    )
    for name, value in draft.fields.items():
        said[name] = said.get(name, {}) | value if isinstance(value, dict) else value
    department = departments.slug(draft.department) or (before.department if before else "")
    said["department"] = department or assumed.department
    codes = _codes(draft)
    said["options"] = _options(draft, codes, said.get("options", []), assumed.locale)
    own = {variant["sku"]: variant for variant in said.get("variants", [])}
    said["variants"] = [
        _variant(variant, codes, own.get(variant.fields["sku"], {}), prices_offers)
        for variant in draft.variants
    ]
    return said


Codes = list[tuple[str, dict[str, str]]]


def _codes(draft: Draft) -> Codes:
    """Each option's code, and the codes of its values by how the file writes them."""
    codes: Codes = []
    for n, name in enumerate(draft.options):
        taken: dict[str, str] = {}
        for variant in draft.variants:
            text = variant.values[n] if n < len(variant.values) else ""
            if text and text not in taken:
                code = slug_of(text) or f"value-{len(taken) + 1}"
                while code in taken.values():
                    code = f"{code[:55]}-{len(taken) + 1}"
                taken[text] = code
        codes.append((slug_of(name) or f"option-{n + 1}", taken))
    return codes


def _options(
    draft: Draft, codes: Codes, former: Sequence[Mapping[str, Any]], locale: str
) -> list[dict[str, Any]]:
    """The options of the file, with the names in other languages that they have already."""
    known = {option["code"]: option for option in former}
    options = []
    for name, (code, values) in zip(draft.options, codes, strict=True):
        before = known.get(code, {"names": {}, "values": []})
        names = {value["code"]: value["names"] for value in before["values"]}
        options.append(
            {
                "code": code,
                "names": before["names"] | {locale: name},
                "values": [
                    {"code": value, "names": names.get(value, {}) | {locale: text}}
                    for text, value in values.items()
                ],
            }
        )
    return options


def _variant(
    variant: DraftVariant, codes: Codes, before: Mapping[str, Any], prices_offers: bool
) -> dict[str, Any]:
    said = dict(before) | variant.fields
    said["choices"] = {
        code: values[text]
        for (code, values), text in zip(codes, variant.values, strict=False)
        if text in values
    }
    said["prices"] = dict(before.get("prices", {})) | variant.prices
    said["costs"] = dict(before.get("costs", {})) | variant.costs
    if prices_offers:
        starts, ends = variant.offer_times
        kept = [
            offer
            for offer in before.get("offers", [])
            if not offer["prices"].keys() & variant.prices.keys()
        ]
        given = {"prices": variant.offers, "starts_at": starts, "ends_at": ends}
        said["offers"] = kept + ([given] if variant.offers else [])
    return said


# ---------------------------------------------------------------- both


@dataclass(frozen=True, slots=True)
class _Places:
    """Where in the file a part of a product is said."""

    line: int
    variants: Sequence[int]
    column: Callable[[str], str]
    unread: bool = False
    """Whether a cell of it cannot be read: then it is no proposal, whatever else is said of it."""

    def problem(self, problem: Problem) -> RowProblem:
        """The problem with its line and column."""
        parts = problem.pointer.strip("/").split("/")
        line, name = self.line, parts[0]
        if parts[0] == "variants" and len(parts) > 1 and parts[1].isdigit():
            at = int(parts[1])
            line = self.variants[at] if at < len(self.variants) else line
            name = parts[2] if len(parts) > 2 else "sku"
        return of_problem(line, self.column(name), problem)


def _propose(
    found: Preview,
    before: Product | None,
    said: Mapping[str, Any],
    places: _Places,
    pictures: tuple[tuple[int, str, str], ...],
) -> None:
    try:
        after = document(Product, said)
        problems = [*catalog.problems_of(after)]
        if before and before.kind != after.kind:
            problems.append(Problem("/kind", *catalog.KIND_STAYS))
        if problems:
            raise InvalidInput(*problems)
    except InvalidInput as refused:
        found.problems += [places.problem(problem) for problem in refused.problems]
        return
    if places.unread:
        return
    after = _begun(before, after) if before else after
    found.proposals.append(Proposal(places.line, before, after, pictures))


def _begun(before: Product, after: Product) -> Product:
    """The product with the offers that have begun already, where the file names the same ones."""
    there = {
        (variant.sku, offer.ends_at, *sorted(offer.prices.items())): offer
        for variant in before.variants
        for offer in variant.offers
    }
    variants = tuple(
        variant.model_copy(
            update={
                "offers": tuple(
                    there.get((variant.sku, offer.ends_at, *sorted(offer.prices.items())), offer)
                    if offer.starts_at is None
                    else offer
                    for offer in variant.offers
                )
            }
        )
        for variant in after.variants
    )
    return after.model_copy(update={"variants": variants})


class _Departments:
    """Departments by what a file calls them; what there is not yet is to be made."""

    def __init__(self, work: Work, locale: str) -> None:
        there = catalog.departments(work)
        self._known = {slug: slug for slug in there}
        for slug, department in there.items():
            self._known |= {name.casefold(): slug for name in department.names.values()}
        self._locale, self._count = locale, len(there)
        self.missing: list[Department] = []

    def slug(self, name: str) -> str:
        """The slug of a department; empty for the empty name."""
        slug = slug_of(name)
        if not slug:
            return ""
        found = self._known.get(name.casefold()) or self._known.get(slug)
        if found is None:
            position = self._count + len(self.missing)
            said = {"slug": slug, "names": {self._locale: name[:200]}, "position": position}
            self.missing.append(document(Department, said))
            found = slug
        self._known[name.casefold()] = self._known[slug] = found
        return found


def _tell_taken(work: Work, found: Preview) -> None:
    """SKUs and GTINs that another product has, in the catalogue or in the file."""
    owners = _owners(work, found.proposals)
    fine = []
    for one in found.proposals:
        problems = []
        for variant in one.after.variants:
            for name, number in (("sku", variant.sku), ("gtin", variant.gtin)):
                owner = owners.setdefault((name, number), one.after.slug) if number else ""
                if owner and owner != one.after.slug:
                    problems.append(
                        RowProblem(
                            one.line,
                            name,
                            "{owner} has this number already: {number}.",
                            {"owner": owner, "number": number},
                        )
                    )
        found.problems += problems
        if not problems:
            fine.append(one)
    found.proposals[:] = fine


def _owners(work: Work, proposals: Iterable[Proposal]) -> dict[tuple[str, str], str]:
    variants = [variant for one in proposals for variant in one.after.variants]
    rows = work.rows(
        """SELECT v.sku, v.gtin, v.active, p.slug FROM variant v
             JOIN product p ON p.id = v.product_id
            WHERE v.sku = ANY(%(skus)s) OR v.active AND v.gtin <> '' AND v.gtin = ANY(%(gtins)s)""",
        skus=[variant.sku for variant in variants],
        gtins=[variant.gtin for variant in variants if variant.gtin],
    )
    owners = {("sku", row.sku): row.slug for row in rows}
    return owners | {("gtin", row.gtin): row.slug for row in rows if row.active and row.gtin}

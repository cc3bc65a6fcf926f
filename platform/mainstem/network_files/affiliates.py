"""Rows of affiliates as what set-up holds of them, each after their sponsor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mainstem import identity, setup
from mainstem.catalog_files import CellUnfit, RowProblem, moment, of_problem
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput
from mainstem.kit.slugs import slug_of
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.network_files.cells import Line, in_figures, listed, signed_amount, state_of
from mainstem.network_files.known import Affiliates, Called, UnknownAffiliate
from mainstem.network_files.opening import Opening, openings_of
from mainstem.network_files.proposing import Proposal
from mainstem.payments import TAKEN

AFFILIATES, STOREFRONTS = setup.resource("affiliates"), setup.resource("storefronts")
REASON = "Opening balance from {file}, line {line}"


@dataclass(slots=True)
class _Row:
    """One row on its way: whom it is about, and what set-up knows of them."""

    line: Line
    slug: str
    before: Any
    sponsor: str = ""
    after: Any = None
    storefront_before: Any = None
    storefront: Any = None
    openings: list[Opening] = field(default_factory=list)
    joined_at: datetime | None = None


@dataclass(slots=True)
class Reading:
    """A file of affiliates being read: everything wrong is kept, and the rest goes on."""

    work: Work
    file: str
    documents: Mapping[str, Any]
    known: Affiliates
    storefronts: Mapping[str, Any]
    problems: list[RowProblem] = field(default_factory=list)
    shops: dict[str, int] = field(default_factory=dict)
    """The line on which each storefront of the file stands."""

    def proposals(self, lines: Iterable[Line]) -> list[Proposal]:
        """What becomes of each row, sponsors first."""
        rows = self._identified(lines)
        for row in rows:
            self._sponsored(row)
        ordered = self._in_order(rows)
        for row in ordered:
            self._said(row)
        self._opened(ordered)
        return [
            Proposal(
                row.line.no,
                row.before,
                row.after,
                row.storefront_before,
                row.storefront,
                row.openings,
                row.joined_at,
            )
            for row in ordered
            if row.after is not None
        ]

    def _tell(self, row: _Row | Line, at: str, unfit: CellUnfit) -> None:
        line = row.line if isinstance(row, _Row) else row
        self.problems.append(line.problem(at, unfit))

    # ------------------------------------------------------------ whom a row is about

    def _identified(self, lines: Iterable[Line]) -> list[_Row]:
        rows: dict[str, _Row] = {}
        for line in lines:
            slug = self._slug(line)
            if not slug:
                continue
            if slug in rows:
                unfit = CellUnfit(
                    "This affiliate stands in line {line} already.", line=rows[slug].line.no
                )
                self._tell(line, "slug", unfit)
                continue
            rows[slug] = _Row(line, slug, self.documents.get(slug))
        for row in rows.values():
            self.known.add(_called(row))
        return list(rows.values())

    def _slug(self, line: Line) -> str:
        """The name in addresses: as it is said, or of whoever has this e-mail, or made of the name."""
        if said := line.said.get("slug"):
            return said.strip().lower()
        if (email := line.said.get("email")) and (found := self.known.of_email(email)):
            return found
        made = slug_of(line.said.get("name", ""))
        if not made:
            self._tell(line, "name", CellUnfit("Say what the affiliate is called."))
        elif made in self.documents:
            self._tell(
                line,
                "name",
                CellUnfit("{slug} is another affiliate. Say a name in addresses.", slug=made),
            )
            return ""
        return made

    # ------------------------------------------------------------ under whom

    def _sponsored(self, row: _Row) -> None:
        said = row.line.said.get("sponsor", "")
        if not said:
            row.sponsor = row.before.sponsor if row.before else ""
            return
        try:
            row.sponsor = self.known.find(said)
        except UnknownAffiliate as unfit:
            self._tell(row, "sponsor", unfit)

    def _in_order(self, rows: Sequence[_Row]) -> list[_Row]:
        """The rows, each after its sponsor's. Who sponsor each other in a circle are told, and not gone on with."""
        by_slug = {row.slug: row for row in rows}
        placed: dict[str, _Row] = {}
        left = list(rows)
        while left:
            ready = [r for r in left if r.sponsor not in by_slug or r.sponsor in placed]
            if not ready:
                for row in left:
                    unfit = CellUnfit(
                        "These sponsor each other in a circle, and nobody is the first."
                    )
                    self._tell(row, "sponsor", unfit)
                break
            placed |= {row.slug: row for row in ready}
            left = [row for row in left if row.slug not in placed]
        return list(placed.values())

    # ------------------------------------------------------------ what is said of them

    def _said(self, row: _Row) -> None:
        before, told = row.before, row.line.said
        said: dict[str, Any] = before.written() if before else {"slug": row.slug}
        said |= {name: told[name] for name in ("name", "email") if name in told}
        if "country" in told:
            said["country"] = told["country"].upper()
        if "locale" in told:
            said["locale"] = told["locale"].lower()[:2]
        said["sponsor"] = row.sponsor
        try:
            if "state" in told:
                said["state"] = state_of(told["state"])
        except CellUnfit as unfit:
            self._tell(row, "state", unfit)
        said["people"] = _people(said.get("people", []), row.line)
        said["codes"] = _more(said.get("codes", []), told.get("code", ""))
        said["links"] = _more(said.get("links", []), told.get("link", ""))
        row.after = self._document(row, AFFILIATES, said, before)
        if before and row.after is not None and row.after.sponsor != before.sponsor:
            stays = CellUnfit("The sponsor was said when they joined, and stays.")
            self._tell(row, "sponsor", stays)
        self._joined(row)
        self._with_storefront(row)

    def _joined(self, row: _Row) -> None:
        """When a new one joined. Of whoever is here already the day stays."""
        said = row.line.said.get("joined", "")
        if not said:
            return
        try:
            at = moment(said, self.work.tools.zone)
            if at > self.work.now():
                raise CellUnfit("This is in the future. Write the day on which they joined.")
        except CellUnfit as unfit:
            self._tell(row, "joined", unfit)
        else:
            row.joined_at = at if row.before is None else None

    def _document(self, row: _Row, resource: Any, said: Mapping[str, Any], before: Any) -> Any:
        try:
            return document(resource.model, said)
        except InvalidInput as no:
            for problem in no.problems:
                at = _FIELDS.get(problem.pointer.split("/")[1], problem.pointer.strip("/"))
                column = row.line.columns.get(at, at)
                self.problems.append(of_problem(row.line.no, column, problem))
            return None

    def _with_storefront(self, row: _Row) -> None:
        told = row.line.said
        slug = told.get("storefront", "").lower() or (row.slug if "storefront_name" in told else "")
        if not slug or row.after is None:
            return
        if slug in self.shops:
            unfit = CellUnfit(
                "This storefront stands in line {line} already.", line=self.shops[slug]
            )
            self._tell(row, "storefront", unfit)
            return
        self.shops[slug] = row.line.no
        row.storefront_before = before = self.storefronts.get(slug)
        said: dict[str, Any] = (
            before.written() if before else {"slug": slug, "languages": [row.after.locale]}
        )
        said["affiliate"] = row.slug
        said["name"] = told.get("storefront_name") or said.get("name") or row.after.name
        if currency := told.get("storefront_currency") or said.get("currency"):
            said["currency"] = currency.upper()
        if before and before.affiliate != row.slug:
            unfit = CellUnfit("This storefront is another affiliate's.")
            self._tell(row, "storefront", unfit)
            return
        row.storefront = self._document(row, STOREFRONTS, said, before)

    # ------------------------------------------------------------ what they had earned before

    def _opened(self, rows: Sequence[_Row]) -> None:
        for row in rows:
            row.openings = [*self._balances(row)]
        currencies = {one.amount.currency for row in rows for one in row.openings}
        booked = openings_of(self.work, [row.slug for row in rows], currencies)
        for row in rows:
            new = []
            for one in row.openings:
                before = booked.get((row.slug, one.amount.currency))
                if before is None:
                    new.append(one)
                elif before != one.amount:
                    unfit = CellUnfit(
                        "A balance of {before} was brought in already, and stays. Correct it by hand.",
                        before=f"{in_figures(before)} {before.currency}",
                    )
                    self._tell(row, _column_of(row.line, one.amount.currency), unfit)
            row.openings = new

    def _balances(self, row: _Row) -> Iterable[Opening]:
        told = row.line.said
        for at, text in told.items():
            plain, _, currency = at.partition(":")
            if plain != "opening_balance":
                continue
            currency = (currency or told.get("opening_currency", "")).upper()
            try:
                if currency not in TAKEN:
                    raise CellUnfit("Say in which currency the balance is, such as SEK.")
                minor = signed_amount(text, currency)
            except CellUnfit as unfit:
                self._tell(row, at, unfit)
                continue
            if minor:
                reason = told.get("opening_reason") or REASON.format(
                    file=self.file, line=row.line.no
                )
                yield Opening(Money(minor, currency), reason[:500])


_FIELDS = {"codes": "code", "links": "link", "people": "person_email", "affiliate": "slug",
           "currency": "storefront_currency"}  # fmt: skip
"""What a document calls otherwise than the columns do."""


def _called(row: _Row) -> Called:
    told, before = row.line.said, row.before
    return Called(
        row.slug,
        told.get("name") or (before.name if before else ""),
        told.get("email") or (before.email if before else ""),
        listed(told.get("code", "")) + listed(told.get("link", "")),
        told.get("reference", ""),
    )


def _people(people: Sequence[Mapping[str, str]], line: Line) -> list[dict[str, Any]]:
    """Who signs in, and whoever the row names besides."""
    found = [dict(one) for one in people]
    email = line.said.get("person_email", "")
    if email and identity.key_of(email) not in {identity.key_of(one["email"]) for one in found}:
        found.append({"name": line.said.get("person_name") or email, "email": email})
    return found


def _more(codes: Sequence[str], cell: str) -> list[str]:
    """Codes, and those of a cell that are not among them."""
    return list(dict.fromkeys([*codes, *(one.upper() for one in listed(cell))]))


def _column_of(line: Line, currency: str) -> str:
    by_currency = f"opening_balance:{currency}"
    return by_currency if by_currency in line.said else "opening_balance"


def reading(work: Work, file: str) -> Reading:
    """A reading of a file by this name, with all that is known now."""
    documents = AFFILIATES.read(work, None)
    known = Affiliates()
    for one in documents.values():
        known.add(Called(one.slug, one.name, one.email, [*one.codes, *one.links]))
    return Reading(work, file, documents, known, STOREFRONTS.read(work, None))

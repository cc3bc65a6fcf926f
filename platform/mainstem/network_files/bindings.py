"""Clients, and whose they are: the rows of a file as bindings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mainstem import attribution
from mainstem.attribution import BOUND_FOR
from mainstem.catalog_files import CellUnfit, RowProblem, moment
from mainstem.kit.contact import email_key
from mainstem.kit.work import Work
from mainstem.network_files.cells import Line, listed
from mainstem.network_files.known import Affiliates, UnknownAffiliate


@dataclass(frozen=True, slots=True)
class Bound:
    """A client who is bound to an affiliate, by its slug, from when until when."""

    line: int
    client_key: str
    affiliate: str
    since: datetime
    until: datetime
    is_known: bool = False
    """Whether they are bound so already."""


@dataclass(slots=True)
class Found:
    """What a file says of clients."""

    clients: list[Bound]
    problems: list[RowProblem]
    of_nobody: int


def bindings_of(
    work: Work, lines: Iterable[Line], affiliates: Affiliates, *, by_tag: bool
) -> Found:
    """The bindings that the rows say. `by_tag` is whether the affiliate is one of several words, and a
    row without any is left out: a shop has clients of nobody, too."""
    found = Found([], [], 0)
    for line in lines:
        try:
            affiliate = _affiliate(line, affiliates, by_tag=by_tag)
            if affiliate is None:
                found.of_nobody += 1
                continue
            found.clients.append(_bound(work, line, affiliate))
        except _Unfit as unfit:
            found.problems.append(line.problem(unfit.field, unfit.why))
    found.problems += _twice(found.clients)
    found.clients = list({one.client_key: one for one in reversed(found.clients)}.values())[::-1]
    _compare(work, found)
    return found


class _Unfit(Exception):
    def __init__(self, field: str, why: CellUnfit) -> None:
        self.field, self.why = field, why
        super().__init__(why.message)


def _affiliate(line: Line, affiliates: Affiliates, *, by_tag: bool) -> str | None:
    said = line.said.get("affiliate", "")
    if not by_tag:
        if not said:
            raise _Unfit("affiliate", CellUnfit("Say whose client this is."))
        try:
            return affiliates.find(said)
        except UnknownAffiliate as unfit:
            raise _Unfit("affiliate", unfit) from None
    named = set()
    for tag in listed(said):
        try:
            named.add(affiliates.find(tag))
        except UnknownAffiliate:
            continue  # a shop has many tags of other kinds
    if len(named) > 1:
        raise _Unfit(
            "affiliate",
            CellUnfit("These are several affiliates: {names}.", names=", ".join(sorted(named))),
        )
    return next(iter(named), None)


def _bound(work: Work, line: Line, affiliate: str) -> Bound:
    key = email_key(line.said.get("client_email", ""))
    if key is None:
        raise _Unfit("client_email", CellUnfit("Write an e-mail, like name@example.com."))
    since = _at(work, line, "since") or work.now()
    until = _at(work, line, "until") or since + BOUND_FOR
    if since > work.now():
        raise _Unfit(
            "since",
            CellUnfit("This is in the future. A client is bound from today on at the latest."),
        )
    if until <= since:
        raise _Unfit("until", CellUnfit("A binding ends after it begins."))
    if until > since + BOUND_FOR:
        raise _Unfit(
            "until",
            CellUnfit("A client is bound for at most {days} days.", days=BOUND_FOR.days),
        )
    return Bound(line.no, key, affiliate, since, until)


def _at(work: Work, line: Line, field: str) -> datetime | None:
    if field not in line.said:
        return None
    try:
        return moment(line.said[field], work.tools.zone)
    except CellUnfit as unfit:
        raise _Unfit(field, unfit) from None


def _twice(clients: Sequence[Bound]) -> list[RowProblem]:
    """Clients whom the file gives to two affiliates."""
    first: dict[str, Bound] = {}
    problems = []
    for one in clients:
        other = first.setdefault(one.client_key, one)
        if other.affiliate != one.affiliate:
            reason = "Line {line} says that this client is another affiliate's."
            problems.append(RowProblem(one.line, "", reason, {"line": other.line}))
    return problems


def _compare(work: Work, found: Found) -> None:
    """Mark who is bound so already, and tell who is bound to another."""
    known: Mapping[str, tuple[str, datetime]] = attribution.bound_now(
        work, [one.client_key for one in found.clients]
    )
    compared = []
    for one in found.clients:
        now = known.get(one.client_key)
        if now is None:
            compared.append(one)
        elif now[0] == one.affiliate:
            compared.append(
                Bound(one.line, one.client_key, one.affiliate, one.since, one.until, is_known=True)
            )
        else:
            reason = "This client is bound to {name} until {day}. Leave the row out."
            facts = {"name": now[0], "day": f"{now[1].astimezone(work.tools.zone):%Y-%m-%d}"}
            found.problems.append(RowProblem(one.line, "", reason, facts))
    found.clients = compared

"""The plan's published versions: immutable, numbered, each in force from an instant on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar

from mainstem.currencies import payout_problem
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.text import UNSEEN, unseen
from mainstem.kit.work import Query, Work
from mainstem.money import MINOR_MAX, Money
from mainstem.plan import Plan, PlanRefused, fingerprint, parse, refuse_what_nobody_expects


class NoPlanInForce(RuntimeError):
    """Nothing may be sold before the company has published how it pays."""


class PublishedAlready(Refused):
    """This very plan has a version, in force from another instant."""

    code: ClassVar[str] = "published_already"
    message: ClassVar[str] = (
        "This very plan is version {version}, in force from {day}."
        " To bring it back, publish it under another name."
    )


def publish(
    work: Work, document: Mapping[str, Any], *, effective_from: datetime, confirmed: bool = False
) -> Plan:
    """A new version; the one that it has when this very plan was published for this very instant.

    Raises PlanRefused for a plan that the company must not have or that could not be paid out,
    PublishedAlready for one that is in force from another instant, PlanAsks for one that pays less
    than its rates say, unless whoever publishes it has `confirmed` that this is meant.
    """
    _refuse_unreadable(document)
    # One at a time: each gets a number of its own.
    work.run("SELECT pg_advisory_xact_lock(7220)")
    before = work.row(
        "SELECT version, effective_from FROM plan_version WHERE hash = %(hash)s",
        hash=fingerprint(document),
    )
    if before is not None:
        if before.effective_from != effective_from:
            day = before.effective_from.astimezone(work.tools.zone).date()
            raise PublishedAlready(version=before.version, day=day)
        return parse(document, version=before.version)
    version = work.value("SELECT coalesce(max(version), 0) + 1 FROM plan_version")
    plan = parse(document, version=version)
    _refuse_unpayable(plan)
    refuse_what_nobody_expects(plan, confirmed=confirmed)
    work.run(
        """INSERT INTO plan_version (version, document, hash, effective_from, published_by, published_at)
           VALUES (%(version)s, %(document)s::jsonb, %(hash)s, %(start)s, %(actor)s, %(now)s)""",
        version=version,
        document=json.dumps(document),
        hash=fingerprint(document),
        start=effective_from,
        actor=str(work.actor),
        now=work.now(),
    )
    return plan


def _refuse_unreadable(document: Mapping[str, Any]) -> None:
    """Raise PlanRefused for what nobody could see: everybody reads the plan, and its name.

    Half a surrogate pair, which JSON may hold, could not even be kept.
    """
    name = document.get("name")
    character = unseen(name) if isinstance(name, str) else None
    if character:
        raise PlanRefused(Problem("/name", "invalid_field", UNSEEN, {"character": character}))
    half = re.search("[\ud800-\udfff]", json.dumps(document, ensure_ascii=False))
    if half:
        character = f"U+{ord(half[0]):04X}"
        raise PlanRefused(Problem("", "invalid_field", UNSEEN, {"character": character}))


def _refuse_unpayable(plan: Plan) -> None:
    """Raise PlanRefused for a minimum payout that no bank can be sent, or nobody reaches."""
    problems = [
        problem
        for currency, minor in plan.minimum_payout_minor.items()
        if (problem := _minimum_problem(minor, currency))
    ]
    if problems:
        raise PlanRefused(*problems)


def _minimum_problem(minor: int, currency: str) -> Problem | None:
    pointer = f"/minimum_payout_minor/{currency}"
    if minor > MINOR_MAX:
        return Problem(pointer, "invalid_field", "This is more than anybody could ever earn.")
    return payout_problem(Money(minor, currency), pointer)


def now(work: Work) -> Plan | None:
    """The plan for a sale at this moment; None while the company has published none."""
    try:
        return in_force(work, work.now())
    except NoPlanInForce:
        return None


def in_force(work: Work, at: datetime) -> Plan:
    """The plan for a sale at an instant: of those in effect, the newest version."""
    return in_force_each(work, {at})[at]


def in_force_each(work: Work, instants: Iterable[datetime]) -> dict[datetime, Plan]:
    """The plan for a sale at each of these instants. Raises NoPlanInForce where there is none."""
    return choose(work.fetch(published_query()), instants)


Published = list[tuple[datetime, Plan]]
"""Every plan with the instant from which it is in force, the newest version first."""


def published_query() -> Query[Published]:
    """The query for every published plan."""
    return Query(
        """SELECT version, effective_from, document::text AS document FROM plan_version
            ORDER BY version DESC""",
        {},
        lambda rows: [(row.effective_from, _parsed(row.version, row.document)) for row in rows],
    )


def choose(published: Published, instants: Iterable[datetime]) -> dict[datetime, Plan]:
    """The plan for a sale at each of these instants. Raises NoPlanInForce where there is none."""
    found = {}
    for at in instants:
        plan = next((plan for start, plan in published if start <= at), None)
        if plan is None:
            raise NoPlanInForce("Publish a plan before the first sale.")
        found[at] = plan
    return found


def versions(work: Work, numbers: Iterable[int]) -> dict[int, Plan]:
    """These versions, by number."""
    rows = work.rows(
        "SELECT version, document::text AS document FROM plan_version WHERE version = ANY(%(v)s::int[])",
        v=sorted(set(numbers)),
    )
    return {row.version: _parsed(row.version, row.document) for row in rows}


@lru_cache(maxsize=64)
def _parsed(version: int, document: str) -> Plan:
    return parse(json.loads(document), version=version)

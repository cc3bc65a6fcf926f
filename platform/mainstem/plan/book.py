"""The plan's published versions: immutable, numbered, each in force from an instant on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

from mainstem.currencies import payout_problem
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.text import UNSEEN, unseen
from mainstem.kit.work import Query, Work
from mainstem.money import MINOR_MAX, Money
from mainstem.plan.document import PlanDocument
from mainstem.plan.findings import CAP_BY_NOT_SAID, lint
from mainstem.plan.first_format import is_first_format
from mainstem.plan.refusals import PlanAsks, PlanRefused
from mainstem.plan.version import Plan, as_published, parse


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
    PublishedAlready for one that is in force from another instant, PlanAsks for one with something that
    may not be meant, unless whoever publishes it has `confirmed` that it is.
    """
    # One at a time: each gets a number of its own.
    work.run("SELECT pg_advisory_xact_lock(7220)")
    said, before = _said(work, document)
    if before is not None:
        _refuse_another_day(work, before, effective_from)
        return parse(said, version=before.version)
    version = work.value("SELECT coalesce(max(version), 0) + 1 FROM plan_version")
    plan = parse(said, version=version)
    _refuse_unpayable(plan)
    _refuse_findings(said, confirmed=confirmed)
    work.run(
        """INSERT INTO plan_version (version, document, hash, effective_from, published_by, published_at)
           VALUES (%(version)s, %(document)s::jsonb, %(hash)s, %(start)s, %(actor)s, %(now)s)""",
        version=version,
        document=json.dumps(said),
        hash=plan.fingerprint,
        start=effective_from,
        actor=str(work.actor),
        now=work.now(),
    )
    return plan


def checked(
    work: Work, document: Mapping[str, Any], *, effective_from: datetime | None
) -> tuple[dict[str, Any], int | None]:
    """A plan that is to be published from an instant on (None: whenever that is done), in full; and the version
    that this very plan is from this very instant, if it is one.

    Raises PlanRefused and PublishedAlready as `publish` does; what is found in it is not looked at.
    """
    said, before = _said(work, document)
    if before is not None:
        _refuse_another_day(work, before, effective_from)
    _refuse_unpayable(parse(said, version=0))
    return said, before.version if before is not None else None


class _Before(NamedTuple):
    version: int
    effective_from: datetime


def _said(work: Work, document: Mapping[str, Any]) -> tuple[dict[str, Any], _Before | None]:
    """What a plan says in full, and the version that it has already, if it has one."""
    _refuse_unreadable(document)
    plan = parse(document, version=0).document
    # What it is kept as was written out by another release: with what a plan could say then.
    before = next(
        (
            _Before(one.plan.version, one.effective_from)
            for one in work.fetch(published_query())
            if one.plan.document == plan
        ),
        None,
    )
    return plan.written(), before


def _refuse_another_day(work: Work, before: _Before, effective_from: datetime | None) -> None:
    if before.effective_from != effective_from:
        day = before.effective_from.astimezone(work.tools.zone).date()
        raise PublishedAlready(version=before.version, day=day)


def _refuse_findings(said: Mapping[str, Any], *, confirmed: bool) -> None:
    """Raise PlanRefused for what is unlawful or cannot be meant, PlanAsks for what may not be."""
    found = lint(said)
    refused = [one.problem for one in found if one.severity == "refuse"]
    if refused:
        raise PlanRefused(*refused)
    asked = [one.problem for one in found if one.severity == "warn"]
    if asked and not confirmed:
        raise PlanAsks(*asked)


def _refuse_unreadable(document: Mapping[str, Any]) -> None:
    """Raise PlanRefused for what nobody could see: everybody reads the plan, and its name.

    Half a surrogate pair, which JSON may hold, could not even be kept.
    """
    name = document.get("name")
    character = unseen(name) if isinstance(name, str) else None
    if character:
        raise PlanRefused(Problem("/name", "invalid_field", UNSEEN, {"character": character}))
    half = re.search("[\ud800-\udfff]", json.dumps(document, ensure_ascii=False, default=str))
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


def of_affiliate(work: Work, affiliate_id: int) -> Plan | None:
    """The plan that a sale of theirs falls under at this moment; None while none is published."""
    joined_at = work.value("SELECT joined_at FROM affiliate WHERE id = %(id)s", id=affiliate_id)
    published: list[Published] = work.fetch(published_query())
    try:
        return choose(published, work.now(), joined_at)
    except NoPlanInForce:
        return None


def in_force(work: Work, at: datetime) -> Plan:
    """The plan for a sale at an instant: of those in effect, the newest version."""
    published: list[Published] = work.fetch(published_query())
    return choose(published, at)


def newest(work: Work) -> Plan | None:
    """The version that was published last, whether or not it is in force by now; None for none."""
    published: list[Published] = work.fetch(published_query())
    return published[0].plan if published else None


class Published(NamedTuple):
    """A version that was published, and from when on it is in force."""

    effective_from: datetime
    plan: Plan

    def is_for(self, at: datetime, joined_at: datetime | None) -> bool:
        """Whether it is in force at an instant, for an affiliate who joined at another."""
        keeps = self.plan.document.joined_before == "keep"
        older = keeps and joined_at is not None and joined_at < self.effective_from
        return self.effective_from <= at and not older


def published_query() -> Query[list[Published]]:
    """The query for every published plan, the newest version first.

    One that was written past `publish`, and that nobody may publish, is never in force.
    """
    return Query(
        """SELECT version, effective_from, document::text AS document FROM plan_version
            ORDER BY version DESC""",
        {},
        lambda rows: [
            Published(row.effective_from, _parsed(row.version, row.document))
            for row in rows
            if _may_be_published(row.document)
        ],
    )


def choose(published: Iterable[Published], at: datetime, joined_at: datetime | None = None) -> Plan:
    """The plan for a sale at an instant, by an affiliate who joined at another.

    Whoever joined before a version that lets them keep theirs has the newest of the earlier ones;
    where there is none, they have the oldest that there is. Raises NoPlanInForce where nothing was in
    force.
    """
    begun = [one for one in published if one.effective_from <= at]
    if not begun:
        raise NoPlanInForce("Publish a plan before the first sale.")
    return next((one.plan for one in begun if one.is_for(at, joined_at)), begun[-1].plan)


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


@lru_cache(maxsize=64)
def _may_be_published(document: str) -> bool:
    said = json.loads(document)
    # What the first format could say is what it always paid, and what caps did before they were asked.
    return is_first_format(said) or all(
        one.severity != "refuse" or one.code == CAP_BY_NOT_SAID for one in lint(as_published(said))
    )


_NAMES = """
SELECT slug, coalesce(names ->> %(locale)s, names ->> 'en', slug) AS name FROM department
 WHERE slug = ANY(%(slugs)s)
UNION ALL
SELECT p.slug, coalesce(t.name, e.name, p.slug) FROM product p
  LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = %(locale)s
  LEFT JOIN product_text e ON e.product_id = p.id AND e.locale = 'en'
 WHERE p.slug = ANY(%(slugs)s)
UNION ALL
SELECT slug, name FROM affiliate WHERE slug = ANY(%(slugs)s)"""


def names_in(work: Work, document: PlanDocument, locale: str) -> dict[str, str]:
    """What the departments, products and affiliates that a plan names are called, by their slugs."""
    asked = [rule.when for rule in document.rules]
    slugs = {
        slug for when in asked for slug in (*when.departments, *when.products, *when.affiliates)
    }
    if not slugs:
        return {}
    rows = work.rows(_NAMES, slugs=sorted(slugs), locale=locale)
    return {row.slug: row.name for row in rows}

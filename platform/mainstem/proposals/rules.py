"""Who has to be asked before a plan is in force, and what of it was meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from mainstem import identity
from mainstem.kit.work import Work
from mainstem.plan import Finding, PlanAsks, PlanRefused, lint

MAY_PUBLISH = ("finance", "admin")
"""Roles of whoever may be the second person: those who approve refunds and close periods, too."""

_OTHERS = """
SELECT EXISTS (
  SELECT FROM membership m JOIN person p ON p.id = m.person_id
   WHERE m.role = ANY(%(roles)s) AND m.revoked_at IS NULL AND p.password_hash IS NOT NULL
     AND 'staff:' || p.id <> ALL(%(same)s::text[]))"""


def publishes_at_once(work: Work) -> bool:
    """Whether what the actor proposes is published at once: there is no plan yet, or nobody else to ask.

    Whoever cannot sign in yet cannot be asked; a program is as little another person as whoever issued its key.
    """
    if not work.value("SELECT EXISTS (SELECT FROM plan_version)"):
        return True
    actor = str(work.actor)
    same = [actor, *filter(None, [identity.issuer_of(work, actor)])]
    return not work.value(_OTHERS, roles=list(MAY_PUBLISH), same=same)


def accepted(document: Mapping[str, Any], *, confirmed: bool) -> list[str]:
    """The warnings that whoever proposes a plan says are meant, by name.

    Raises PlanRefused for what nobody may publish, PlanAsks for warnings that were not `confirmed`.
    """
    found = lint(document)
    if refused := [one.problem for one in found if one.severity == "refuse"]:
        raise PlanRefused(*refused)
    asked = [one for one in found if one.severity == "warn"]
    if asked and not confirmed:
        raise PlanAsks(*(one.problem for one in asked))
    return sorted({name_of(one) for one in asked})


def refuse_new_warnings(document: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise PlanAsks for what nobody has said is meant: the rules may know more by now."""
    new = [one for one in lint(document) if one.severity == "warn" and name_of(one) not in known]
    if new:
        raise PlanAsks(*(one.problem for one in new))


def name_of(found: Finding) -> str:
    """What a finding is called where it is kept, such as `hold_is_short /rules/0/hold_days`."""
    return f"{found.code} {found.problem.pointer}".strip()

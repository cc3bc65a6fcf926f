"""Somebody proposes a plan and the day from which it is to be in force; another person publishes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.plan import book
from mainstem.proposals import rules
from mainstem.proposals.queries import Proposal, document_of, waiting


class ProposalWaits(Refused):
    """One at a time: the next would be compared with a version that the first one replaces."""

    code: ClassVar[str] = "proposal_waits"
    message: ClassVar[str] = (
        "Another plan, {name}, waits to be published. Publish or deny it first, or have it withdrawn."
    )


class Proposed(NamedTuple):
    """What became of a plan that was proposed: the version that it is, or the proposal that waits."""

    version: int | None
    waits: UUID | None


def propose(
    work: Work,
    document: Mapping[str, Any],
    *,
    effective_from: datetime | None = None,
    confirmed: bool = False,
) -> Proposed:
    """Propose a plan that is to be in force from an instant on (None: as soon as it is published).

    It is published at once where there is no plan yet, or nobody else who could; otherwise a colleague does
    (`publish`). Whoever proposes again takes back what they proposed before; the very same is one proposal.

    Raises PlanRefused, PlanAsks and PublishedAlready as `book.publish` does, and ProposalWaits.
    """
    # The same lock as a publication takes: there is one plan at a time.
    work.run("SELECT pg_advisory_xact_lock(7220)")
    said, version = book.checked(work, document, effective_from=effective_from)
    if version is not None:
        return Proposed(version, None)
    meant = rules.accepted(said, confirmed=confirmed)
    before = waiting(work)
    if before is not None:
        if (document_of(work, before.id), before.effective_from) == (said, effective_from):
            return Proposed(None, before.id)
        _take_back(work, before)
    if rules.publishes_at_once(work):
        return Proposed(_publish(work, said, effective_from, meant), None)
    id = _write(work, said, effective_from, meant)
    record(work, "plan_proposal.made", id)
    return Proposed(None, id)


def _take_back(work: Work, before: Proposal) -> None:
    if before.proposed_by != str(work.actor):
        raise ProposalWaits(name=before.name)
    work.run(
        """UPDATE plan_proposal SET state = 'canceled', decided_by = %(actor)s, decided_at = %(now)s
            WHERE id = %(id)s""",
        id=before.id,
        actor=str(work.actor),
        now=work.now(),
    )
    record(work, "plan_proposal.withdrawn", before.id)


def _publish(
    work: Work, said: Mapping[str, Any], effective_from: datetime | None, meant: list[str]
) -> int:
    start = effective_from or work.now()
    made = book.publish(work, said, effective_from=start, confirmed=bool(meant))
    _write(work, said, effective_from, meant, made.version)
    record(work, "plan.published", str(made.version))
    return made.version


def _write(
    work: Work,
    said: Mapping[str, Any],
    effective_from: datetime | None,
    meant: list[str],
    version: int | None = None,
) -> UUID:
    id, by, at = new_id(), str(work.actor), work.now()
    alone = version is not None
    work.run(
        """INSERT INTO plan_proposal (id, document, effective_from, accepted, state, nobody_to_ask,
                                      proposed_by, proposed_at, decided_by, decided_at, version)
           VALUES (%(id)s, %(document)s::jsonb, %(start)s, %(accepted)s, %(state)s, %(alone)s,
                   %(by)s, %(at)s, %(decided_by)s, %(decided_at)s, %(version)s)""",
        id=id,
        document=json.dumps(said),
        start=effective_from,
        accepted=meant,
        state="published" if alone else "needs_approval",
        alone=alone,
        by=by,
        at=at,
        decided_by=by if alone else None,
        decided_at=at if alone else None,
        version=version,
    )
    return id

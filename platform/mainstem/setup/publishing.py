"""The second person publishes what was proposed: it is saved by the door that keeps what was before and after."""

from __future__ import annotations

from uuid import UUID

from mainstem import catalog, proposals
from mainstem.kit.work import Work
from mainstem.plan import Plan
from mainstem.setup import history
from mainstem.setup.resource import ONLY
from mainstem.setup.resources.plan import PLAN
from mainstem.setup.saving import read_one


def publish_plan(work: Work, proposal_id: UUID) -> Plan:
    """Publish a plan that a colleague proposed; its version. Raises what `proposals.publish` does."""
    catalog.one_at_a_time(work)
    before = read_one(work, PLAN)
    made = proposals.publish(work, proposal_id)
    after = read_one(work, PLAN)
    if after != before:
        history.note(work, PLAN.name, ONLY, before, after)
        catalog.changed(work)
    return made

"""Publishing: a draft becomes what clients see, at once or when the company has approved it.

What staff have changed of the storefront meanwhile stays, field by field, where the draft does not say
otherwise. Where both have changed one thing, whoever publishes is told first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from mainstem import catalog
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem_affiliates.editor import live, model, rules
from mainstem_affiliates.editor.documents import StorefrontDraft
from mainstem_affiliates.editor.errors import (
    DraftChanged,
    DraftClosed,
    NothingToPublish,
    NotWaiting,
)
from mainstem_affiliates.editor.first import disclosure_of
from mainstem_affiliates.editor.model import StorefrontVersion

REASON_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a draft. `fields` are those that the company has changed meanwhile as well."""

    state: Literal["published", "submitted", "look_again"]
    slug: str
    fields: tuple[str, ...] = ()


def needs_approval(work: Work) -> bool:
    """Whether the company looks at storefronts before clients see them."""
    return bool(work.value("SELECT storefront_approval FROM company_profile"))


def publish(work: Work, home_id: int, id: UUID, *, seen: int) -> Outcome:
    """Have clients see a draft, or have the company look at it first. Sent twice, it is done once.

    Raises DraftChanged, DraftClosed, NothingToPublish, and InvalidInput for what is no longer offered.
    """
    catalog.one_at_a_time(work)
    row = model.take(work, home_id, id)
    if row.state in ("published", "submitted"):
        return Outcome("published" if row.state == "published" else "submitted", row.draft.slug)
    if not row.is_open:
        raise DraftClosed
    if row.has_moved(seen, str(work.actor)):
        raise DraftChanged(who=live.name_of(work, row.changed_by))
    if fields := _settle(work, row):
        return Outcome("look_again", row.draft.slug, fields)
    if not needs_approval(work):
        return _published(work, row)
    row.state, row.reason = "submitted", ""
    row.submitted_at, row.submitted_by = work.now(), str(work.actor)
    work.add(row)
    record(work, "storefront.submitted", id, home=home_id)
    return Outcome("submitted", row.draft.slug)


def approve(work: Work, home_id: int, id: UUID) -> bool:
    """Staff let clients see a draft; False where somebody has done so already. Raises NotWaiting, and
    InvalidInput for what is no longer offered or taken by now."""
    catalog.one_at_a_time(work)
    row = model.take(work, home_id, id)
    if row.state == "published":
        return False
    if row.state != "submitted":
        raise NotWaiting
    _settle(work, row)
    _published(work, row)
    return True


def return_draft(work: Work, home_id: int, id: UUID, *, reason: str) -> bool:
    """Staff send a draft back and say why; False where it was sent back already. Raises NotWaiting."""
    reason = reason.strip()
    if not reason:
        raise InvalidInput(Problem("/reason", "missing", "Write why."))
    if len(reason) > REASON_MAX:
        facts = {"max": REASON_MAX}
        raise InvalidInput(
            Problem("/reason", "too_long", "Keep this under {max} characters.", facts)
        )
    refuse_unseen("/reason", reason, lines=True)
    row = model.take(work, home_id, id)
    if row.state == "returned" and row.reason == reason:
        return False
    if row.state != "submitted":
        raise NotWaiting
    row.state, row.reason = "returned", reason
    row.decided_at, row.decided_by = work.now(), str(work.actor)
    work.add(row)
    record(work, "storefront.returned", id, home=home_id)
    return True


def _settle(work: Work, row: StorefrontVersion) -> tuple[str, ...]:
    """Take over into the draft what the company has changed of the storefront since it began, and check
    it; the fields that both have changed, and that the draft says otherwise."""
    seen = live.read(work, row.home_id, row.storefront_id) if row.storefront_id else None
    both: tuple[str, ...] = ()
    if seen is not None:
        said, both = merged(row.document, row.began_from or {}, seen.written())
        row.document, row.began_from = said, seen.written()
        if said == seen.written():
            raise NothingToPublish
        work.add(row)
    rules.check(work, row.home_id, row.storefront_id, seen, row.draft)
    return both


def merged(
    draft: dict[str, object], began_from: Mapping[str, object], now: Mapping[str, object]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """The draft with what has changed in `now` where the draft has left it as it began, and the fields
    that both have changed, each otherwise."""
    said, both = dict(draft), []
    for field, value in now.items():
        before = began_from.get(field, value)
        if value in (before, said.get(field)):
            continue
        if said.get(field) == before:
            said[field] = value
        else:
            both.append(field)
    return said, tuple(both)


def _published(work: Work, row: StorefrontVersion) -> Outcome:
    said, storefront_id = row.draft, row.storefront_id
    if storefront_id is None:
        # Who is paid for a recommendation is said beside it, from the first day on.
        paid = disclosure_of(work, row.home_id, said.name)
        storefront_id = live.write_new(work, row.home_id, said, paid)
    else:
        _keep_what_was(work, row.home_id, storefront_id)
        live.write(work, row.home_id, storefront_id, said)
    number = _last_number(work, row.home_id, storefront_id) + 1
    row.storefront_id, row.number, row.state, row.reason = storefront_id, number, "published", ""
    row.decided_at, row.decided_by = work.now(), str(work.actor)
    work.add(row)
    record(work, "storefront.published", row.id, home=row.home_id)
    return Outcome("published", said.slug)


def _keep_what_was(work: Work, home_id: int, storefront_id: int) -> None:
    """Keep what clients have seen until now as a version, where it is not the last one: staff have
    set it up, or changed it."""
    seen: StorefrontDraft = live.read(work, home_id, storefront_id)
    last = work.value(
        """SELECT document FROM storefront_version
            WHERE home_id = %(home)s AND storefront_id = %(id)s AND state = 'published'
            ORDER BY number DESC LIMIT 1""",
        home=home_id,
        id=storefront_id,
    )
    if last == seen.written():
        return
    now = work.now()
    work.add(
        StorefrontVersion(
            home_id=home_id,
            id=new_id(),
            storefront_id=storefront_id,
            number=_last_number(work, home_id, storefront_id) + 1,
            state="published",
            document=seen.written(),
            created_at=now,
            created_by="company",
            changed_at=now,
            changed_by="company",
            decided_at=now,
            decided_by="company",
        )
    )


def _last_number(work: Work, home_id: int, storefront_id: int) -> int:
    return int(
        work.value(
            """SELECT coalesce(max(number), 0) FROM storefront_version
                WHERE home_id = %(home)s AND storefront_id = %(id)s""",
            home=home_id,
            id=storefront_id,
        )
    )

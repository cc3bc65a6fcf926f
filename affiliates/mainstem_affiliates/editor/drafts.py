"""Drafts: begun from what clients see, saved part by part, thrown away, or begun from an earlier version.

They change in the company's own Work, after somebody has looked at who asks; every verb takes whose it is.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mainstem import catalog
from mainstem.kit.documents import document
from mainstem.kit.errors import NotFound
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem_affiliates.editor import live, model, rules
from mainstem_affiliates.editor.documents import StorefrontDraft
from mainstem_affiliates.editor.errors import DraftChanged, DraftClosed, DraftWaits
from mainstem_affiliates.editor.model import StorefrontVersion


def begin(
    work: Work, home_id: int, storefront_id: int | None, first: StorefrontDraft | None = None
) -> UUID:
    """The open draft of a storefront, begun from what clients see if there is none; its id.

    Without a storefront it is the draft of a new one, begun from `first`. Asked for twice, it is one.
    """
    catalog.one_at_a_time(work)
    if found := open_draft(work, home_id, storefront_id):
        return found
    seen = live.read(work, home_id, storefront_id) if storefront_id else None
    said = seen or first
    assert said is not None, "a new storefront begins from something"
    return _add(work, home_id, storefront_id, said, seen)


def open_draft(work: Work, home_id: int, storefront_id: int | None) -> UUID | None:
    """The draft of this storefront that is being made; None where there is none."""
    found: UUID | None = work.value(
        """SELECT id FROM storefront_version
            WHERE home_id = %(home)s AND state = ANY(%(open)s)
              AND storefront_id IS NOT DISTINCT FROM %(storefront)s""",
        home=home_id,
        open=list(model.OPEN),
        storefront=storefront_id,
    )
    return found


def save(work: Work, home_id: int, id: UUID, *, seen: int, **said: Any) -> int:
    """Have the draft say this, field by field; how often it was saved by now.

    `seen` is how often it had been when the editor opened it. Raises DraftChanged where somebody else
    has saved it since, InvalidInput, DraftWaits and DraftClosed.
    """
    row = _taken(work, home_id, id, seen)
    if row.state == "submitted":
        raise DraftWaits
    before = row.draft
    after = document(StorefrontDraft, before.written() | said)
    seen_live = live.read(work, home_id, row.storefront_id) if row.storefront_id else None
    rules.check(work, home_id, row.storefront_id, seen_live, after)
    if after.written() != before.written():
        row.document = after.written()
        _changed(work, row)
    return row.saved


def discard(work: Work, home_id: int, id: UUID) -> None:
    """Throw a draft away; once more changes nothing. What clients see stays."""
    row = model.take(work, home_id, id)
    if row.state == "discarded":
        return
    if not row.is_open:
        raise DraftClosed
    row.state = "discarded"
    _changed(work, row)
    record(work, "storefront.draft_discarded", id, home=home_id)


def recall(work: Work, home_id: int, id: UUID) -> None:
    """Recall a draft from the company, to go on with it. Once more changes nothing."""
    row = model.take(work, home_id, id)
    if not row.is_open:
        raise DraftClosed
    if row.state == "submitted":
        row.state = "draft"
        _changed(work, row)


def restore(work: Work, home_id: int, id: UUID) -> UUID:
    """A new draft that says what a published version said; its id. A draft that was being made is thrown
    away for it, unless it says the same."""
    catalog.one_at_a_time(work)
    version = model.get(work, home_id, id)
    if version.state != "published" or version.storefront_id is None:
        raise NotFound("version")
    said = version.draft
    if there := open_draft(work, home_id, version.storefront_id):
        if model.take(work, home_id, there).document == said.written():
            return there
        discard(work, home_id, there)
    seen = live.read(work, home_id, version.storefront_id)
    return _add(work, home_id, version.storefront_id, still_offered(work, said), seen)


def still_offered(work: Work, said: StorefrontDraft) -> StorefrontDraft:
    """What an earlier version said, without goods and departments that there are no more."""
    there = {
        row.slug
        for row in work.rows(
            "SELECT slug FROM product WHERE active AND slug = ANY(%(slugs)s::text[])",
            slugs=said.featured,
        )
    }
    shown = set(rules.departments(work))
    return said.model_copy(
        update={
            "featured": [slug for slug in said.featured if slug in there],
            "departments": [slug for slug in said.departments if slug in shown],
        }
    )


def _add(
    work: Work,
    home_id: int,
    storefront_id: int | None,
    said: StorefrontDraft,
    seen: StorefrontDraft | None,
) -> UUID:
    id, now, who = new_id(), work.now(), str(work.actor)
    work.add(
        StorefrontVersion(
            home_id=home_id,
            id=id,
            storefront_id=storefront_id,
            state="draft",
            document=said.written(),
            began_from=seen.written() if seen else None,
            created_at=now,
            created_by=who,
            changed_at=now,
            changed_by=who,
        )
    )
    record(work, "storefront.draft_begun", id, home=home_id)
    return id


def _taken(work: Work, home_id: int, id: UUID, seen: int) -> StorefrontVersion:
    row = model.take(work, home_id, id)
    if not row.is_open:
        raise DraftClosed
    if row.has_moved(seen, str(work.actor)):
        raise DraftChanged(who=live.name_of(work, row.changed_by))
    return row


def _changed(work: Work, row: StorefrontVersion) -> None:
    if row.changed_by != str(work.actor):
        row.saved_by_other = row.saved
    row.saved += 1
    row.changed_at, row.changed_by = work.now(), str(work.actor)
    work.add(row)

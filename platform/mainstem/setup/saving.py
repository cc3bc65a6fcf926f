"""Saving and retiring a thing: by one door, whoever comes through it.

Whoever changes a thing says which version of it they have seen. Two who edit at once cannot overwrite
each other: the second is told, and sees what the first has made of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from mainstem import catalog
from mainstem.catalog import Product
from mainstem.kit.documents import Document
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import Work
from mainstem.setup import history
from mainstem.setup.resource import ONLY, AnyResource
from mainstem.setup.resources.catalogue import PRODUCTS

ANY = "*"
"""Instead of a version: whatever it is now."""


class Changed(Refused):
    """Somebody else has changed it since it was read."""

    code = "changed_meanwhile"
    status = 412
    message = "Somebody has changed this since you opened it. Look at it again, then save yours."


class NeedsVersion(Refused):
    """It is there already, and the request does not say which version of it was seen."""

    code = "needs_version"
    status = 428
    message = "This exists. Send the version that you have seen of it, as If-Match."


class NotRetired(Refused):
    """What was asked for cannot be retired at all."""

    code = "not_retired"
    message = "This cannot be retired, only changed."


@dataclass(frozen=True, slots=True)
class Saved:
    """What stands now, and whether anything had to be done for it; or waits for a second person."""

    document: Document
    is_new: bool
    is_changed: bool
    waits: bool = False


def read_one(work: Work, resource: AnyResource, key: str = ONLY) -> Document | None:
    """The thing as it stands; None where there is none."""
    found: Document | None = resource.read(work, None if resource.single else [key]).get(key)
    return found


def save(work: Work, resource: AnyResource, said: Document, *, seen: str | None = None) -> Saved:
    """Make the thing what is said of it. Saying it again changes nothing.

    `seen` is the version that whoever says it has seen; None: none, so it must be new. Raises Changed
    and NeedsVersion, and what the resource itself refuses.
    """
    catalog.one_at_a_time(work)
    key = resource.key_of(said)
    before = read_one(work, resource, key)
    if before is not None and before == said:
        return Saved(before, is_new=False, is_changed=False)
    _check_seen(before, seen)
    resource.save(work, before, said)
    after = read_one(work, resource, key)
    assert after is not None, "what was saved can be read"
    if after != before:
        history.note(work, resource.name, key, before, after)
        catalog.changed(work)
    waits = resource.waiting is not None and resource.waiting(work) is not None
    return Saved(
        after, is_new=before is None, is_changed=after != before, waits=waits and after == before
    )


def save_product(work: Work, said: Product) -> bool:
    """Make a product what is said of it, whatever it is now; whether anything has changed. By this
    door go the products of files, and those that are changed together."""
    return save(work, PRODUCTS, said, seen=ANY).is_changed


def retire(work: Work, resource: AnyResource, key: str, *, seen: str | None = None) -> None:
    """Take the thing out of use; once more changes nothing. Raises NotFound, Changed, NeedsVersion, NotRetired."""
    if resource.retire is None:
        raise NotRetired
    catalog.one_at_a_time(work)
    before = read_one(work, resource, key)
    if before is None:
        raise NotFound(resource.one)
    _check_seen(before, seen)
    resource.retire(work, before)
    after = read_one(work, resource, key)
    if after != before:
        history.note(work, resource.name, key, before, after)
        catalog.changed(work)


def _check_seen(before: Document | None, seen: str | None) -> None:
    if seen == ANY:
        return
    if before is None:
        if seen is not None:
            raise Changed
        return
    if seen is None:
        raise NeedsVersion
    if seen != before.version:
        raise Changed

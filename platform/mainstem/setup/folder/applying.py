"""A folder applied: what differs from the company is saved, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from mainstem import pictures
from mainstem.kit.documents import Document
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.setup.folder.pictures import Store, take_in
from mainstem.setup.folder.reading import Folder, Place, Wrong
from mainstem.setup.history import differences
from mainstem.setup.resource import ONLY, AnyResource
from mainstem.setup.saving import ANY, save


def _no_store() -> pictures.Store:
    raise AssertionError("a folder with pictures is applied with a store")


class Difference(NamedTuple):
    """What a folder says otherwise than the company: a thing that is new, or fields that change.

    `waits`: nothing changes before a second person has agreed to it.
    """

    resource: str
    key: str
    is_new: bool
    fields: list[tuple[str, Any, Any]]
    waits: bool = False

    def __str__(self) -> str:
        name = self.resource if self.key == ONLY else f"{self.resource}/{self.key}"
        if self.is_new:
            return f"+ {name}"
        if self.waits:
            name += " (proposed: a second person publishes it)"
        changed = [f"    {where}: {_short(a)} -> {_short(b)}" for where, a, b in self.fields]
        return "\n".join([f"~ {name}", *changed])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 70 else f"{text[:67]}..."


class FolderRefused(Refused):
    """The folder cannot be applied; nothing of it was."""

    code = "folder_refused"
    status = 422
    message = "Nothing was changed: the folder says what cannot be."

    def __init__(self, wrong: list[Wrong]) -> None:
        self.wrong = wrong
        super().__init__()


def apply(work: Work, folder: Folder, *, store: Store = _no_store) -> list[Difference]:
    """Make the company what the folder says; what was different. Applied again it changes nothing.

    Pictures that the folder holds and a document names are taken in first, into the store.
    What the company has and the folder does not name stays as it is. Whoever only wants to see the
    differences rolls back. Raises FolderRefused with everything that is wrong.
    """
    wrong, found = [*folder.wrong], []
    wrong += [Wrong(file, 1, "", no) for file, no in take_in(work, store, folder.pictures)]
    known: dict[str, Mapping[str, Document]] = {}
    for kind, said, place in folder.said:
        if kind.name not in known:
            known[kind.name] = kind.read(work, None)
        key = kind.key_of(said)
        before = known[kind.name].get(key)
        if before == said:
            continue
        try:
            with work.session.begin_nested():
                saved = save(work, kind, said, seen=ANY)
        except Refused as no:
            wrong += _told(kind, no, place)
            continue
        if saved.is_changed or saved.waits:
            told = {} if before is None else before.written()
            now = said if saved.waits else saved.document
            fields = [] if before is None else [*differences(told, now.written())]
            found.append(Difference(kind.name, key, before is None, fields, saved.waits))
    if wrong:
        raise FolderRefused(wrong)
    return found


def _told(kind: AnyResource, no: Refused, place: Place) -> list[Wrong]:
    if not no.problems:
        return [Wrong(place.file, place.line, "", no)]
    return [Wrong(*place.of(one.pointer)[:2], one.pointer, one) for one in no.problems]

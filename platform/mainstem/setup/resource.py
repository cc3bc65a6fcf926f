"""A resource: one kind of thing that a company sets, and how it is read, saved and retired."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mainstem.kit.documents import Document
from mainstem.kit.work import Work

D = TypeVar("D", bound=Document)

ONLY = "-"
"""The key of a resource of which there is only one."""

Read = Callable[[Work, Sequence[str] | None], Mapping[str, D]]
"""Things as they stand, by key: those that are named, or all of them, in the company's order."""


@dataclass(frozen=True, slots=True)
class Resource(Generic[D]):
    """One kind of thing.

    `name` is what it is called in addresses, files and scopes; `key` the field of its document that
    names one of them, empty where there is only one. `save` takes the document from before (None:
    it is new) and what it shall be; `retire` takes one out of use, where that can be.
    `scope` is what a key of the API needs for it, before `:read` or `:write`.
    `columns` are the fields that a list shows. Where there may be thousands, `find` gives the keys of one
    page of the list instead: after a key, at most so many, those that a search names. `warnings` says what
    stands in the way of one of them, whatever its own fields say; `marks` gives those that somebody
    should look at a word, by key; `outlined` reads things with no more than `columns` in them, where all of
    each would be much; `more` is the title and address of a page on which more can be done with
    one of them. `waiting` is what was said and is saved once a second person has agreed to it.
    """

    name: str
    title: str
    one: str
    model: type[D]
    key: str
    read: Read[D]
    save: Callable[[Work, D | None, D], None]
    retire: Callable[[Work, D], None] | None = None
    columns: tuple[str, ...] = ()
    empty: str = ""
    help: str = ""
    file: str = "toml"
    scope: str = "setup"
    find: Callable[[Work, str, int, str], list[str]] | None = None
    warnings: Callable[[Work, D], Sequence[str]] | None = None
    marks: Callable[[Work], Mapping[str, str]] | None = None
    outlined: Callable[[Work, Sequence[str]], Mapping[str, D]] | None = None
    more: tuple[str, str] | None = None
    waiting: Callable[[Work], D | None] | None = None

    def key_of(self, document: Document) -> str:
        """What names this one."""
        return str(getattr(document, self.key)) if self.key else ONLY

    @property
    def single(self) -> bool:
        """Whether there is only one of it."""
        return not self.key


AnyResource = Resource[Any]

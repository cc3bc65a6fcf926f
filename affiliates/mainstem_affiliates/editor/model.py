"""The versions of a storefront: one open draft at most, and each that was published."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem_affiliates.editor.documents import StorefrontDraft

OPEN = ("draft", "submitted", "returned")


class StorefrontVersion(SQLModel, table=True):
    """A draft, or what clients have seen. `saved` counts how often it was saved."""

    __tablename__: ClassVar[Any] = "storefront_version"

    home_id: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID = Field(primary_key=True)
    storefront_id: int | None = Field(default=None, sa_type=BigInteger)
    number: int | None = None
    state: str
    document: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    began_from: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    saved: int = 1
    saved_by_other: int = 0
    reason: str = ""
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str
    submitted_at: datetime | None = None
    submitted_by: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None

    @property
    def draft(self) -> StorefrontDraft:
        """What it says: read as it was kept, whatever may be said by now."""
        return StorefrontDraft.model_construct(**self.document)

    def has_moved(self, seen: int, actor: str) -> bool:
        """Whether somebody else has saved it since this actor saw it; what they save themselves, in
        another window or twice, is no news to them."""
        return seen < (self.saved if self.changed_by != actor else self.saved_by_other)

    @property
    def is_open(self) -> bool:
        """Whether it is still being made."""
        return self.state in OPEN


def get(work: Work, home_id: int, id: UUID) -> StorefrontVersion:
    """A version of this affiliate's, to look at. Raises NotFound."""
    found = work.session.get(StorefrontVersion, (home_id, id), populate_existing=True)
    if found is None:
        raise NotFound("draft")
    return found


def take(work: Work, home_id: int, id: UUID) -> StorefrontVersion:
    """The same, locked, to change."""
    work.session.flush()
    found = work.session.get(
        StorefrontVersion, (home_id, id), with_for_update=True, populate_existing=True
    )
    if found is None:
        raise NotFound("draft")
    return found

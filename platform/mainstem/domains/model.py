"""The hosts of storefronts: asked for, proved, and lost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

IN_USE = ("pending", "proved", "paused")


class StorefrontDomain(SQLModel, table=True):
    """A host of a storefront. `host` is as machines write it, `shown` as people read it."""

    __tablename__: ClassVar[Any] = "storefront_domain"

    home_id: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID = Field(primary_key=True)
    storefront_id: int = Field(sa_type=BigInteger)
    host: str
    shown: str
    state: str = "pending"
    problem: str = ""
    challenge: str = ""
    missed_days: int = 0
    missed_on: date | None = None
    added_at: datetime
    added_by: str
    checked_at: datetime | None = None
    proved_at: datetime | None = None
    removed_at: datetime | None = None
    removed_by: str | None = None

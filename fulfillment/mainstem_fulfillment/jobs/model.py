"""What a service job is made of: the job for a line of an order, and the half hours it holds."""

from __future__ import annotations

from datetime import datetime, time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Integer, SmallInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


class JobKey(NamedTuple):
    """Which job: the order's home, the order, and the line that is performed."""

    home_id: int
    order_id: UUID
    line_no: int

    @property
    def subject(self) -> str:
        """How facts name the job."""
        return f"{self.order_id}/{self.line_no}"

    @classmethod
    def of(cls, home_id: int, subject: str) -> JobKey:
        """The job that a fact names."""
        order_id, _, line_no = subject.partition("/")
        return cls(home_id, UUID(order_id), int(line_no))


class Job(SQLModel, table=True):
    """The work on one service line, from paid to signed off."""

    home_id: int = Field(primary_key=True, sa_type=BigInteger)
    order_id: UUID = Field(primary_key=True)
    line_no: int = Field(primary_key=True, sa_type=SmallInteger)
    state: str
    team_id: int | None = Field(default=None, sa_type=BigInteger)
    starts_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ends_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    report: str = ""
    objection: str = ""
    done_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    signed_off_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    signed_off_by: str | None = None
    created_at: datetime = Field(sa_type=DateTime(timezone=True))


class Team(SQLModel, table=True):
    """People who perform services, and when and where they do."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    code: str
    name: str
    members: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    skills: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    weekdays: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    day_starts: time
    day_ends: time
    postal_codes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    active: bool = True

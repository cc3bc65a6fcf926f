"""What a lead is made of: the request, the consent given with it, notes and quotes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, DateTime, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mainstem.orders import Address, ClientDetails


class ConsentGiven(msgspec.Struct, forbid_unknown_fields=True):
    """That the client let us contact them, and the very words they said yes to."""

    given: bool
    text_version: str
    words: str


class LeadWanted(msgspec.Struct, kw_only=True):
    """A request for a service, as a storefront or an integration hands it over."""

    storefront_id: int
    home_id: int
    channel: str
    key: str
    fingerprint: bytes
    product: str
    client: ClientDetails
    address: Address
    consent: ConsentGiven
    locale: str
    currency: str
    message: str = ""
    wanted_on: date | None = None
    code: str = ""
    link: str = ""
    external_id: str | None = None
    ip_address: str = ""


class Opened(msgspec.Struct, frozen=True):
    """What became of a request. `replayed`: it had been received before."""

    home_id: int
    lead_id: UUID
    number: str
    state: str
    replayed: bool = False


class Lead(SQLModel, table=True):
    """A request for a service, from the first word to won or lost."""

    home_id: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID = Field(primary_key=True)
    number: str
    storefront_id: int = Field(sa_type=BigInteger)
    channel: str
    external_id: str | None = None
    product_id: int = Field(sa_type=BigInteger)
    state: str
    lost_reason: str | None = None
    duplicate_of: UUID | None = None
    currency: str
    locale: str
    client_key: str
    phone_key: str | None = None
    client: dict[str, Any] = Field(sa_type=JSONB)
    address: dict[str, Any] = Field(sa_type=JSONB)
    message: str = ""
    wanted_on: date | None = None
    seller_id: int = Field(sa_type=BigInteger)
    attributed_by: str
    attribution: dict[str, Any] = Field(sa_type=JSONB)
    assigned_to: str | None = None
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    reached_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    reached_by: str | None = None
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Consent(SQLModel, table=True):
    """The evidence that the client agreed, in the words they saw."""

    home_id: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID = Field(primary_key=True)
    lead_id: UUID
    purpose: str
    text_version: str
    words: str
    given_at: datetime = Field(sa_type=DateTime(timezone=True))
    address: str = ""


class LeadNote(SQLModel, table=True):
    """What somebody wrote down about a lead, for the desk's eyes."""

    __tablename__ = "lead_note"

    home_id: int = Field(primary_key=True, sa_type=BigInteger)
    id: UUID = Field(primary_key=True)
    lead_id: UUID
    words: str
    actor: str
    at: datetime = Field(sa_type=DateTime(timezone=True))


class Quote(SQLModel, table=True):
    """An offer to perform the service: a version that stands as it was sent."""

    home_id: int = Field(primary_key=True, sa_type=BigInteger)
    lead_id: UUID = Field(primary_key=True)
    no: int = Field(primary_key=True, sa_type=SmallInteger)
    state: str
    currency: str
    amount_minor: int = Field(sa_type=BigInteger)
    scope: str
    valid_until: datetime = Field(sa_type=DateTime(timezone=True))
    created_by: str
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    sent_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answered_by: str | None = None
    answered_from: str = ""
    accepted_hash: str | None = None
    begin_words: str = ""
    begin_asked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

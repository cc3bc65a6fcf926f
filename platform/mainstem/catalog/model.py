"""Rows of the catalogue that are edited one by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel


class DepartmentRow(SQLModel, table=True):
    """A department, as it is kept."""

    __tablename__ = "department"

    slug: str = Field(primary_key=True)
    names: dict[str, str] = Field(sa_type=JSONB)
    descriptions: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    position: int = 0
    hidden: bool = False
    active: bool = True


class ProductRow(SQLModel, table=True):
    """A product, as it is kept."""

    __tablename__ = "product"

    id: int | None = Field(default=None, sa_type=sa.BigInteger, primary_key=True)
    slug: str
    kind: str
    category: str
    tax_bp: int
    tax_class: str | None = None
    commissionable_bp: int = 10_000
    picture: str = ""
    position: int = 0
    active: bool = True
    options: list[Any] = Field(default_factory=list, sa_type=JSONB)
    hidden: bool = False
    sold_from: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    sold_until: datetime | None = Field(default=None, sa_type=sa.DateTime(timezone=True))
    perishable: bool = False
    withdrawal: str = "yes"
    origin: str = ""
    maker: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    responsible: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    guarantee_months: int = 0
    documents: list[Any] = Field(default_factory=list, sa_type=JSONB)
    related: list[str] = Field(default_factory=list, sa_type=ARRAY(sa.Text))
    visit_minutes: int = 0
    buffer_minutes: int = 0
    skills: list[str] = Field(default_factory=list, sa_type=ARRAY(sa.Text))
    created_at: datetime = Field(sa_type=sa.DateTime(timezone=True))


class VariantRow(SQLModel, table=True):
    """A variant, as it is kept."""

    __tablename__ = "variant"

    id: int | None = Field(default=None, sa_type=sa.BigInteger, primary_key=True)
    product_id: int = Field(sa_type=sa.BigInteger)
    sku: str
    name_en: str = ""
    name_sv: str = ""
    points: int = 0
    weight_g: int = 0
    position: int = 0
    active: bool = True
    choices: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    gtin: str = ""
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0

"""The tables of tax that people set row by row."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class TaxSettingsRow(SQLModel, table=True):
    """The company's one row of settings."""

    __tablename__ = "tax_settings"

    one: bool = Field(default=True, primary_key=True)
    home_country: str
    vat_numbers: list[dict[str, str]] = Field(sa_type=JSONB)
    oss: str
    rounding: str
    delivery_tax: str
    untaxed_price: str
    sells_to_businesses: bool
    check_with_vies: bool
    euro_rates: list[dict[str, str]] = Field(sa_type=JSONB)


class TaxRateRow(SQLModel, table=True):
    """A rate of a country and class, from a day on."""

    __tablename__ = "tax_rate"

    country: str = Field(primary_key=True)
    tax_class: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True, sa_type=sa.Date)
    valid_until: date | None = Field(default=None, sa_type=sa.Date)
    rate_bp: int
    is_sure: bool = True

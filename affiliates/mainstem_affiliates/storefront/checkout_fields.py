"""What the form of the checkout holds."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from mainstem.web import whole_number
from mainstem.web.forms import FormFields, at_most
from mainstem_affiliates.storefront.contact import ContactFields


def _minor(text: str) -> int:
    """An amount as a page of ours writes it; -1 for anything else."""
    found = whole_number(text, digits=16)
    return -1 if found is None else found


_LETTERS_MAX = {
    "name": 201,
    "email": 255,
    "phone": 200,
    "line1": 201,
    "line2": 200,
    "postal_code": 20,
    "city": 201,
    "code": 40,
    "delivery_method": 64,
}
"""So much of a field is looked at: where more is refused, one letter more than is taken."""


class ShownFields(FormFields):
    """What the page showed: the basket, packed, what was to be paid, and by which choices."""

    basket: str = ""
    total_minor: Annotated[int, BeforeValidator(_minor)] = Field(default=-1, alias="total")
    tax_minor: Annotated[int | None, BeforeValidator(_minor)] = Field(default=None, alias="tax")
    """Told by shops that show their prices without it."""
    choices: str = ""
    vat_number: Annotated[str, at_most(40)] = ""


class CheckoutFields(ContactFields, ShownFields):
    """What a client sends to order."""

    delivery_method: str = ""

    @field_validator("*")
    @classmethod
    def _cut(cls, value: object, info: ValidationInfo) -> object:
        most = _LETTERS_MAX.get(info.field_name or "")
        return value[:most] if isinstance(value, str) and most else value

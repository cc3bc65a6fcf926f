"""Who somebody is and where things go, as the checkout and the form of a request ask it."""

from __future__ import annotations

from pydantic import Field

from mainstem.orders import Address, ClientDetails
from mainstem.web.forms import FormFields


class ContactFields(FormFields):
    """A client and an address, a friend's code, and the key that the page made for this request."""

    name: str = Field(default="", alias="client-name")
    email: str = Field(default="", alias="client-email")
    phone: str = Field(default="", alias="client-phone")
    line1: str = Field(default="", alias="address-line1")
    line2: str = Field(default="", alias="address-line2")
    postal_code: str = Field(default="", alias="address-postal_code")
    city: str = Field(default="", alias="address-city")
    country: str = Field(default="", alias="address-country")
    code: str = ""
    key: str = ""

    @property
    def client(self) -> ClientDetails:
        """Who it is."""
        return ClientDetails(self.name, self.email, self.phone)

    @property
    def address(self) -> Address:
        """Where they are."""
        return Address(
            line1=self.line1,
            line2=self.line2,
            postal_code=self.postal_code,
            city=self.city,
            country=self.country,
        )

    @property
    def is_from_a_page(self) -> bool:
        """Whether the key could be one that a page of ours made."""
        return len(self.key) == 32 and self.key.isalnum()

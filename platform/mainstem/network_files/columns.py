"""Columns: what kind of file it is by its header, and which column says what.

Other programmes write what their customers have set up, in any order and language, so a header is
guessed at once and told for good on the mapping page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

KINDS = {
    "affiliates": "Affiliates",
    "clients": "Clients, and whose they are",
    "shopify_customers": "Customers of Shopify",
}

AFFILIATE_FIELDS = {
    "reference": "Their number elsewhere",
    "slug": "Name in addresses",
    "name": "Name",
    "email": "E-mail",
    "country": "Country",
    "locale": "Language",
    "state": "State",
    "sponsor": "Sponsor",
    "joined": "Joined on",
    "person_name": "Who signs in: name",
    "person_email": "Who signs in: e-mail",
    "code": "Codes",
    "link": "Link codes",
    "storefront": "Storefront: name in addresses",
    "storefront_name": "Storefront: name",
    "storefront_currency": "Storefront: currency",
    "opening_balance": "Opening balance",
    "opening_currency": "Opening balance: currency",
    "opening_reason": "Opening balance: reason",
}
CLIENT_FIELDS = {
    "client_email": "E-mail of the client",
    "affiliate": "Affiliate",
    "since": "Bound since",
    "until": "Bound until",
}
"""What a column may say, and what that is called; every value is a message to translate."""

IN_CURRENCIES = ("opening_balance",)

FIELDS: dict[str, Mapping[str, str]] = {
    "affiliates": AFFILIATE_FIELDS,
    "clients": CLIENT_FIELDS,
    "shopify_customers": CLIENT_FIELDS,
}

_AFFILIATES = {
    "id": "reference", "affiliate id": "reference", "affiliate_id": "reference", "partner id": "reference",
    "number": "reference", "nummer": "reference",
    "slug": "slug", "username": "slug", "handle": "slug",
    "name": "name", "company": "name", "company name": "name", "affiliate": "name", "affiliate name": "name",
    "namn": "name", "företag": "name", "företagsnamn": "name",
    "email": "email", "e-mail": "email", "email address": "email", "e-post": "email", "epost": "email",
    "payment email": "email",
    "country": "country", "country code": "country", "land": "country", "landskod": "country",
    "language": "locale", "locale": "locale", "språk": "locale",
    "status": "state", "state": "state",
    "sponsor": "sponsor", "parent": "sponsor", "parent affiliate": "sponsor", "referred by": "sponsor",
    "upline": "sponsor", "parent id": "sponsor", "sponsor id": "sponsor",
    "joined": "joined", "joined at": "joined", "joined_at": "joined", "joined on": "joined", "date joined": "joined",
    "signup date": "joined", "sign-up date": "joined", "created": "joined", "created at": "joined",
    "registered": "joined", "gick med": "joined", "medlem sedan": "joined",
    "contact": "person_name", "contact name": "person_name", "contact person": "person_name",
    "kontaktperson": "person_name", "contact email": "person_email",
    "code": "code", "codes": "code", "coupon": "code", "coupons": "code", "coupon code": "code",
    "discount code": "code", "kod": "code", "rabattkod": "code",
    "link": "link", "referral code": "link", "ref": "link", "tracking id": "link", "link code": "link",
    "storefront": "storefront", "shop": "storefront", "butik": "storefront",
    "storefront name": "storefront_name", "shop name": "storefront_name",
    "storefront currency": "storefront_currency",
    "opening balance": "opening_balance", "balance": "opening_balance", "unpaid": "opening_balance",
    "unpaid earnings": "opening_balance", "unpaid commission": "opening_balance", "amount due": "opening_balance",
    "ingående saldo": "opening_balance", "saldo": "opening_balance",
    "currency": "opening_currency", "valuta": "opening_currency",
    "reason": "opening_reason", "balance reason": "opening_reason",
}  # fmt: skip
_CLIENTS = {
    "email": "client_email", "e-mail": "client_email", "customer email": "client_email",
    "client email": "client_email", "client e-mail": "client_email", "customer e-mail": "client_email",
    "kundens e-post": "client_email", "e-post": "client_email", "epost": "client_email", "client": "client_email",
    "affiliate": "affiliate", "referrer": "affiliate", "referred by": "affiliate", "partner": "affiliate",
    "affiliate code": "affiliate", "tags": "affiliate",
    "since": "since", "bound since": "since", "created": "since", "created at": "since", "from": "since",
    "until": "until", "bound until": "until", "expires": "until",
}  # fmt: skip
_SHOPIFY = {"email": "client_email", "tags": "affiliate"}
_SHOPIFY_HEADER = {"email", "tags", "total spent", "total orders"}


def header_hash(header: Sequence[str]) -> str:
    """What tells a header apart from every other one of a network's files."""
    named = "\n".join(["network", *sorted({_plain(name) for name in header})])
    return hashlib.sha256(named.encode()).hexdigest()


def kind_of(header: Iterable[str]) -> str:
    """Which kind of file has this header."""
    names = {_plain(name) for name in header}
    if names >= _SHOPIFY_HEADER:
        return "shopify_customers"
    clients = {_CLIENTS[name] for name in names if name in _CLIENTS}
    affiliates = {_AFFILIATES[name] for name in names if name in _AFFILIATES}
    return "clients" if len(clients) > len(affiliates - {"name"}) else "affiliates"


def guessed(kind: str, header: Iterable[str]) -> dict[str, str]:
    """What each column says, as far as its name tells; a field is said by one column."""
    known = {"affiliates": _AFFILIATES, "clients": _CLIENTS, "shopify_customers": _SHOPIFY}[kind]
    found: dict[str, str] = {}
    for name in header:
        field = known.get(_plain(name), "")
        if field and field not in found.values():
            found[name] = field
    return found


def is_field(kind: str, field: str) -> bool:
    """Whether a column of a file of this kind may say so."""
    plain, _, currency = field.partition(":")
    if plain not in FIELDS[kind]:
        return False
    return not currency or (plain in IN_CURRENCIES and bool(re.fullmatch("[A-Z]{3}", currency)))


def _plain(name: str) -> str:
    return " ".join(name.strip().lstrip("\ufeff").casefold().split())

"""What somebody who sets a company up says, as documents."""

from __future__ import annotations

from typing import Any

PROFILE: dict[str, Any] = {
    "name": "Norrsken",
    "legal_name": "Norrskens Ljusstöperi AB",
    "number": "559123-4567",
    "country": "SE",
    "line1": "Kyrkogatan 2",
    "postal_code": "972 32",
    "city": "Luleå",
    "email": "hej@norrsken.example",
    "languages": ["sv", "en"],
    "currencies": ["SEK", "EUR"],
    "promise": {"sv": "Ljus som brinner längre.", "en": "Light that burns longer."},
}
LOCATION: dict[str, Any] = {"code": "LLA", "name": "Lagret", "country": "SE", "city": "Luleå"}
TEAM: dict[str, Any] = {"code": "NORR", "name": "Norr", "skills": ["repair"]}
PASSING = dict.fromkeys(("house", "suspended", "inactive"), "uses_up_level")
PLAN: dict[str, Any] = {
    "name": "Two levels",
    "version_by": "order",
    "joined_before": "move",
    "cap_bp": 1300,
    "uplines": PASSING,
    "rules": [
        {"id": "goods", "when": {"kind": "goods"}, "levels": [{"rate_bp": 1000}, {"rate_bp": 300}],
         "cap_bp": 1300, "hold_days": 30},
        {"id": "service", "when": {"kind": "service"}, "levels": [{"rate_bp": 500}, {"rate_bp": 100}],
         "cap_bp": 600, "hold_days": 14},
    ],
    "minimum_payout_minor": {"SEK": 10000},
}  # fmt: skip
AFFILIATE: dict[str, Any] = {
    "slug": "vinter",
    "name": "Vinter och Co",
    "email": "post@vinter.example",
    "country": "SE",
    "locale": "sv",
    "people": [{"name": "Vera Vinter", "email": "vera@vinter.example", "role": "owner"}],
    "codes": ["VINTER"],
    "links": ["VINTER-LINK"],
}
STOREFRONT: dict[str, Any] = {
    "slug": "vinter",
    "affiliate": "vinter",
    "name": "Vinter",
    "languages": ["sv", "en"],
    "currency": "SEK",
    "headline": {"sv": "Tänd ett ljus", "en": "Light a candle"},
    "owner": "Vera Vinter",
}
COLLEAGUE: dict[str, Any] = {
    "email": "ove@norrsken.example",
    "name": "Ove Ek",
    "locale": "sv",
    "roles": ["picker", "lead_desk"],
}
TERMS: dict[str, Any] = {"kind": "terms", "texts": {"sv": "Villkoren.", "en": "The terms."}}
PROGRAMME: dict[str, Any] = {
    "is_open": False,
    "headline": {"en": "Sell with us", "sv": "Sälj med oss"},
    "recruiters": "proven",
    "deliveries_min": 5,
    "requirements": [
        {"code": "registration", "names": {"en": "Certificate"}, "needs": "file"},
    ],
}
TAX: dict[str, Any] = {
    "home_country": "SE",
    "vat_numbers": [{"country": "SE", "number": "SE556188840401"}],
    "oss": "threshold",
    "euro_rates": [{"currency": "SEK", "rate": "11.2"}],
}
TAX_RATE: dict[str, Any] = {
    "country": "SE",
    "tax_class": "toys",
    "valid_from": "2027-01-01",
    "rate_bp": 600,
}
ZONE: dict[str, Any] = {
    "code": "sweden",
    "countries": ["SE"],
    "except_postal_codes": ["62"],
    "methods": [
        {
            "code": "parcel",
            "names": {"sv": "Paket", "en": "Parcel"},
            "carrier": "PostNord",
            "bands": [{"price": {"SEK": 5900}}],
            "free_from": {"SEK": 500000},
            "cut_off": "14:00",
        }
    ],
}
MAIL: dict[str, Any] = {"sender_name": "Norrsken", "sender_address": "hej@norrsken.example"}
DEPARTMENT: dict[str, Any] = {"slug": "candles", "names": {"en": "Candles", "sv": "Ljus"}}
PRODUCT: dict[str, Any] = {
    "slug": "candle",
    "department": "candles",
    "names": {"en": "Candle", "sv": "Ljus"},
    "variants": [
        {
            "sku": "CANDLE-1",
            "prices": {"EUR": 490, "SEK": 4900},
        }
    ],
    "maker": {"name": "Norrskens Ljusstöperi AB"},
}

BY_VALUE: dict[str, Any] = {
    "code": "by-value",
    "countries": ["SE"],
    "methods": [
        {
            "code": "parcel",
            "names": {"en": "Parcel"},
            "priced_by": "value",
            "bands": [
                {"up_to": 1000, "price": {"JPY": 300}},
                {"up_to": 50000, "price": {"SEK": 5900}},
                {"price": {"SEK": 0}},
            ],
        }
    ],
}
"""Delivery by what the goods cost: amounts, each in the currency of its price."""

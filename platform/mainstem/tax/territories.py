"""Territories: whose tax an address falls under, also where a country's tax ends before its border.

The facts are those of Directive 2006/112/EC, Articles 5 to 7. An address is known by its country
and its postal code, which is as much as it tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from mainstem.calendar import place_of

EU = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
))  # fmt: skip
"""The member states, by ISO 3166-1."""

NORTHERN_IRELAND = "XI"
"""How the Union's tax calls it: inside for goods, outside for services."""


@dataclass(frozen=True, slots=True)
class Territory:
    """Where the client is, for tax.

    `country` is whose tax it is; `rates` names the list of rates, which a region may have of its
    own. `goods` and `services` say whether those are inside the Union's tax there. `name` is why
    the place is special, as a code; empty where it is not. `zone` is the time of its midnight.
    """

    country: str
    rates: str
    goods: bool
    services: bool
    name: str
    zone: str

    def inside(self, kind: str) -> bool:
        """Whether goods, or services, are inside the Union's tax here."""
        return self.goods if kind == "goods" else self.services


# Country, the beginnings of its postal codes, and what the place is called.
_OUTSIDE: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("FI", ("22",), "aland"),
    ("ES", ("35", "38"), "canary_islands"),
    ("ES", ("51",), "ceuta"),
    ("ES", ("52",), "melilla"),
    ("IT", ("23041",), "livigno"),
    ("IT", ("22061",), "campione"),
    ("DE", ("78266",), "busingen"),
    ("DE", ("27498",), "heligoland"),
    ("FR", ("97", "984", "986", "987", "988"), "french_overseas"),
    ("GR", ("63086", "63087"), "mount_athos"),
    # The Union's law rests where the Republic does not govern. All of the district of Kyrenia lies
    # there; what of Nicosia and Famagusta does, no code tells.
    ("CY", ("9",), "northern_cyprus"),
)
# Inside, with rates of their own.
_REGIONS: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("PT", ("95", "96", "97", "98", "99"), "PT-20", "azores"),
    ("PT", ("90", "91", "92", "93", "94"), "PT-30", "madeira"),
    ("AT", ("6691", "6991", "6992", "6993"), "AT-JM", "jungholz_mittelberg"),
    # France's standard rate; the few others of the island are the company's to list.
    ("FR", ("20",), "FR-20R", "corsica"),
)
# The same places, where an address names them as countries of their own.
_OWN_CODES = {
    "AX": "aland", "BL": "french_overseas", "GF": "french_overseas", "GP": "french_overseas",
    "MF": "french_overseas", "MQ": "french_overseas", "NC": "french_overseas",
    "PF": "french_overseas", "PM": "french_overseas", "RE": "french_overseas",
    "WF": "french_overseas", "YT": "french_overseas",
}  # fmt: skip
# Countries that are treated as another: Article 7.
_AS_ANOTHER = {"MC": ("FR", "monaco")}
_ZONES = {
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "ES": "Europe/Madrid", "FR": "Europe/Paris",
    "GB": "Europe/London", "PT": "Europe/Lisbon", "PT-20": "Atlantic/Azores",
    "PT-30": "Atlantic/Madeira",
}  # fmt: skip


@lru_cache(maxsize=65536)
def territory_of(country: str, postal_code: str = "") -> Territory:
    """The territory of an address."""
    country, code = country.upper(), "".join(filter(str.isalnum, postal_code.upper()))
    if country == "GB" and code.startswith("BT"):
        zone = _ZONES["GB"]
        return Territory(NORTHERN_IRELAND, NORTHERN_IRELAND, True, False, "northern_ireland", zone)
    if country in _AS_ANOTHER:
        country, name = _AS_ANOTHER[country]
        return Territory(country, country, True, True, name, _zone(country))
    for of, begins, name in _OUTSIDE:
        if country == of and _digits(code, of).startswith(begins):
            return Territory(country, country, False, False, name, _zone(country))
    for of, begins, rates, name in _REGIONS:
        if country == of and _digits(code, of).startswith(begins):
            return Territory(country, rates, True, True, name, _zone(rates))
    inside = country in EU
    name = _OWN_CODES.get(country, "")
    return Territory(country, country, inside, inside, name, _zone(country))


def _digits(code: str, country: str) -> str:
    """A code without the letters of its country before it, as in AX-22100 or D-78266."""
    return code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") if country != "GB" else code


def _zone(country: str) -> str:
    return _ZONES.get(country) or _ZONES.get(country[:2]) or place_of(country[:2]).zones[0]

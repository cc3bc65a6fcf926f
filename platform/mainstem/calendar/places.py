"""Places: whose holidays and whose midnight count, as far as an address tells.

A country may keep more than one list of holidays and more than one time. Where the postal code
tells which, that one counts. Where it does not, every one counts that might, so the end of a period
is the latest that it could be there: no client loses a day, and nobody is paid before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from babel.core import get_global

UNKNOWN = "?"
"""The region of an address that does not tell which of several it is in."""


@dataclass(frozen=True, slots=True)
class Place:
    """A country (ISO 3166-1 alpha-2), its region, and the time zones that an address there may have.

    `region` is a subdivision by its name in `holidays`; empty where the country's own list is all
    there is, and UNKNOWN where the address does not tell.
    """

    country: str
    region: str
    zones: tuple[str, ...]


def place_of(country: str, postal_code: str = "") -> Place:
    """The place of an address; the postal code is looked at where it tells more than the country."""
    country = country.upper()
    regions = _REGIONS.get(country)
    if regions is None:
        return _place(country, UNKNOWN)
    code = "".join(sign for sign in postal_code if sign.isascii() and sign.isdigit())
    if len(code) < 4:
        return _place(country, UNKNOWN)
    return _place(country, regions.get(code[:3]) or regions.get(code[:2]) or _ELSEWHERE[country])


@cache
def place_of_zone(zone: ZoneInfo) -> Place:
    """Where somebody works who keeps this time: anywhere in its country.

    A company says which time its days have, and nothing more of where it is. A time that belongs to
    no country, as UTC, has weekends and no holidays.
    """
    of = get_global("zone_territories")
    name = get_global("zone_aliases").get(zone.key, zone.key)
    return place_of(of.get(name, "ZZ"))


@cache
def _place(country: str, region: str) -> Place:
    zone = _ZONES.get((country, region)) or (_MAINLAND.get(country) if region != UNKNOWN else None)
    if zone:
        return Place(country, region, (zone,))
    kept = {name for name, kept_in in get_global("zone_territories").items() if kept_in == country}
    kept |= {name for (of, _), name in _ZONES.items() if of == country}
    # A country that nobody knows might be anywhere; no day ends later than it does there.
    return Place(country, region, tuple(sorted(kept)) or ("Etc/GMT+12",))


def _table(rows: dict[str, str]) -> dict[str, str]:
    return {prefix: region for region, prefixes in rows.items() for prefix in prefixes.split()}


# The first two or three digits of a postal code, where they lie in one region alone. Germany's areas
# that cross a border between Länder are left out: there the address does not tell.
_REGIONS: dict[str, dict[str, str]] = {
    "DE": _table({
        "BW": "70 71 72 73 74 75 77 78 79 681 682 683 687 688 691 761 762 763 764 765 766"
              " 880 882 883 884 885 886 887 890 891 895 896",
        "BY": "80 81 82 83 84 85 86 87 90 91 92 93 94 95 637 638 639 892 893 894"
              " 960 961 962 963 964 970 971 972 973 974 975 976 977",
        "Augsburg": "861",
        "BE": "10 13 120 121 122 123 124 126 140 141",
        "BB": "03 16 049 144 145 146 148 149 152 153 157 158 159",
        "HB": "275 281 282 283",
        "HE": "35 60 61 341 342 345 346 360 361 362 363 372 630 631 632 633 634 635 636"
              " 642 643 644 645 648 651 652 654 657 658 659 686",
        "HH": "20 211 220 222 223 224 225 226 227",
        "MV": "18 170 171 174 175 190 194",
        "NI": "26 30 31 212 213 216 217 272 273 276 277 278 288 292 293 295 296 370 371 374 375"
              " 381 382 383 385 386 387 490 491 492 493 496 497 498",
        "NW": "33 40 41 42 44 45 46 47 50 52 58 59 320 321 322 324 325 326 327 328"
              " 481 482 483 486 487 510 511 513 514 516 517 531 532 533 537 538 539 570 572 574",
        "RP": "54 56 67 534 535 551 554 555 556 557 575 576 669 768",
        "SH": "24 25 228 229 235 236 237 238",
        "SL": "661 662 663 666 667",
        "SN": "02 08 09 010 011 012 013 014 015 016 017 018 041 042 043 044 045 047",
        "ST": "39 061 062 063 064 066 067 068 069 388",
        "TH": "98 99 073 074 075 076 077 078 364 373 965",
    }),
    "ES": _table({
        "AN": "04 11 14 18 21 23 29 41", "AR": "22 44 50", "AS": "33", "CB": "39",
        "CE": "51", "CL": "05 09 24 34 37 40 42 47 49", "CM": "02 13 16 19 45",
        "CN": "35 38", "CT": "08 17 25 43", "EX": "06 10", "GA": "15 27 32 36", "IB": "07",
        "MC": "30", "MD": "28", "ML": "52", "NC": "31", "PV": "01 20 48", "RI": "26",
        "VC": "03 12 46",
    }),
    "FI": {"22": "01"},
    "FR": {"57": "57", "67": "6AE", "68": "6AE", "971": "971", "972": "972", "973": "973",
           "974": "974", "976": "976"},
    "PT": _table({"30": "90 91 92 93 94", "20": "95 96 97 98 99"}),
}  # fmt: skip

# What a readable postal code outside that table means.
_ELSEWHERE = {"DE": UNKNOWN, "ES": UNKNOWN, "FI": "", "FR": "", "PT": ""}

_MAINLAND = {"ES": "Europe/Madrid", "FR": "Europe/Paris", "PT": "Europe/Lisbon"}
_ZONES = {
    ("ES", "CN"): "Atlantic/Canary",
    ("FR", "971"): "America/Guadeloupe",
    ("FR", "972"): "America/Martinique",
    ("FR", "973"): "America/Cayenne",
    ("FR", "974"): "Indian/Reunion",
    ("FR", "976"): "Indian/Mayotte",
    ("PT", "20"): "Atlantic/Azores",
    ("PT", "30"): "Atlantic/Madeira",
}

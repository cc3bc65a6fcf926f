"""The affiliates that a file may mean: those that there are, and those that it brings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from mainstem import identity, referrals
from mainstem.catalog_files import CellUnfit
from mainstem.kit.nearest import nearest

NOBODY = "No affiliate is called {name}."
SEVERAL = "Several affiliates are called {name}. Use their name in addresses."


class UnknownAffiliate(CellUnfit):
    """A cell names nobody, or several; `nearest` is who may have been meant."""

    def __init__(self, message: str, said: str, meant: str = "") -> None:
        super().__init__(message, name=said[:80])
        self.nearest = meant


@dataclass(frozen=True, slots=True)
class Called:
    """What an affiliate is called: each of these names them in a file."""

    slug: str
    name: str
    email: str
    codes: Iterable[str] = ()
    reference: str = ""


@dataclass(slots=True)
class Affiliates:
    """Slugs by whatever names an affiliate. What one is called surely goes before what several may be."""

    _slugs: set[str] = field(default_factory=set)
    _sure: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, one: Called) -> None:
        """Know one more."""
        self._slugs.add(one.slug)
        self._sure[one.slug].add(one.slug)
        self._names[identity.key_of(one.email)].add(one.slug)
        self._names[_plain(one.name)].add(one.slug)
        for code in one.codes:
            self._sure[f"code {referrals.fold(code)}"].add(one.slug)
        if one.reference:
            self._sure[f"reference {_plain(one.reference)}"].add(one.slug)

    def of_email(self, email: str) -> str:
        """The slug of the only one with this e-mail; empty for nobody or several."""
        found = self._names.get(identity.key_of(email), set())
        return next(iter(found)) if len(found) == 1 else ""

    def find(self, said: str) -> str:
        """The slug of whom a cell names: by reference, address, code, e-mail or name. Raises
        UnknownAffiliate."""
        ways = (
            self._sure.get(f"reference {_plain(said)}"),
            self._sure.get(said.strip().lower()),
            self._sure.get(f"code {referrals.fold(said)}"),
            self._names.get(identity.key_of(said)),
            self._names.get(_plain(said)),
        )
        for found in ways:
            if found:
                if len(found) > 1:
                    raise UnknownAffiliate(SEVERAL, said)
                return next(iter(found))
        raise UnknownAffiliate(NOBODY, said, nearest(said, self._slugs))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())

"""What the files of a network would do: nothing is changed by looking."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mainstem.catalog_files import RowProblem
from mainstem.network_files.bindings import Bound
from mainstem.network_files.opening import Opening


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one row of a file of affiliates makes of one of them. The documents are those of set-up."""

    line: int
    before: Any
    after: Any
    storefront_before: Any
    storefront: Any
    openings: list[Opening] = field(default_factory=list)
    joined_at: datetime | None = None
    """When a new one joined, where the file says so."""

    @property
    def kind(self) -> str:
        """What becomes of it: new, changed or same."""
        if self.before is None:
            return "new"
        changed = self.before != self.after or self.storefront != self.storefront_before
        return "changed" if changed or self.openings else "same"


@dataclass(slots=True)
class Preview:
    """What a file would do: its affiliates, each after their sponsor, or its clients; and all that is
    wrong with it."""

    affiliates: list[Proposal] = field(default_factory=list)
    clients: list[Bound] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    of_nobody: int = 0
    """Clients of a shop's export who are no affiliate's."""

    def kinds(self) -> Iterator[str]:
        """What becomes of each row."""
        yield from (one.kind for one in self.affiliates)
        yield from ("same" if one.is_known else "new" for one in self.clients)

    def count(self, kind: str) -> int:
        """How many rows become so."""
        return sum(one == kind for one in self.kinds())

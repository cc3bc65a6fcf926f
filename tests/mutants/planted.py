"""The list of planted bugs: where, what was there, what stands there instead, who catches it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("planted.toml")


@dataclass(frozen=True, slots=True)
class Planted:
    """One bug. `caught_by` is the test that fails because of it, as pytest names it."""

    bug: str
    file: str
    was: str
    becomes: str
    caught_by: str

    @property
    def test_file(self) -> str:
        """The file of the test that catches it."""
        return self.caught_by.partition("::")[0]

    @property
    def test(self) -> str:
        """The name of that test, without its parameters."""
        return self.caught_by.partition("::")[2].partition("[")[0]

    def in_text(self, text: str) -> str:
        """The file's text with the bug in it. Raises ValueError where it is not told apart."""
        if text.count(self.was) != 1:
            raise ValueError(f"{self.bug}: found {text.count(self.was)} times in {self.file}")
        return text.replace(self.was, self.becomes)


def planted() -> list[Planted]:
    """Every planted bug, in the order of the list."""
    return [Planted(**row) for row in tomllib.loads(LIST.read_text())["planted"]]

"""One field of a form, and what a form must know besides its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from mainstem.kit.locale import Language


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. `suggests` is the kind of names that are offered as it is typed.

    `kind`: line, lines, number, percent, amount, flag, choice, choices, day, clock, instant, list, picture,
    group (of `parts`), rows (each a group in `parts`, the last one blank) or fold (of `parts`, which can
    be said later). `is_open` is whether a row or a fold is shown with all its fields: one that says
    something, the first row that must, or one that was asked for, which also `has_focus`. `preview` is where an
    uploaded picture is seen. `opens_with` is the choice with which a fold opens: the name of its field
    and what it says.
    """

    name: str
    kind: str
    label: str
    hint: str = ""
    value: str = ""
    preview: str = ""
    checked: bool = False
    required: bool = True
    is_open: bool = False
    has_focus: bool = False
    chosen: list[str] = []
    options: list[tuple[str, str]] = []
    suggests: str = ""
    opens_with: tuple[str, str] | None = None
    parts: list[FormField] = []


@dataclass(frozen=True, slots=True)
class Around:
    """What a form must know besides its document: languages, currencies, and what may be referred to.

    `known` are the names of each kind of which there are few; of the others a field asks as it is typed.
    """

    language: Language
    locales: Sequence[str]
    currencies: Sequence[str]
    known: Mapping[str, Sequence[tuple[str, str]]]
    currency: str = ""
    """That of the amounts in what is being drawn."""
    of_amounts: bool = False
    """Whether the numbers of the rows that are being drawn are amounts."""
    more: str = ""
    """The rows that somebody asked for one more of."""
    may_be_empty: bool = False
    """Whether nothing at all need be said: no choice is made by itself."""

    def leads_into(self, at: str) -> bool:
        """Whether the rows that were asked for are these, or stand in what is named so."""
        return self.more == at or self.more.startswith(f"{at}-")

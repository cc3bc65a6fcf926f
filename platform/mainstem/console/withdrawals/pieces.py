"""How many pieces of which line, as they are typed or sent for a withdrawal."""

from __future__ import annotations

from pydantic import Field

from mainstem.console.orders.refund_form import LINE_MAX
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.web.forms import Form, whole_number


class NamedLine(Document):
    """How many pieces of one line a statement is of."""

    line_no: int = Field(ge=1, le=LINE_MAX, title="Line")
    pieces: int = Field(ge=1, le=999_999, title="Pieces")


def refuse_twice(lines: list[int]) -> None:
    """Raise InvalidInput where a line is named twice."""
    if len(lines) != len(set(lines)):
        raise InvalidInput(Problem("/lines", "invalid_value", "Name each line once."))


def counted(form: Form, problems: list[Problem]) -> list[tuple[int, int]]:
    """How many pieces of which line were typed; what is no number is a problem."""
    counts = []
    for no, text in form.numbered("pieces").items():
        found = whole_number(text, digits=6) if text else 0
        if found is None:
            problems.append(Problem(f"/pieces-{no}", "invalid_field", "Count in whole pieces."))
        elif found and 0 < no <= LINE_MAX:
            counts.append((no, found))
    return counts

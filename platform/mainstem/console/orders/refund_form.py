"""What a refund form says."""

from __future__ import annotations

import msgspec

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.web.forms import Form
from mainstem.web.staff.amounts import amount_in


class RefundForm(msgspec.Struct, frozen=True):
    """What a refund form says."""

    lines: list[tuple[int, int]]
    """(line, amount) of each line that is given something back."""
    amount_minor: int
    goods_go: bool
    pieces: dict[int, int] | None
    """How many of each line no longer go; None: as many as its amount pays for."""


def wanted_in(form: Form, currency: str) -> RefundForm:
    """What goes back, of what, and what becomes of the goods; InvalidInput with every problem."""
    lines = []
    problems: list[Problem] = []
    for name, text in form.texts().items():
        no = _line_in(name, "line-")
        if no is not None and text:
            try:
                lines.append((no, amount_in(text, currency, pointer=f"/{name}").minor))
            except InvalidInput as found:
                problems += found.problems
    amount = sum(minor for _, minor in lines)
    if form["amount"]:
        try:
            amount += amount_in(form["amount"], currency).minor
        except InvalidInput as found:
            problems += found.problems
    if not amount and not problems:
        problems.append(
            Problem("/amount", "missing", "Write how much to refund, and for which lines.")
        )
    goods_go = form["goods"] == "go"
    counted = {} if goods_go else _counted(form, problems)
    if problems:
        raise InvalidInput(*problems)
    # Where one line's pieces are counted, the others' are worked out from their amounts.
    return RefundForm(sorted(lines), amount, goods_go, counted or None)


def _counted(form: Form, problems: list[Problem]) -> dict[int, int]:
    counted = {}
    for name, text in form.texts().items():
        no = _line_in(name, "pieces-")
        if no is None or not text:
            continue
        if text.isascii() and text.isdecimal() and len(text) < 7:
            counted[no] = int(text)
        else:
            problems.append(Problem(f"/{name}", "invalid_field", "Count in whole pieces."))
    return counted


def _line_in(name: str, prefix: str) -> int | None:
    """The line that a field is of: `line-3` is of the third."""
    number = name.removeprefix(prefix)
    if name.startswith(prefix) and number.isascii() and number.isdecimal() and len(number) < 4:
        return int(number)
    return None

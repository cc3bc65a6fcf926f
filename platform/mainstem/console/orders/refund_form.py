"""What is said to send money back, and how its form is read."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mainstem.kit.documents import Currency, Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.money import MINOR_MAX
from mainstem.web.forms import Form, FormFields, Ticked, whole_number
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.typed import Reason

LINE_MAX = 999
_Line = Annotated[int, Field(ge=0, le=LINE_MAX, title="Line", description="0 is the delivery.")]
_Minor = Annotated[int, Field(gt=0, le=MINOR_MAX)]


class RefundedLine(Document):
    """What goes back of one line."""

    line_no: _Line
    amount_minor: _Minor = Field(title="Amount")


class StoppedLine(Document):
    """How many pieces of one line no longer go."""

    line_no: _Line
    pieces: int = Field(ge=0, le=999_999, title="Pieces")


class SeenBefore(Document):
    """What stood at the order when it was decided."""

    asked_minor: int = Field(
        ge=0,
        le=MINOR_MAX,
        title="Refunded already",
        description="The order's `asked_minor`. Something else by now is refused.",
    )
    still_here: int | None = Field(
        None,
        ge=0,
        le=MINOR_MAX,
        title="Still here",
        description="The order's `still_here`. Something else by now is refused.",
    )


class RefundRequest(Document):
    """What goes back, of what, why, and what becomes of the goods."""

    currency: Currency = Field(title="Currency", description="The order's own.")
    lines: list[RefundedLine] = Field(default_factory=list, max_length=1000, title="Lines")
    amount_minor: int = Field(
        0, ge=0, le=MINOR_MAX, title="Amount", description="Beside what the lines say."
    )
    reason: Reason
    goods_go: bool = Field(
        False, title="The goods still go", description="Otherwise what is refunded is not shipped."
    )
    goodwill: bool = Field(
        False,
        title="Goodwill",
        description="The company bears it: no goods stop, and commission stands while the sale does.",
    )
    pieces: list[StoppedLine] | None = Field(
        None,
        max_length=1000,
        title="Pieces that no longer go",
        description="Left out: as many of each line as its amount pays for.",
    )
    seen: SeenBefore | None = Field(None, title="What was seen")

    @property
    def total_minor(self) -> int:
        """All that goes back."""
        return self.amount_minor + sum(line.amount_minor for line in self.lines)

    @property
    def parts(self) -> list[tuple[int, int]]:
        """(line, amount) of each line that is given something back."""
        return sorted((line.line_no, line.amount_minor) for line in self.lines)

    @property
    def counted(self) -> dict[int, int] | None:
        """How many of each line no longer go; None: as many as its amount pays for."""
        if self.goods_go or self.goodwill or not self.pieces:
            return None
        return {one.line_no: one.pieces for one in self.pieces}


def refuse_unclear(wanted: RefundRequest) -> None:
    """Raise InvalidInput for a request for nothing, or one that names a line twice."""
    if not wanted.total_minor:
        raise InvalidInput(
            Problem("/amount_minor", "missing", "Write how much to refund, and for which lines.")
        )
    if wanted.goodwill and wanted.pieces:
        stops = "Goodwill stops no goods. Say it without pieces, or refund them as usual."
        raise InvalidInput(Problem("/pieces", "invalid_value", stops))
    for name, parts in (("lines", wanted.lines), ("pieces", wanted.pieces or [])):
        if len(parts) != len({part.line_no for part in parts}):
            raise InvalidInput(Problem(f"/{name}", "invalid_value", "Name each line once."))


class RefundFields(FormFields):
    """What the page sends beside its reason and what is typed for each line (`line-1`, `pieces-1`)."""

    amount: str = ""
    goods: str = ""
    goodwill: Ticked = False
    asked: str = ""
    still: str = ""


def wanted_in(form: Form, currency: str) -> RefundRequest:
    """What goes back, of what, and what becomes of the goods; InvalidInput with every problem."""
    sent = form.into(RefundFields)
    problems: list[Problem] = []
    lines = [
        {"line_no": no, "amount_minor": minor}
        for no, text in _typed(form, "line")
        if (minor := _amount(text, currency, f"/line-{no}", problems))
    ]
    amount = _amount(sent.amount, currency, "/amount", problems) if sent.amount else 0
    if not lines and not amount and not problems:
        problems.append(
            Problem("/amount", "missing", "Write how much to refund, and for which lines.")
        )
    goods_go = sent.goods == "go" or sent.goodwill
    pieces = [] if goods_go else _counted(form, problems)
    if problems:
        raise InvalidInput(*problems)
    return form.body(
        RefundRequest,
        currency=currency,
        lines=lines,
        amount_minor=amount,
        goods_go=goods_go,
        goodwill=sent.goodwill,
        # Where one line's pieces are counted, the others' are worked out from their amounts.
        pieces=pieces or None,
        seen=_seen(sent),
    )


def _typed(form: Form, name: str) -> list[tuple[int, str]]:
    """The lines that something was typed for, each with its text."""
    return [(no, text) for no, text in form.numbered(name).items() if text and no <= LINE_MAX]


def _amount(text: str, currency: str, pointer: str, problems: list[Problem]) -> int:
    try:
        return amount_in(text, currency, pointer=pointer).minor
    except InvalidInput as found:
        problems += found.problems
        return 0


def _counted(form: Form, problems: list[Problem]) -> list[dict[str, int]]:
    counted = []
    for no, text in _typed(form, "pieces"):
        found = whole_number(text, digits=6)
        if found is None:
            problems.append(Problem(f"/pieces-{no}", "invalid_field", "Count in whole pieces."))
        else:
            counted.append({"line_no": no, "pieces": found})
    return counted


def _seen(sent: RefundFields) -> dict[str, int | None]:
    """What the page said of the order. A form that says nothing of it has seen nothing that stands."""
    return {
        "asked_minor": _whole(sent.asked),
        "still_here": _whole(sent.still) if sent.still else None,
    }


def _whole(text: str) -> int:
    """The number; more than there can ever be for what is none."""
    found = whole_number(text, digits=15)
    return MINOR_MAX if found is None else found

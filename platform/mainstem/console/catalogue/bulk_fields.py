"""What is typed to change many products at once: which of them, and what of them is to be different."""

from __future__ import annotations

from typing import Annotated

from mainstem.catalog import Change, Chosen
from mainstem.catalog_files import CellUnfit, amount_of, decimal_of
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.web.forms import Form, FormFields, at_most, whole


class BulkFields(FormFields):
    """Which products, what of them is to be different, and the catalogue as it was looked at."""

    department: str = ""
    words: Annotated[str, at_most(100)] = ""
    currency: str = ""
    percent: str = ""
    amount: str = ""
    to_department: str = ""
    hidden: str = ""
    commissionable: str = ""
    tax: str = ""
    version: Annotated[int | None, whole(digits=18)] = None


def asked_in(form: Form) -> tuple[Chosen, Change]:
    """Which products and what of them; InvalidInput for what cannot be read, or for nothing at all."""
    sent = form.into(BulkFields)
    currency = sent.currency
    change = Change(
        currency=currency,
        price_bp=_percent(sent.percent),
        price_minor=_amount(sent.amount, currency),
        department=sent.to_department,
        hidden={"yes": True, "no": False}.get(sent.hidden),
        commissionable_bp=_share(sent.commissionable, "/commissionable"),
        tax_bp=_share(sent.tax, "/tax"),
    )
    if change == Change(currency=currency):
        raise InvalidInput(Problem("/percent", "missing", "Say what is to be different."))
    return Chosen(sent.department, sent.words), change


def _percent(text: str) -> int | None:
    """Per cent with up to two decimals, up or down, as hundredths of one."""
    if not text:
        return None
    sign = -1 if text[0] in "-\u2212" else 1
    try:
        hundredths = decimal_of(text.lstrip("+-\u2212").rstrip("% ")) * 100
    except CellUnfit:
        hundredths = None
    if hundredths is None or hundredths != int(hundredths) or hundredths >= 10_000:
        raise InvalidInput(
            Problem("/percent", "invalid_value", "Write per cent, such as 5 or -7.5.")
        )
    return sign * int(hundredths)


def _amount(text: str, currency: str) -> int | None:
    if not text:
        return None
    sign = -1 if text[0] in "-\u2212" else 1
    try:
        return sign * amount_of(text.lstrip("+-\u2212"), currency)
    except CellUnfit as unfit:
        raise InvalidInput(
            Problem("/amount", "invalid_value", unfit.message, unfit.facts)
        ) from None


def _share(text: str, pointer: str) -> int | None:
    """Per cent from 0 to 100, as basis points."""
    if not text:
        return None
    try:
        hundredths = decimal_of(text.rstrip("% ")) * 100
    except CellUnfit:
        hundredths = None
    if hundredths is None or hundredths != int(hundredths) or hundredths > 10_000:
        raise InvalidInput(Problem(pointer, "invalid_value", "Write per cent from 0 to 100."))
    return int(hundredths)

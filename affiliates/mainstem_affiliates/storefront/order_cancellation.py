"""A client cancels what has not left, by themselves: two steps, and the money goes back."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import withdrawals
from mainstem.identity import ANSWER
from mainstem.kit.errors import NotFound, Problem, Refused
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.orders import LinkWithdrawn
from mainstem.web import Form, redirect, whole_number
from mainstem.web.works import in_work
from mainstem.withdrawals import CancellationPlan
from mainstem_affiliates.storefront import reads
from mainstem_affiliates.storefront.layout import Page, StorePage
from mainstem_affiliates.storefront.order_link import in_force, opened, shopper_of
from mainstem_affiliates.storefront.reads import OrderView
from mainstem_affiliates.storefront.withdrawal_form import LineChoice
from mainstem_affiliates.storefront.withdrawing import with_languages_here


class CancelPage(StorePage, frozen=True, kw_only=True):
    """One of the two steps: what is to be canceled, or whether that is meant."""

    confirms: bool
    token: str
    number: str
    lines: list[LineChoice]
    is_paid: bool
    whole_only: bool
    """Not paid yet: canceled whole or not at all."""
    back: Money | None
    """What goes back, at the second step."""
    ends_order: bool
    errors: dict[str, str]
    refused: str


@get("/order/{token:str}/cancellation")
async def cancel_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The first step: what has not left, all of it chosen."""
    return await _page(request, token, None)


@post("/order/{token:str}/cancellation", status_code=200)
async def choose(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """The second step: what that does."""
    return await _page(request, token, _pieces(form), confirms=True)


@post("/order/{token:str}/cancellation/confirmation", status_code=200)
async def confirm(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """It is canceled, unless the carrier has it by now."""
    link = opened(request, token, ANSWER)
    pieces = {no: count for no, count in _pieces(form).items() if count and count > 0}

    def cancel(work: Work) -> None:
        in_force(work, link)
        withdrawals.cancel_unsent(work, link.home_id, link.order_id, pieces)

    try:
        await in_work(request, CLIENT, cancel)
    except (NotFound, LinkWithdrawn):
        raise
    except Refused as no:
        return await _page(request, token, None, no=no)
    shopper = await shopper_of(request, link.home_id, link.order_id)
    said = "It is cancelled. What you paid for it goes back to you."
    return redirect(request, f"/order/{token}", notice=shopper.language.text(said))


def _pieces(form: Form) -> dict[int, int | None]:
    """How many pieces of each line were typed; None for what is no number."""
    typed = form.numbered("pieces").items()
    return {no: whole_number(text, digits=6) if text else 0 for no, text in typed}


async def _page(
    request: Request[Any, Any, Any],
    token: str,
    chosen: dict[int, int | None] | None,
    *,
    no: Refused | None = None,
    confirms: bool = False,
) -> Page:
    link = opened(request, token, ANSWER)
    home_id, order_id = link.home_id, link.order_id

    def look(work: Work) -> tuple[OrderView, list[LineChoice], CancellationPlan]:
        in_force(work, link)
        view = reads.order_view(work, home_id, order_id)
        lines = [
            LineChoice(line.line_no, line.name, view.cancelable[line.line_no],
                       _count(chosen, line.line_no, view.cancelable[line.line_no]), line.withdrawal)
            for line in withdrawals.lines_of(work, home_id, order_id)
            if line.line_no in view.cancelable
        ]  # fmt: skip
        asked = {one.no: min(one.chosen, one.most) for one in lines}
        return view, lines, withdrawals.plan_cancellation(work, home_id, order_id, asked)

    view, lines, plan = await in_work(request, CLIENT, look)
    shopper = await shopper_of(request, home_id, order_id)
    problems = _problems(lines, chosen) if confirms else []
    page = CancelPage(
        **with_languages_here(shopper.layout("track")),
        confirms=confirms and not problems,
        token=token,
        number=view.number,
        lines=lines,
        is_paid=plan.is_paid,
        whole_only=not plan.is_paid,
        back=plan.back if plan.back else None,
        ends_order=plan.whole,
        errors=shopper.errors(problems),
        refused=shopper.says(no) if no else "",
    )
    status = no.status if no else 422 if problems else 200
    return shopper.page("storefront/cancel.html", page, status=status)


def _count(chosen: dict[int, int | None] | None, no: int, most: int) -> int:
    return most if chosen is None else chosen.get(no) or 0


def _problems(lines: list[LineChoice], chosen: dict[int, int | None] | None) -> list[Problem]:
    found = [
        Problem(f"/pieces-{one.no}", "too_many", "At most {most} of this can be cancelled.",
                {"most": one.most})
        for one in lines
        if one.chosen > one.most or (chosen or {}).get(one.no, 0) is None
    ]  # fmt: skip
    if lines and not found and not any(one.chosen for one in lines):
        found = [Problem("/lines", "missing", "Choose what to cancel.")]
    return found


routes = [cancel_page, choose, confirm]

"""Withdrawing on the order's own page: which lines, and how many pieces of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import withdrawals
from mainstem.calendar import place_of
from mainstem.identity import ANSWER, OrderLink
from mainstem.kit.errors import NotFound, Problem, Refused
from mainstem.kit.work import CLIENT, Work
from mainstem.orders import LinkWithdrawn
from mainstem.web import Form, redirect, whole_number
from mainstem.web.works import in_work
from mainstem.withdrawals import OrderLine, Statement, why_not
from mainstem_affiliates.storefront import reads
from mainstem_affiliates.storefront.layout import Page, Shopper
from mainstem_affiliates.storefront.order_link import in_force, opened, shopper_of
from mainstem_affiliates.storefront.reads import OrderView
from mainstem_affiliates.storefront.withdrawal_form import (
    WithdrawFields,
    WithdrawPage,
    choices,
    receipt_url,
)
from mainstem_affiliates.storefront.withdrawing import with_languages_here


@get("/order/{token:str}/withdrawal")
async def withdraw_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The first step, filled in as far as the order says."""
    return await _page(request, token, None)


@post("/order/{token:str}/withdrawal", status_code=200)
async def state(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """The second step: whether that is meant."""
    sent = form.into(WithdrawFields)
    pieces, problems = _pieces(form)
    if not problems and not any(pieces.values()):
        problems = [Problem("/lines", "missing", "Choose what you withdraw from.")]
    if sent.change:
        problems = []
    return await _page(
        request, token, sent, pieces, problems=problems, confirms=not problems and not sent.change
    )


@post("/order/{token:str}/withdrawal/confirmation", status_code=200)
async def confirm(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """The statement is made. Sent twice, the first receipt answers."""
    link = opened(request, token, ANSWER)
    sent = form.into(WithdrawFields)
    pieces, problems = _pieces(form)
    if problems:
        return await _page(request, token, sent, pieces, problems=problems)
    shopper = await shopper_of(request, link.home_id, link.order_id)

    def submit(work: Work) -> withdrawals.Submitted:
        in_force(work, link)
        view = reads.order_view(work, link.home_id, link.order_id)
        return withdrawals.submit(work, _statement(shopper, view, sent, pieces))

    try:
        made = await in_work(request, CLIENT, submit)
    except (NotFound, LinkWithdrawn):
        raise
    except Refused as no:
        return await _page(request, token, sent, None, no=no)
    return redirect(request, receipt_url(request, made))


def _statement(
    shopper: Shopper, view: OrderView, sent: WithdrawFields, pieces: Mapping[int, int]
) -> Statement:
    return Statement(
        home_id=view.home_id,
        storefront_id=view.storefront_id,
        channel="order_page",
        locale=shopper.locale,
        name=sent.name,
        number=view.number,
        contact=sent.contact,
        lines=pieces,
        order_id=view.id,
        seen=0 if sent.seen is None else sent.seen,
    )


def _pieces(form: Form) -> tuple[dict[int, int], list[Problem]]:
    """How many pieces of each line were typed."""
    pieces: dict[int, int] = {}
    problems = []
    for no, text in form.numbered("pieces").items():
        count = whole_number(text, digits=6) if text else 0
        if count is None:
            problems.append(Problem(f"/pieces-{no}", "invalid_field", "Count in whole pieces."))
        else:
            pieces[no] = count
    return pieces, problems


async def _page(
    request: Request[Any, Any, Any],
    token: str,
    sent: WithdrawFields | None,
    pieces: dict[int, int] | None = None,
    *,
    problems: list[Problem] | None = None,
    no: Refused | None = None,
    confirms: bool = False,
) -> Page:
    link = opened(request, token, ANSWER)

    def look(work: Work) -> tuple[OrderView, list[OrderLine]]:
        in_force(work, link)
        view = reads.order_view(work, link.home_id, link.order_id)
        return view, withdrawals.lines_of(work, link.home_id, link.order_id)

    view, lines = await in_work(request, CLIENT, look)
    shopper = await shopper_of(request, link.home_id, link.order_id)
    found = choices(lines, pieces)
    wrong = list(problems or (no.problems if no else ()))
    wrong += [
        Problem(f"/pieces-{one.no}", "too_many", "At most {most} of this can be withdrawn from.",
                {"most": one.most})
        for one in found
        if one.chosen > one.most and not wrong
    ]  # fmt: skip
    said = sent or WithdrawFields(name=view.client["name"], contact=view.client["email"])
    if confirms and not wrong:
        wrong += withdrawals.check_statement(_statement(shopper, view, said, pieces or {}))
    page = WithdrawPage(
        **with_languages_here(shopper.layout("withdraw")),
        confirms=confirms and not wrong,
        action=f"/order/{token}/withdrawal",
        confirm_action=f"/order/{token}/withdrawal/confirmation",
        values=said.values | {"number": view.number},
        lines=found,
        # As many as there were when the second step was drawn: its repeat is known by that.
        seen=said.seen if confirms and said.seen is not None else len(view.withdrawals),
        until=view.withdraw_until,
        is_over=_is_over(link, view, lines),
        errors=shopper.errors(wrong),
        refused=shopper.says(no) if no and not no.problems else "",
    )
    status = no.status if no else 422 if wrong else 200
    return shopper.page("storefront/withdraw.html", page, status=status)


def _is_over(link: OrderLink, view: OrderView, lines: list[OrderLine]) -> bool:
    """Whether the right is over for all that is left. It can be said all the same."""
    place = place_of(view.address["country"], view.address["postal_code"])
    ends = withdrawals.right_ends(lines, placed_at=view.placed_at, place=place)
    left = [line for line in lines if line.free]
    return bool(left) and all(why_not(line, ends, view.now) == "out_of_time" for line in left)


routes = [withdraw_page, state, confirm]

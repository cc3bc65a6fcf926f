"""The client accepts finished work of an order, or says what is not done."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders
from mainstem.identity import ANSWER
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.work import CLIENT, Work
from mainstem.web import Form, redirect
from mainstem.web.forms import FormFields, whole
from mainstem.web.works import in_work
from mainstem_affiliates.storefront.layout import Page
from mainstem_affiliates.storefront.order_link import in_force, opened, shopper_of
from mainstem_affiliates.storefront.orders import jobs_of, order_shown


class SignOffFields(FormFields):
    """What a client says of finished work: that it is done, or what is not."""

    line: Annotated[int | None, whole(digits=3)] = None
    answer: str = ""
    by: str = ""
    objection: str = ""


@post("/order/{token:str}/sign-off", status_code=200)
async def sign_off(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """The client accepts finished work, or says what is not done."""
    link = opened(request, token, ANSWER)
    jobs = jobs_of(request)

    def answer(work: Work, sent: SignOffFields) -> str:
        if not sent.line:
            raise NotFound("job")
        key = jobs.JobKey(link.home_id, link.order_id, sent.line)
        in_force(work, link)
        if sent.answer == "objection":
            if not sent.objection:
                raise InvalidInput(Problem("/objection", "missing", "Write what is not done."))
            jobs.dispute(work, key, objection=sent.objection)
            return "Thank you. We will call you about what is not done."
        jobs.sign_off(work, key, by=sent.by)
        return "Thank you. The work is signed off."

    try:
        sent = form.into(SignOffFields)
        said = await in_work(request, CLIENT, lambda work: answer(work, sent))
    except (NotFound, orders.LinkWithdrawn):
        raise
    except Refused as no:
        return await order_shown(request, token, no=no)
    shopper = await shopper_of(request, link.home_id, link.order_id)
    return redirect(request, f"/order/{token}", notice=shopper.language.text(said))


routes = [sign_off]

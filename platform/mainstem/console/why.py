"""Why an affiliate was not paid for an order: the answer of the plan, for whoever is asked by telephone."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem.earnings import why_not_more, why_order_unpaid
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.plan import tell_unpaid
from mainstem.web.rendering import language_of, words
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show


class WhyPage(Page, kw_only=True):
    """Which order and affiliate are meant, and what is found."""

    order: str
    affiliate: str
    answer: str
    why_not_more: list[str]
    order_url: str
    not_found: str


@get("/why", sync_to_thread=True)
def why(
    request: HttpRequest,
    work: NamedDependency[Work],
    order: FromQuery[str] = "",
    affiliate: FromQuery[str] = "",
) -> HttpResponse:
    """Why this affiliate was not paid for this order, or what they have earned of it."""
    language = language_of(request)
    page = WhyPage(
        **layout_of(request, work, "money"),
        order=order.strip()[:40],
        affiliate=affiliate.strip()[:60],
        answer="",
        why_not_more=[],
        order_url="",
        not_found="",
    )
    if page.order and page.affiliate:
        try:
            id = affiliate_named(work, page.affiliate)
            found = why_order_unpaid(work, id, page.order)
        except NotFound as no:
            page.not_found = words(language, no)
        else:
            page.answer = tell_unpaid(found.reason, language)
            if found.lines:
                page.why_not_more = why_not_more(work, found.home_id, found.order_id, id, language)
            page.order_url = f"/console/orders/{found.home_id}/{found.order_id}"
    return show(request, "console/why.html", page)


def affiliate_named(work: Work, slug: str) -> int:
    """The affiliate of this name in addresses. Raises NotFound."""
    id = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=slug.lower())
    if id is None:
        raise NotFound("affiliate")
    return int(id)


routes = [why]

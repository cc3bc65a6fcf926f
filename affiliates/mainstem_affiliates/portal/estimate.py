"""What a request would earn the affiliate who asks, before the sale and marked as not yet earned."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import earnings, network
from mainstem.earnings import Estimate
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Actor, Work
from mainstem.web import language_of, render
from mainstem.web.estimates import EstimateView, estimate_view
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around


class EstimatePage(PortalPage, frozen=True, kw_only=True):
    """The affiliate's own share of what a request would earn; None for one that is over."""

    estimate: EstimateView | None
    is_mine: bool


@get("/leads/{home:int}/{lead:uuid}", opt={"right": network.SEE_MONEY})
async def estimate(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], lead: FromPath[UUID]
) -> Page:
    """What a request of theirs, or of their team, would earn them. Whoever it pays nothing and who did not
    introduce it is not told that there is one."""
    me, language = reads.me(work), language_of(request)

    def read(work: Work) -> Estimate | None:
        return earnings.estimate(work, home, lead, locale=language.locale)

    found = await in_work(request, Actor("affiliate", str(me.id)), read)
    mine = found.of(me.id) if found else []
    if not mine and me.id != home:
        raise NotFound("lead")
    page = EstimatePage(
        **around(request, me, "leads"),
        estimate=estimate_view(found, language, mine) if found else None,
        is_mine=me.id == home,
    )
    return render(request, "portal/estimate.html", page)


routes = [estimate]

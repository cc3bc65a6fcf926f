"""The audit log as a page."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from mainstem.console.audit.asked import asked
from mainstem.console.audit.download import ROWS_MAX
from mainstem.console.audit.told import AuditRow, told
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show

SHOWN = 50


class AuditPage(Page, kw_only=True):
    """What happened, narrowed to what is asked, newest first."""

    rows: list[AuditRow]
    listing: Listing
    download_url: str
    rows_max: int


@get("/audit", sync_to_thread=True)
def audit(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Who did what, to what, and when."""
    wanted = asked(request, work)
    found = wanted.read(work, listing.cursor_of(request), SHOWN)
    page = AuditPage(
        **layout_of(request, work, "facts"),
        rows=told(work, language_of(request), found.rows),
        listing=listing.build("/console/audit", found, *wanted.fields),
        download_url=f"/console/audit.csv?{wanted.query()}",
        rows_max=ROWS_MAX,
    )
    return show(request, "console/audit.html", page)

"""The onboarding page: what Stripe would ask, and the three things that can come of it."""

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from mainstem_gateway import accounts
from mainstem_gateway.exchange import Answer, Request
from mainstem_gateway.pages.rendering import locale_of, not_found, page, redirect

if TYPE_CHECKING:
    from mainstem_gateway.server import Gateway

OUTCOMES = {
    "active": "setup_active",
    "needs_document": "setup_document",
    "restricted": "setup_restricted",
}


def onboarding(gateway: "Gateway", request: Request, id: str) -> Answer:
    link = gateway.store.get(id, "v2.core.account_link")
    if link is None:
        return not_found(request)
    locale = locale_of(request)
    spent = link.hidden["used"] or gateway.now > link.hidden["expires_at"]
    if spent:
        # Stripe sends the owner on to the refresh address, which mints a new link.
        return redirect(link.hidden["refresh_url"])
    if request.method == "POST":
        outcome = parse_qs(request.body.decode("utf-8", "replace")).get("outcome", [""])[-1]
        if outcome in OUTCOMES:
            with gateway.unit() as unit:
                account = unit.store.get(link.hidden["account_id"], "v2.core.account")
                if account is None or account.body["closed"]:
                    return not_found(request)
                link.hidden["used"] = True
                unit.store.save(link)
                accounts.come_to(unit, account, outcome)
                accounts.returned(unit, link)
            back = link.hidden["return_url"]
            return redirect(back) if back else page("done.html", locale=locale)
    account = gateway.store.get(link.hidden["account_id"], "v2.core.account")
    name = account.body.get("display_name") if account else None
    return page(
        "onboarding.html",
        locale=locale,
        goes_to=(link.hidden["return_url"],),
        name=name or link.hidden["account_id"],
        outcomes=OUTCOMES,
    )

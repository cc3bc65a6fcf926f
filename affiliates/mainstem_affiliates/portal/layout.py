"""The layout of every page of the portal: whose it is, and what is open to them."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response

from mainstem.web import (
    request_context_of,
)
from mainstem_affiliates.portal.reads import (
    AffiliateProfile,
)
from mainstem_affiliates.storefront.links import ROOT

Page = Response[bytes]

HttpRequest = Request[Any, Any, Any]


class PortalHead(msgspec.Struct, frozen=True, kw_only=True):
    """The portal as its layout names it."""

    name: str
    home_url: str = "/portal"
    earnings_url: str = "/portal"
    orders_url: str = "/portal/orders"
    leads_url: str = "/portal/leads"
    team_url: str = "/portal/team"
    account_url: str = "/portal/account"
    company_url: str = "/portal/company"
    people_url: str = "/portal/people"
    mail_url: str = "/portal/mail"
    security_url: str = "/account"
    shop_url: str = "/portal/storefront"
    storefront_url: str | None = None
    sign_out_url: str | None = "/sign-out"


class PortalPage(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of the portal shows."""

    portal: PortalHead
    may: frozenset[str]
    """What somebody in this role of an affiliate in this state does here (`network.rights`)."""
    standing: str
    tab: str
    leads_waiting: int


def me_of(request: HttpRequest) -> int:
    """The affiliate who asks, by id."""
    home = request_context_of(request).affiliate_id
    assert home is not None, "a guard has let them in"
    return home


def around(request: HttpRequest, me: AffiliateProfile, tab: str) -> dict[str, Any]:
    """The fields of `PortalPage` for whoever asks for this affiliate."""
    shop = f"{ROOT}/{me.shop}" if me.shop else None
    return {
        "portal": PortalHead(name=me.name, storefront_url=shop),
        "may": request_context_of(request).rights,
        "standing": me.state,
        "tab": tab,
        "leads_waiting": me.leads_waiting,
    }

"""The web side: what every surface stands on, the console, the API, sign-in and webhooks.

A surface imports from here: `render`, `redirect`, `Form`, the guards and the Works. It never needs
to know how a session, a token against forgery or an error page is made.
"""

from mainstem.web.context import (
    AppContext,
    RequestContext,
    app_context_of,
    origin_of,
    request_context_of,
)
from mainstem.web.forms import Form, field_errors, whole_number
from mainstem.web.guards import (
    NotAllowed,
    SignInNeeded,
    affiliate,
    staff,
    storefront_key,
    strict_json,
)
from mainstem.web.rendering import (
    cached_page,
    draw,
    language_of,
    redirect,
    render,
    set_cookie,
    static_url,
)
from mainstem.web.works import affiliate_work, client_work, staff_work, storefront_work

__all__ = [
    "AppContext",
    "Form",
    "NotAllowed",
    "RequestContext",
    "SignInNeeded",
    "affiliate",
    "affiliate_work",
    "app_context_of",
    "cached_page",
    "client_work",
    "draw",
    "field_errors",
    "language_of",
    "origin_of",
    "redirect",
    "render",
    "request_context_of",
    "set_cookie",
    "staff",
    "staff_work",
    "static_url",
    "storefront_key",
    "storefront_work",
    "strict_json",
    "whole_number",
]

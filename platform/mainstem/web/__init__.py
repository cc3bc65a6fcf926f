"""The web shell: what every surface stands on, the console, the API, and the doors in.

A surface imports from here: `render`, `redirect`, `Form`, the guards and the Works. It never needs
to know how a session, a token against forgery or an error page is made.
"""

from mainstem.web.forms import Form, field_errors, whole_number
from mainstem.web.guards import (
    NotAllowed,
    SignInNeeded,
    affiliate,
    staff,
    storefront_key,
    strict_json,
)
from mainstem.web.house import House, Visit, house_of, visit_of
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
    "Form",
    "House",
    "NotAllowed",
    "SignInNeeded",
    "Visit",
    "affiliate",
    "affiliate_work",
    "cached_page",
    "client_work",
    "draw",
    "field_errors",
    "house_of",
    "language_of",
    "redirect",
    "render",
    "set_cookie",
    "staff",
    "staff_work",
    "static_url",
    "storefront_key",
    "storefront_work",
    "strict_json",
    "visit_of",
    "whole_number",
]

"""Pages and actions that are found by what they are called, in the reader's language or in English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mainstem import setup
from mainstem.kit.locale import Language
from mainstem.web.staff.layout import ADMIN, MONEY, ORDERS, SERVICE, SHIP

ANYBODY = (*SHIP, *SERVICE, *MONEY, *ADMIN)

# (what it is called, address, who may)
_ACTIONS = (
    ("New product", "/console/setup/products/new", ADMIN),
    ("New affiliate", "/console/setup/affiliates/new", ADMIN),
    ("New storefront", "/console/setup/storefronts/new", ADMIN),
    ("New colleague", "/console/setup/staff/new", ADMIN),
    ("Receive goods", "/console/setup/shelves", ADMIN),
    ("Import products", "/console/catalogue/import", ADMIN),
    ("Change many products", "/console/catalogue/bulk", ADMIN),
    ("Run payouts", "/console/payouts", MONEY),
    ("Approve refunds", "/console/refunds", MONEY),
    ("Book visits", "/desk/jobs", SERVICE),
    ("Pick orders", "/desk/ship", SHIP),
)
_PAGES = (
    ("Today", "/console", ANYBODY),
    ("Ship", "/desk/ship", SHIP),
    ("In transit", "/desk/ship/transit", SHIP),
    ("Unpaid holds", "/desk/ship/holds", SHIP),
    ("Orders", "/console/orders", ORDERS),
    ("Leads", "/desk/leads", SERVICE),
    ("Jobs", "/desk/jobs", SERVICE),
    ("Day board", "/desk/jobs/board", SERVICE),
    ("Payouts", "/console/payouts", MONEY),
    ("Refunds", "/console/refunds", MONEY),
    ("Goodwill", "/console/goodwill", MONEY),
    ("Reviews", "/console/reviews", MONEY),
    ("Questions about commissions", "/console/inquiries", MONEY),
    ("Why was somebody not paid?", "/console/why", MONEY),
    ("Exchange rates", "/console/rates", MONEY),
    ("Ledger", "/console/ledger", MONEY),
    ("Tax by country", "/console/tax", MONEY),
    ("Affiliates", "/console/affiliates", MONEY),
    ("Codes", "/console/codes", MONEY),
    ("Periods", "/console/periods", MONEY),
    ("Plan", "/console/plan", MONEY),
    ("Proposed plans", "/console/plan/proposals", MONEY),
    ("What commission costs", "/console/costs", MONEY),
    ("Plan Lab", "/console/plan/lab", MONEY),
    ("Mail", "/console/mail", ADMIN),
    ("Messages as they are read", "/console/mail/preview", ADMIN),
    ("Mail you get", "/console/my-mail", ANYBODY),
    ("Activity", "/console/facts", ADMIN),
    ("Audit log", "/console/audit", ADMIN),
    ("Set-up", "/console/setup", ADMIN),
    ("People", "/console/setup/people", ADMIN),
    ("Payments", "/console/setup/payments", ADMIN),
    ("Keys", "/console/setup/keys", ADMIN),
)
_APART = re.compile(r"[\W_]+")


def destinations(language: Language) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Every page and action: what it is called in both languages, its address, and who may open it."""
    for name, url, roles in (*_PAGES, *_ACTIONS):
        yield language.text(name), name, url, roles
    set_up = "Set-up"
    for kind in setup.RESOURCES.values():
        here = f"{language.text(set_up)}: {language.text(kind.title)}"
        yield here, f"{set_up}: {kind.title}", f"/console/setup/{kind.name}", ADMIN


def named(text: str, *called: str) -> bool:
    """Whether every word that was typed begins a word of what something is called."""
    words = _words(text)
    there = [word for one in called for word in _words(one)]
    return bool(words) and all(any(one.startswith(word) for one in there) for word in words)


def _words(text: str) -> list[str]:
    bare = unicodedata.normalize("NFKD", text.casefold())
    return [
        word
        for word in _APART.split("".join(c for c in bare if not unicodedata.combining(c)))
        if word
    ]

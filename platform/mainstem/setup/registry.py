"""The registry: what a company sets, in the order in which one thing needs another."""

from __future__ import annotations

from mainstem.kit.errors import NotFound
from mainstem.setup.resource import AnyResource
from mainstem.setup.resources.affiliates import AFFILIATES
from mainstem.setup.resources.catalogue import DEPARTMENTS, PRODUCTS
from mainstem.setup.resources.company import DOCUMENTS, PROFILE
from mainstem.setup.resources.delivery import ZONES
from mainstem.setup.resources.locations import LOCATIONS, STOCK
from mainstem.setup.resources.mail import MAIL
from mainstem.setup.resources.plan import PLAN
from mainstem.setup.resources.programme import PROGRAMME
from mainstem.setup.resources.staff import STAFF
from mainstem.setup.resources.storefronts import STOREFRONTS
from mainstem.setup.resources.tax import TAX, TAX_RATES
from mainstem.setup.resources.teams import TEAMS

GROUPS: tuple[tuple[str, tuple[AnyResource, ...]], ...] = (
    ("Company", (PROFILE, DOCUMENTS, MAIL, STAFF)),
    ("Goods and services", (DEPARTMENTS, PRODUCTS, LOCATIONS, STOCK, TEAMS)),
    ("Tax and delivery", (TAX, TAX_RATES, ZONES)),
    ("Affiliates", (PLAN, PROGRAMME, AFFILIATES, STOREFRONTS)),
)
"""As set-up shows them."""

RESOURCES: dict[str, AnyResource] = {
    one.name: one
    for one in (
        *(PROFILE, DOCUMENTS, MAIL, DEPARTMENTS, PRODUCTS, LOCATIONS, TEAMS, STOCK),
        *(TAX_RATES, TAX, ZONES, PLAN, STAFF, AFFILIATES, PROGRAMME, STOREFRONTS),
    )
}
"""By name, each after what it may name: a folder is applied in this order."""


def resource(name: str) -> AnyResource:
    """The resource of this name; NotFound for no such thing."""
    if name not in RESOURCES:
        raise NotFound("page")
    return RESOURCES[name]

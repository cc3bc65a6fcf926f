"""Departments and products, as the catalogue has them."""

from __future__ import annotations

from mainstem import catalog
from mainstem.catalog import Department, Product
from mainstem.kit import search_terms
from mainstem.kit.work import Work
from mainstem.setup.resource import Resource
from mainstem_fulfillment import jobs


def _save_product(work: Work, before: Product | None, said: Product) -> None:
    catalog.save_product(work, before, said)


def _find(work: Work, after: str, most: int, query: str) -> list[str]:
    rows = work.rows(
        """SELECT p.slug FROM product p
            WHERE p.active AND p.slug > %(after)s
              AND (p.slug ILIKE %(like)s OR EXISTS (
                     SELECT 1 FROM product_text t WHERE t.product_id = p.id AND t.name ILIKE %(like)s)
                   OR EXISTS (
                     SELECT 1 FROM variant v WHERE v.product_id = p.id AND v.sku ILIKE %(like)s))
            ORDER BY p.slug LIMIT %(most)s""",
        after=after,
        like=search_terms.containing(query),
        most=most,
    )
    return [row.slug for row in rows]


WITHOUT_LENGTH = "It cannot be booked: say how many minutes a visit takes."
TOO_LONG = "It cannot be booked: no team that performs it works for so long in a day."
WITHOUT_TEAM = (
    "It cannot be booked: no team performs it. Give one the service, or the skills it asks."
)


def _warnings(work: Work, product: Product) -> list[str]:
    """Why a service cannot be booked as things stand."""
    if product.kind != "service":
        return []
    teams = work.rows("SELECT skills, day_ends - day_starts AS day FROM team WHERE active")
    able = [
        team.day
        for team in teams
        if jobs.can_perform(team.skills, product.slug, product.department, product.skills)
    ]
    said = [] if product.visit_minutes else [WITHOUT_LENGTH]
    if not able:
        return [*said, WITHOUT_TEAM]
    return [*said, *([] if jobs.visit_length(product.visit_minutes) <= max(able) else [TOO_LONG])]


DEPARTMENTS = Resource(
    name="departments",
    title="Departments",
    one="department",
    model=Department,
    key="slug",
    read=catalog.departments,
    save=catalog.save_department,
    retire=catalog.retire_department,
    columns=("slug", "names", "position", "hidden"),
    empty="Products stand in departments: make the first one.",
    help="The parts of the assortment, as the navigation of storefronts names them.",
)
PRODUCTS = Resource(
    name="products",
    title="Products",
    one="product",
    model=Product,
    key="slug",
    read=catalog.products,
    save=_save_product,
    retire=catalog.retire_product,
    columns=("slug", "names", "department", "hidden"),
    empty="Nothing is sold yet: make a product, or bring a file of them.",
    help="Goods and services: what they are, how they are shown, and what they cost.",
    find=_find,
    warnings=_warnings,
)

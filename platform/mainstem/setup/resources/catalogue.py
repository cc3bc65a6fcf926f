"""Departments and products, as the catalogue has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstem import catalog
from mainstem.catalog import Department, Product
from mainstem.kit import search_terms
from mainstem.kit.work import Work
from mainstem.setup.resource import Resource
from mainstem_fulfillment import jobs


def _save_product(work: Work, before: Product | None, said: Product) -> None:
    catalog.save_product(work, before, said)


_EVERY = """
SELECT p.slug FROM product p WHERE p.active AND p.slug > %(after)s ORDER BY p.slug LIMIT %(most)s"""
# What is folded holds what is looked for, and more; it has an index.
_FOUND = """
WITH found AS (
  SELECT id FROM product WHERE {slug_has}
   UNION
  SELECT t.product_id FROM product_text t WHERE {text_has} AND t.name ILIKE %(like)s
   UNION
  SELECT v.product_id FROM variant v WHERE {article_has} AND v.sku ILIKE %(like)s)
SELECT p.slug FROM found JOIN product p USING (id)
 WHERE p.active AND p.slug > %(after)s ORDER BY p.slug LIMIT %(most)s"""


def _find(work: Work, after: str, most: int, query: str) -> list[str]:
    words = [catalog.folded(query)]
    found = _FOUND.format(
        slug_has=search_terms.like("slug", "parts", words),
        text_has=search_terms.like("t.folded", "parts", words),
        article_has=search_terms.like("v.folded", "parts", words),
    )
    rows = work.rows(
        found if query else _EVERY,
        after=after,
        like=search_terms.containing(query),
        parts=[search_terms.containing(word) for word in words],
        trigrams=search_terms.trigrams(words),
        most=most,
    )
    return [row.slug for row in rows]


def _outlined(work: Work, keys: Sequence[str]) -> Mapping[str, Product]:
    """Products with what a list shows of them; a whole one has dozens of fields, and rows of articles."""
    rows = work.rows(
        """SELECT p.slug, p.category AS department, p.hidden,
                  jsonb_object_agg(t.locale, t.name ORDER BY t.locale) AS names
             FROM product p JOIN product_text t ON t.product_id = p.id
            WHERE p.slug = ANY(%(slugs)s) GROUP BY p.id""",
        slugs=list(keys),
    )
    return {row.slug: Product.model_construct(**row._asdict()) for row in rows}


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
    outlined=_outlined,
    warnings=_warnings,
)

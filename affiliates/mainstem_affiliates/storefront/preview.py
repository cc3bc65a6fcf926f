"""A storefront as a draft would have it: its real front page, for those who work on it alone."""

from __future__ import annotations

import re
from dataclasses import replace
from uuid import UUID

from litestar import Response

from mainstem.kit.work import CLIENT, Work
from mainstem.web import app_context_of, draw
from mainstem.web.middleware import security_headers
from mainstem.web.works import in_work
from mainstem_affiliates import editor
from mainstem_affiliates.editor import StorefrontDraft
from mainstem_affiliates.storefront.assortment import Assortments
from mainstem_affiliates.storefront.cached_storefront import (
    COLUMNS,
    OF_COMPANY,
    CachedStorefront,
    StorefrontRow,
    as_row,
)
from mainstem_affiliates.storefront.home import home_page
from mainstem_affiliates.storefront.layout import HttpRequest, Page, Shopper

_SCRIPT = re.compile(rb"<script\b.*?</script>", re.DOTALL)

_KNOWN = f"""
SELECT {COLUMNS}
  FROM storefront s JOIN affiliate a ON a.id = s.home_id CROSS JOIN catalogue_version c
 WHERE s.home_id = %(home)s AND s.id = %(id)s"""

# One that is not open yet sells everything, and says that its affiliate is paid.
_NEW = f"""
SELECT 0::bigint AS id, a.id AS home_id, '' AS slug, a.name, '' AS theme, '' AS typeface, '' AS accent,
       '{{}}'::text[] AS locales, '' AS currency, '{{}}'::jsonb AS texts, NULL::bigint[] AS product_ids,
       NULL::text[] AS departments, '{{}}'::bigint[] AS featured, '' AS arrangement, true AS prices_include_tax,
       a.state, a.country, a.is_house, {OF_COMPANY}, NULL::text AS own_host
  FROM affiliate a CROSS JOIN catalogue_version c WHERE a.id = %(home)s"""


async def preview(request: HttpRequest, home_id: int, id: UUID) -> Page:
    """The front page that a version of this affiliate's storefront has, or would have.

    It is shown in a frame of ours, runs nothing and leads nowhere.
    """
    app_context = app_context_of(request)
    assortments = app_context.parts.get(Assortments)

    def look(work: Work) -> CachedStorefront:
        return _as_drafted(work, home_id, id, assortments)

    shopper = Shopper(request, await in_work(request, CLIENT, look), is_preview=True)
    body = draw(
        app_context, shopper.locale, "storefront/home.html", home_page(shopper, shopper.layout())
    )
    policy = security_headers(app_context)["content-security-policy"]
    return Response(
        _SCRIPT.sub(b"", body),
        media_type="text/html",
        headers={
            "content-security-policy": policy.replace(
                "frame-ancestors 'none'", "frame-ancestors 'self'"
            ),
            "x-frame-options": "SAMEORIGIN",
            "content-language": shopper.locale,
        },
    )


def _as_drafted(work: Work, home_id: int, id: UUID, assortments: Assortments) -> CachedStorefront:
    version = editor.get_version(work, home_id, id)
    said = version.draft
    [row] = (
        work.rows_as(StorefrontRow, _NEW, home=home_id)
        if version.storefront_id is None
        else work.rows_as(StorefrontRow, _KNOWN, home=home_id, id=version.storefront_id)
    )
    if version.storefront_id is None:
        paid = editor.disclosure_of(work, home_id, said.name)
        row = replace(row, texts={code: {"disclosure": text} for code, text in paid.items()})
    return as_row(work, _with(work, row, said), assortments)


def _with(work: Work, row: StorefrontRow, said: StorefrontDraft) -> StorefrontRow:
    known = {
        one.slug: one.id
        for one in work.rows(
            "SELECT slug, id FROM product WHERE slug = ANY(%(slugs)s::text[])", slugs=said.featured
        )
    }
    return replace(
        row,
        slug=said.slug,
        name=said.name,
        theme=said.theme,
        typeface=said.typeface,
        accent=said.accent,
        locales=said.languages,
        currency=said.currency,
        texts=editor.texts_with(row.texts, said),
        departments=said.departments or None,
        featured=[known[slug] for slug in said.featured if slug in known],
        arrangement=said.arrangement,
    )

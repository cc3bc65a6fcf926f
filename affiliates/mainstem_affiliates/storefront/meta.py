"""What a page says of itself to search engines and to whoever shares it: its one address, its other
languages, a description, a picture, and its things as schema.org names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from markupsafe import Markup

from mainstem.web import AppContext
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront
from mainstem_affiliates.storefront.share_picture import share_path

DESCRIPTION_MAX = 300


class Alternate(msgspec.Struct, frozen=True):
    """The page in another language; `x-default` lets the browser's language decide."""

    code: str
    url: str


class Meta(msgspec.Struct, frozen=True, kw_only=True):
    """A page as search engines and shared links show it."""

    canonical: str
    alternates: list[Alternate]
    description: str
    picture: str
    kind: str
    locale: str
    data: Markup | None
    """Its things by schema.org, for a script that never runs."""


def base_url(app_context: AppContext, storefront: CachedStorefront) -> str:
    """Where a storefront is, whole: below this stand all of its pages."""
    public = app_context.settings.public_url
    if storefront.own_host:
        return f"{public.partition('://')[0]}://{storefront.own_host}"
    return f"{public}/s/{storefront.slug}"


def page_url(base: str, path: str = "", **query: str) -> str:
    """The one address of a page, whoever led there."""
    url = f"{base}/{path}" if path else base
    return f"{url}?{urlencode(query)}" if query else url


def meta_of(
    app_context: AppContext,
    storefront: CachedStorefront,
    locale: str,
    path: str,
    query: Mapping[str, str],
    *,
    description: str = "",
    picture: str = "",
    kind: str = "website",
    data: Mapping[str, Any] | None = None,
) -> Meta:
    """What a page of this path says of itself in one language."""
    base, said = base_url(app_context, storefront), dict(query)
    several = len(storefront.locales) > 1
    languages = [
        Alternate(code, page_url(base, path, **said, lang=code)) for code in storefront.locales
    ]
    own = {"lang": locale} if several else {}
    text = description or storefront.text(locale, "tagline") or storefront.text(locale, "intro")
    return Meta(
        canonical=page_url(base, path, **said, **own),
        alternates=[*languages, Alternate("x-default", page_url(base, path, **said))]
        if several
        else [],
        description=" ".join(text.split())[:DESCRIPTION_MAX],
        picture=picture or page_url(base, share_path(storefront, locale)),
        kind=kind,
        locale={"en": "en_GB", "sv": "sv_SE"}.get(locale, locale),
        data=as_script(data) if data else None,
    )


def organization(
    app_context: AppContext, storefront: CachedStorefront, locale: str
) -> dict[str, Any]:
    """The shop as schema.org knows it, and the company that sells there."""
    base = base_url(app_context, storefront)
    said: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "@id": f"{base}#shop",
        "name": storefront.name,
        "url": base,
        "description": storefront.text(locale, "intro") or storefront.text(locale, "tagline"),
    }
    if storefront.logo:
        said["logo"] = f"{app_context.settings.public_url}/media/{storefront.logo.hash}-640.webp"
    if storefront.seller["name"]:
        said["parentOrganization"] = {
            "@type": "Organization",
            "legalName": storefront.seller["name"],
            "name": storefront.seller["name"],
        }
    return {key: value for key, value in said.items() if value}


def as_script(data: Mapping[str, Any]) -> Markup:
    """Data for a script element of its own, with nothing in it that could end the element."""
    text = json.dumps(data, ensure_ascii=False)
    for letter, safe in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(letter, safe)
    # JSON allows both in a text; scripts once did not.
    text = text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Markup(text)  # noqa: S704 - nothing in it can end the script

"""Pages from templates, under a policy that lets nothing in but our own style and your pictures."""

from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from mainstem.languages import negotiate
from mainstem_gateway.currencies import shown
from mainstem_gateway.exchange import Answer, Request
from mainstem_gateway.pages.texts import TEXTS, Texts

LOCALES = ("en", "sv")

_environment = Environment(
    loader=PackageLoader("mainstem_gateway.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["money"] = shown


def page(
    template: str, *, status: int = 200, locale: str = "en", goes_to: tuple[str | None, ...] = (),
    pictures: tuple[str | None, ...] = (), **values: Any,
) -> Answer:  # fmt: skip
    """An HTML answer. Forms may lead to this site and to the origins of `goes_to` only."""
    texts: Texts = TEXTS[locale]
    body = _environment.get_template(template).render(t=texts, locale=locale, **values)
    policy = "; ".join(
        (
            "default-src 'none'",
            "style-src 'self'",
            " ".join(("img-src 'self'", *_origins(pictures))),
            # A redirect after a form counts as the form's target, so the shop must be named.
            " ".join(("form-action 'self'", *_origins(goes_to))),
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )
    return Answer(
        status,
        body.encode(),
        {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def redirect(url: str) -> Answer:
    """On to another page by GET, whatever brought us here."""
    return Answer(303, b"", {"Location": url, "Cache-Control": "no-store"})


def not_found(request: Request) -> Answer:
    return page("nothing.html", status=404, locale=locale_of(request))


def style() -> Answer:
    source = _environment.get_template("style.css").render().encode()
    return Answer(
        200, source, {"Content-Type": "text/css; charset=utf-8", "Cache-Control": "max-age=60"}
    )


def locale_of(request: Request, wanted: str | None = None) -> str:
    """The session's language, else the one of ours that the reader likes best."""
    short = (wanted or "").lower().split("-")[0]
    return short if short in LOCALES else negotiate(request.headers.get("accept-language"), LOCALES)


def _origins(urls: tuple[str | None, ...]) -> list[str]:
    found = []
    for url in urls:
        parts = urlsplit(url or "")
        origin = f"{parts.scheme}://{parts.netloc}"
        clean = not set(origin) & set(" ;,'\"")
        if parts.scheme in {"http", "https"} and parts.netloc and clean and origin not in found:
            found.append(origin)
    return found

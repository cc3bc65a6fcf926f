"""Pages: a typed context, a template, the reader's language, and nothing left to chance.

One Jinja environment a language, so what a template calls (`_`, `_n`, `money`, `when`, `day`) is
bound once. A name that nobody gave is an error, not an empty place on the page.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
from itsdangerous import BadData, URLSafeTimedSerializer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup, escape

from mainstem import pictures
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.locale import LOCALES, Language
from mainstem.kit.settings import Settings
from mainstem.kit.signed import timed_signer
from mainstem.languages import negotiate
from mainstem.money import Money
from mainstem.paths import TEMPLATES
from mainstem.web.addresses import page_of
from mainstem.web.brand import brand_of
from mainstem.web.context import (
    AppContext,
    Connection,
    app_context_of,
    lax_cookie,
    request_context_of,
)
from mainstem.web.csrf import PLACEHOLDER, LazyInput, csrf_input, csrf_token
from mainstem.web.static import StaticFiles

LANGUAGE_NAMES = {"en": "English", "sv": "Svenska"}
_YEAR = 365 * 24 * 3600
_NOTICE_SECONDS = 120
_PATH_MAX = 2000


class LanguageLink(msgspec.Struct, frozen=True):
    """One language a page can be read in."""

    code: str
    name: str
    url: str
    current: bool


class Notice(msgspec.Struct, frozen=True):
    """Something to tell once, on the next page. `tone`: good, wait, bad, info."""

    text: str
    tone: str


def environments(settings: Settings, files: StaticFiles) -> dict[str, Environment]:
    """A template environment for each language."""
    return {locale: _environment(locale, settings, files) for locale in LOCALES}


def _environment(locale: str, settings: Settings, files: StaticFiles) -> Environment:
    language = Language(locale, TEMPLATES / "locale", settings.zone)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=settings.demo,
        cache_size=-1,
    )
    words: dict[str, Callable[..., Any]] = {
        "money": language.money,
        "when": language.when,
        "day": language.day,
        "month": language.month,
        "static_url": files.url,
        "picture_url": _picture_url(files),
        "telephone": _telephone,
    }
    environment.filters.update(words)
    environment.globals.update(
        words,
        _=_translator(language),
        _n=_counter(language),
        is_uploaded=pictures.is_uploaded,
        picture_sources=pictures.sources,
        language=language,
        locale=locale,
        static=files.root,
    )
    return environment


def _picture_url(files: StaticFiles) -> Callable[..., str]:
    def address(file: str, size: int = 640, kind: str = "webp") -> str:
        """Where a picture is: an uploaded one in this size and format, a drawing of ours, or a parcel for none."""
        if pictures.is_uploaded(file):
            return pictures.url(file, size, kind)
        return files.url(f"pictures/{file or 'no-picture.svg'}")

    return address


def _telephone(number: str) -> Markup:
    """A number as it was typed, to be dialed where there are digits in it."""
    dialed = "".join(c for c in number if c in "+0123456789")
    if not dialed.strip("+"):
        return escape(number)
    return Markup('<a href="tel:{}">{}</a>').format(dialed, number)


def _translator(language: Language) -> Callable[..., Any]:
    def translate(message: str, /, **values: Any) -> Any:
        """The message in the reader's language, with %(name)s filled in and escaped."""
        text = language.text(message)
        return escape(text) % values if values else text

    return translate


def _counter(language: Language) -> Callable[..., Any]:
    def count(one: str, many: str, n: int, /, **values: Any) -> Any:
        """The message for n things, with %(n)s filled in."""
        return escape(language.count(one, many, n)) % ({"n": n} | values)

    return count


def language_of(connection: Connection) -> Language:
    """The reader's language: what they picked, then what they keep, then what the browser asks."""
    language = app_context_of(connection).pages[locale_of(connection)].globals["language"]
    assert isinstance(language, Language)
    return language


def locale_of(connection: Connection, offered: tuple[str, ...] = LOCALES) -> str:
    """The code of the reader's language, out of those on offer."""
    request_context = request_context_of(connection)
    asked = connection.query_params.get("lang")
    if asked in offered and request_context.locale != asked:
        request_context.locale = asked
        set_cookie(connection, "lang", asked, seconds=_YEAR)
    kept = request_context.identity.locale if request_context.identity else None
    picked = connection.cookies.get(app_context_of(connection).cookie_name("lang"))
    for wanted in (request_context.locale, picked, kept):
        if wanted in offered:
            return wanted
    return negotiate(connection.headers.get("accept-language"), offered)


def static_url(connection: Connection, name: str) -> str:
    """The versioned address of a static file."""
    return app_context_of(connection).files.url(name)


def render(
    connection: Connection,
    template: str,
    context: Any = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    locale: str | None = None,
) -> Response[bytes]:
    """A page. `context` is a msgspec Struct or a dataclass; its fields are what the template sees.

    A page that says no (400 and above) changes nothing: the Work of this request is undone.
    """
    request_context, app_context = request_context_of(connection), app_context_of(connection)
    if status >= 400:
        request_context.roll_back = True
    locale = locale or locale_of(connection)
    body = (
        app_context.pages[locale]
        .get_template(template)
        .render(
            {
                "brand": brand_of(connection),
                "csrf_input": LazyInput(connection),
                "here": _here(connection),
                "is_signed_in": request_context.identity is not None,
                "languages": _language_links(connection, locale),
                "notices": _notices(connection),
            }
            | _fields(context)
        )
    )
    sent = {"content-language": locale, "vary": "Cookie, Accept-Language"}
    return Response(
        body.encode(),
        status_code=status,
        media_type="text/html",
        headers=sent | dict(headers or {}),
    )


def draw(app_context: AppContext, locale: str, template: str, context: Any = None) -> bytes:
    """A page as bytes that may be kept and sent to anybody by `cached_page`: nothing personal."""
    page = app_context.pages[locale].get_template(template)
    common = {
        "csrf_input": csrf_input(PLACEHOLDER),
        "here": "/",
        "is_signed_in": False,
        "languages": [],
        "notices": [],
    }
    return page.render(common | _fields(context)).encode()


def cached_page(
    connection: Connection, body: bytes, *, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A page that was drawn before, with this reader's token put into its forms."""
    marker = PLACEHOLDER.encode()
    if marker in body:
        body = body.replace(marker, csrf_token(connection).encode())
    sent = {"cache-control": "private, no-cache", "vary": "Cookie, Accept-Language"}
    return Response(body, media_type="text/html", headers=sent | dict(headers or {}))


def redirect(
    connection: Connection, url: str, *, notice: str = "", tone: str = "good"
) -> Response[bytes]:
    """Go and look there (303), with a notice to show once. Pages inside a page go there too."""
    # A header is ASCII; what an address already has of percent signs stays as it is.
    url = quote(url, safe="/:?#[]@!$&'()*+,;=%~-._")
    if notice:
        kept = _notice_signer(app_context_of(connection)).dumps([notice, tone])
        assert isinstance(kept, str)
        set_cookie(connection, "notice", kept, seconds=_NOTICE_SECONDS)
    if connection.headers.get("hx-request") == "true":
        return Response(b"", media_type="text/html", headers={"HX-Redirect": url})
    return Response(b"", status_code=303, media_type="text/html", headers={"Location": url})


def local_path(wanted: str, otherwise: str = "/") -> str:
    """A path of this application; anything that could lead elsewhere becomes `otherwise`."""
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return otherwise
    if " " in wanted or not wanted.isprintable() or len(wanted) > _PATH_MAX:
        return otherwise
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else wanted


def set_cookie(
    connection: Connection,
    name: str,
    value: str,
    *,
    seconds: int | None = None,
) -> None:
    """Give the browser a cookie with this answer, out of reach of scripts. An empty value takes
    it away."""
    app_context, request_context = app_context_of(connection), request_context_of(connection)
    full = app_context.cookie_name(name)
    request_context.cookies[full] = value
    cookie = request_context.cookies[full]
    cookie.update(lax_cookie(app_context))
    if not value:
        cookie["max-age"] = 0
    elif seconds is not None:
        cookie["max-age"] = seconds


def words(language: Language, said: Refused | Problem) -> str:
    """What was refused and why, with words, money and times as the reader reads them."""
    facts = {name: _spoken(language, name, fact) for name, fact in said.facts.items()}
    text = language.text(said.message).format(**facts)
    if isinstance(said, Problem) and said.nearest:
        return f"{text} {said.proposal(language.text)}"
    return text


def _spoken(language: Language, name: str, fact: Any) -> Any:
    if isinstance(fact, Money):
        return language.money(fact)
    if isinstance(fact, Decimal):
        return language.number(fact)
    if isinstance(fact, datetime):
        return language.when(fact)
    if isinstance(fact, date):
        return language.day(fact)
    if name == "country" and isinstance(fact, str):
        return language.country(fact)
    # Words of ours, not of a person: these are messages too.
    if name in ("what", "state", "action") and isinstance(fact, str):
        return language.text(fact)
    return fact


def _fields(context: Any) -> dict[str, Any]:
    if context is None:
        return {}
    if isinstance(context, msgspec.Struct):
        return {name: getattr(context, name) for name in context.__struct_fields__}
    assert dataclasses.is_dataclass(context), "a page's context is a typed class"
    return {field.name: getattr(context, field.name) for field in dataclasses.fields(context)}


def _here(connection: Connection) -> str:
    """Where the reader is, to come back to: a form that was refused stands on its page."""
    if connection.scope.get("method") != "GET":
        return page_of(connection)
    query = urlencode(_query(connection))
    return connection.url.path + (f"?{query}" if query else "")


def _language_links(connection: Connection, locale: str) -> list[LanguageLink]:
    """The page in each language. A form's address cannot be opened: the links of a page that
    refused one lead to the page itself."""
    page, kept = "", _query(connection)
    if connection.scope.get("method") != "GET":
        page, _, query = page_of(connection).partition("?")
        kept = [pair for pair in parse_qsl(query) if pair[0] != "lang"]
    return [
        LanguageLink(code, name, f"{page}?" + urlencode([*kept, ("lang", code)]), code == locale)
        for code, name in LANGUAGE_NAMES.items()
    ]


def _query(connection: Connection) -> list[tuple[str, str]]:
    """What the address asks for, but for its language."""
    return [
        (name, value)
        for name, values in connection.query_params.dict().items()
        for value in values
        if name != "lang"
    ]


def _notices(connection: Connection) -> list[Notice]:
    app_context = app_context_of(connection)
    kept = connection.cookies.get(app_context.cookie_name("notice"))
    if not kept:
        return []
    set_cookie(connection, "notice", "")
    try:
        text, tone = _notice_signer(app_context).loads(kept, max_age=_NOTICE_SECONDS)
    except (BadData, ValueError):
        return []
    return [Notice(text, tone)]


def _notice_signer(app_context: AppContext) -> URLSafeTimedSerializer:
    return timed_signer(app_context.settings.secret, "notice")

"""A message as it is read: its subject, its HTML with every style inline, and its plain text.

The environment is the message's own: no page, request or web framework is needed, and nothing is
loaded from any file or address but our templates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import escape

from mainstem.kit.locale import Language
from mainstem.mail import enclosures
from mainstem.mail.contexts import Context
from mainstem.mail.enclosures import LOGO, Enclosed
from mainstem.mail.links import Links
from mainstem.mail.messages import MESSAGES
from mainstem.paths import TEMPLATES

_INLINER = css_inline.CSSInliner(
    load_remote_stylesheets=False, keep_at_rules=True, keep_link_tags=False
)

ACCENT = "#8a3b12"
"""The colour of links and buttons where the company has none of its own."""

TRACKING = {
    "postnord": "https://tracking.postnord.com/?id={}",
    "dhl": "https://www.dhl.com/se-en/home/tracking.html?tracking-id={}",
    "bring": "https://tracking.bring.com/tracking/{}",
    "ups": "https://www.ups.com/track?tracknum={}",
    "db schenker": "https://www.dbschenker.com/app/tracking-public/?refNumber={}",
    "budbee": "https://tracking.budbee.com/?token={}",
}
"""Where a carrier shows a parcel, by its name in small letters."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in one language. Its HTML names its pictures by their keys, after `cid:`."""

    subject: str
    html: str
    text: str
    pictures: Enclosed = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brand:
    """How the company looks: its colour, and its logo with the size in which it is shown."""

    accent: str = ""
    logo: bytes = b""
    logo_size: tuple[int, int] = (0, 0)


NO_BRAND = Brand()


def render(
    reason: str,
    context: Context,
    *,
    locale: str,
    zone: ZoneInfo,
    links: Links,
    sender: str,
    unsubscribe_url: str = "",
    brand: Brand = NO_BRAND,
) -> Rendered:
    """The message as this reader reads it. `sender` is the company, for whom it speaks.

    `unsubscribe_url` is set for what may be refused. Raises what Jinja raises for a name that no
    context has.
    """
    assert type(context) is MESSAGES[reason].context
    notice, labels = enclosures.legal_notice(context, locale), enclosures.labels(context, locale)
    values = {
        **{name: getattr(context, name) for name in context.__struct_fields__},
        "links": links, "sender": sender, "unsubscribe_url": unsubscribe_url, "reason": reason,
        "accent": brand.accent or ACCENT, "legal_notice": notice, "labels": labels,
        "logo": LOGO if brand.logo else "", "logo_size": brand.logo_size,
    }  # fmt: skip
    text = _environment(locale, zone, "txt").get_template(f"email/{reason}.txt")
    html = _environment(locale, zone, "html").get_template(f"email/{reason}.html")
    subject = " ".join(_block(text, "subject", values).split())
    return Rendered(
        subject=subject,
        html=_INLINER.inline(html.render(values, subject=subject)),
        text=_tidy(text.render(values)),
        pictures={
            **({LOGO: brand.logo} if brand.logo else {}),
            **{one.cid: one.picture for one in [notice, *labels] if one},
        },
    )


def _block(template: Template, name: str, values: Mapping[str, Any]) -> str:
    return "".join(template.blocks[name](template.new_context(dict(values))))


def _tidy(text: str) -> str:
    """Plain text with no blanks at the ends of lines and at most one empty line in a row."""
    lines: list[str] = []
    for line in (line.rstrip() for line in text.strip().splitlines()):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines) + "\n"


@cache
def _environment(locale: str, zone: ZoneInfo, kind: str) -> Environment:
    language = Language(locale, TEMPLATES / "locale", zone)
    html = kind == "html"
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=html,  # noqa: S701  plain text is no HTML
        undefined=StrictUndefined,
    )
    shown = escape if html else str
    environment.globals.update(
        _=_translator(language, shown),
        _n=_counter(language, shown),
        money=language.money,
        day=language.day,
        when=language.when,
        hour=lambda at: _hour(language, at),
        percent=language.percent,
        country_name=language.country,
        tracking_url=tracking_url,
        locale=locale,
    )
    return environment


def _translator(language: Language, shown: Callable[[str], Any]) -> Callable[..., Any]:
    def translate(message: str, /, **values: Any) -> Any:
        """The message in the reader's language, with %(name)s filled in."""
        text = shown(language.text(message))
        return text % values if values else text

    return translate


def _counter(language: Language, shown: Callable[[str], Any]) -> Callable[..., Any]:
    def count(one: str, many: str, n: int, /, **values: Any) -> Any:
        """The message for n things, with %(n)s filled in."""
        return shown(language.count(one, many, n)) % ({"n": n} | values)

    return count


def _hour(language: Language, at: datetime) -> str:
    """The time of day, with the zone in which it is meant."""
    return at.astimezone(language.zone).strftime("%H:%M %Z")


def tracking_url(carrier: str, tracking: str) -> str:
    """Where the carrier shows the parcel; empty where we do not know its page."""
    place = TRACKING.get(carrier.strip().lower())
    return place.format(quote(tracking, safe="")) if place and tracking else ""

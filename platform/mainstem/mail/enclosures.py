"""Pictures that a message carries itself: nothing is fetched when it is read, and all of it is kept.

The law's drawings belong to the confirmation of an order for goods; the company's logo to every one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from mainstem import guarantee
from mainstem.guarantee import Durability
from mainstem.mail.contexts import Context, OrderConfirmed, ProducerGuarantee

Enclosed = Mapping[str, bytes]
"""Pictures by the name under which a message's HTML knows them: PNG, or JPEG for photographs."""

LOGO = "logo@enclosed"
NOTICE = "legal-guarantee@enclosed"


@dataclass(frozen=True, slots=True)
class Label:
    """The law's label of one article, as a message shows it."""

    cid: str
    article: str
    words: list[str]
    picture: bytes


@dataclass(frozen=True, slots=True)
class LegalNotice:
    """The law's notice, as a message shows it."""

    cid: str
    words: list[str]
    url: str
    picture: bytes


def legal_notice(context: Context, locale: str) -> LegalNotice | None:
    """The notice that belongs to this message; None where no goods were bought by it."""
    if not isinstance(context, OrderConfirmed) or not context.has_goods:
        return None
    return LegalNotice(
        NOTICE,
        guarantee.notice_words(locale),
        guarantee.notice_of(locale).url,
        guarantee.notice_png(locale),
    )


def labels(context: Context, locale: str) -> list[Label]:
    """The labels of the goods of this message whose producers guarantee more than the law."""
    promised = context.guarantees if isinstance(context, OrderConfirmed) else []
    found = [(one, given) for one in promised if (given := _given(one))]
    return [
        Label(
            f"durability-{no}@enclosed",
            one.name,
            guarantee.label_words(given, locale),
            guarantee.label_png(given, locale),
        )
        for no, (one, given) in enumerate(found, 1)
    ]


def _given(one: ProducerGuarantee) -> Durability | None:
    return guarantee.durability(one.months, producer=one.producer, model=one.sku)


def subtype(picture: bytes) -> str:
    """What kind of picture this is, as mail names it below image/."""
    return "png" if picture.startswith(b"\x89PNG") else "jpeg"


def written_in(html: str, pictures: Enclosed) -> str:
    """A message's HTML with its pictures in it, for a page: a browser knows no enclosures."""
    for cid, picture in pictures.items():
        data = base64.b64encode(picture).decode()
        html = html.replace(f"cid:{cid}", f"data:image/{subtype(picture)};base64,{data}")
    return html

"""What somebody asks of the audit log: by whom, of which kind, about what and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from mainstem.console import lists
from mainstem.console.audit.told import KINDS
from mainstem.kit.locale import Language
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import FilterField
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, names_of

ACTORS = 100
_ACTOR = re.compile(r"(staff|person|affiliate|integration):\d{1,18}")

_WHO = """
SELECT 'staff:' || p.id AS actor, p.name FROM person p
 WHERE EXISTS (SELECT 1 FROM membership m WHERE m.person_id = p.id AND m.role <> 'affiliate')
UNION ALL SELECT 'integration:' || id, label FROM api_key
 ORDER BY name, actor LIMIT %(most)s"""


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of the filter, and the period that they name."""

    who: FilterField
    kind: FilterField
    about: FilterField
    days: tuple[FilterField, FilterField]
    since: datetime | None
    until: datetime | None

    @property
    def fields(self) -> list[FilterField]:
        """As they stand on the page."""
        return [self.who, self.kind, self.about, *self.days]

    def query(self) -> str:
        """The same in an address."""
        return urlencode({field.name: field.value for field in self.fields if field.value})

    def read(self, work: Work, cursor: str | None, most: int) -> Page[lists.FactRow]:
        """One page of what was asked for."""
        return lists.facts(
            work,
            subject=self.about.value,
            kind=self.kind.value,
            actor=self.who.value,
            since=self.since,
            until=self.until,
            cursor=cursor,
            most=most,
        )


def asked(request: HttpRequest, work: Work) -> Asked:
    """What the address asks for."""
    language = language_of(request)
    days = listing.period(request, language)
    since, until = listing.instants(days, work.tools.zone)
    anything = ("", language.text("Any"))
    return Asked(
        who=listing.choice(
            request, "by", language.text("Who"), [anything, *_actors(request, work, language)]
        ),
        kind=listing.choice(
            request,
            "kind",
            language.text("What"),
            [
                anything,
                *sorted(
                    ((k, language.text(name)) for k, name in KINDS.items()), key=lambda x: x[1]
                ),
            ],
        ),
        about=listing.text(
            request,
            "about",
            language.text("Only about"),
            language.text("The id of an order, lead, payout or person"),
        ),
        days=days,
        since=since,
        until=until,
    )


def _actors(request: HttpRequest, work: Work, language: Language) -> list[tuple[str, str]]:
    """Who can be chosen: staff and programs; and whom the address names already."""
    known = [(row.actor, row.name) for row in work.rows(_WHO, most=ACTORS)]
    named = request.query_params.get("by", "")
    if _ACTOR.fullmatch(named) and named not in dict(known):
        known.append((named, names_of(work, language, [named])[named]))
    return known

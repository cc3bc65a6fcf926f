"""Teams that perform services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Annotated, ClassVar

from pydantic import Field, field_serializer, model_validator

from mainstem.kit.documents import Code, Document, Fold, Line, Name, Refers
from mainstem.kit.errors import InvalidInput
from mainstem.kit.nearest import unknown
from mainstem.kit.work import Work
from mainstem.setup.resource import Resource
from mainstem_fulfillment.jobs import Team

DAYS = (1, 2, 3, 4, 5)


class TeamDocument(Document):
    """People who come to the client: what they do, when and where."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Working hours", ("weekdays", "day_starts", "day_ends")),
        Fold("Members and area", ("members", "postal_codes")),
    )

    code: Code = Field(title="Code", description="As it stands on lists, such as NORTH.")
    name: Name = Field(title="Name")
    members: list[Line] = Field(default_factory=list, title="Members")
    skills: Annotated[list[Name], Refers("performed")] = Field(
        min_length=1,
        title="Services",
        description="Services by their address names, whole departments, or the skills that services"
        " ask for: a team with all of those can do it.",
    )
    weekdays: list[int] = Field(
        list(DAYS),
        min_length=1,
        title="Working days",
        description="Monday is 1. Public holidays are free.",
    )
    day_starts: time = Field(time(8), title="Day begins")
    day_ends: time = Field(time(17), title="Day ends")
    postal_codes: list[Line] = Field(
        default_factory=list,
        title="Area",
        description="Beginnings of the postcodes where they work; none: everywhere.",
    )
    active: bool = Field(True, title="In use")

    @model_validator(mode="after")
    def _a_day(self) -> TeamDocument:
        if self.day_ends <= self.day_starts:
            raise ValueError("The day ends before it begins.")
        if not set(self.weekdays) <= set(range(1, 8)):
            raise ValueError("Working days are numbers from 1, Monday, to 7, Sunday.")
        return self

    @field_serializer("day_starts", "day_ends")
    def _clock(self, at: time) -> str:
        return f"{at:%H:%M}"


def _teams(work: Work, keys: Sequence[str] | None) -> Mapping[str, TeamDocument]:
    rows = work.rows(
        """SELECT code, name, members, skills, weekdays, day_starts, day_ends, postal_codes, active
             FROM team WHERE %(codes)s::text[] IS NULL OR code = ANY(%(codes)s::text[])
            ORDER BY code""",
        codes=None if keys is None else list(keys),
    )
    return {row.code: TeamDocument.model_validate(row._asdict()) for row in rows}


def _save_team(work: Work, before: TeamDocument | None, said: TeamDocument) -> None:
    _check_skills(work, said)
    values = said.model_dump()
    if before is None:
        work.add(Team.model_validate(values))
        return
    row = work.take(Team, work.value("SELECT id FROM team WHERE code = %(code)s", code=said.code))
    for name, value in values.items():
        setattr(row, name, value)
    work.add(row)


def _check_skills(work: Work, said: TeamDocument) -> None:
    """Refuse what nobody could ask the team for."""
    known = {
        row.name
        for row in work.rows(
            """SELECT slug AS name FROM product WHERE kind = 'service'
               UNION SELECT category FROM product WHERE kind = 'service'
               UNION SELECT unnest(skills) FROM product WHERE kind = 'service'"""
        )
    }
    problems = [
        unknown(
            f"/skills/{no}",
            "No service, department or skill is called {slug}.",
            skill,
            known,
            facts={"slug": skill},
        )
        for no, skill in enumerate(said.skills)
        if skill not in known
    ]
    if problems:
        raise InvalidInput(*problems)


TEAMS = Resource(
    name="teams",
    title="Teams",
    one="team",
    model=TeamDocument,
    key="code",
    read=_teams,
    save=_save_team,
    retire=lambda work, before: _save_team(
        work, before, before.model_copy(update={"active": False})
    ),
    columns=("code", "name", "skills", "active"),
    empty="A service cannot be booked before there is a team that performs it.",
    help="Who comes to the client, when and where.",
)

"""The programme: whether affiliates may apply, what the page says, who may bring others in, what is asked for."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mainstem import income
from mainstem.joining.claims import claims_in
from mainstem.kit.documents import Document, Fold, Line, LongTexts, Refers, Slug, Texts
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.nearest import unknown
from mainstem.kit.work import Work
from mainstem.plan import book

Recruiters = Literal["nobody", "everybody", "proven", "groups"]
BLOCKS = ("headline", "intro", "does", "does_not")
LEVELS_USUAL = 3


class Requirement(Document):
    """Something that an applicant has to give: a text or a paper."""

    one: ClassVar[str] = "Requirement"
    code: Slug = Field(title="Code", description="What it is called in files.")
    names: Texts = Field(title="Name", description="What applicants read, in each language.")
    help: LongTexts = Field(
        default_factory=dict, title="Help", description="What it is for, and where to get it."
    )
    needs: Literal["text", "file"] = Field("text", title="Needs")
    required: bool = Field(True, title="Needed", description="Without it nobody can be approved.")

    @model_validator(mode="after")
    def _named(self) -> Requirement:
        if not any(self.names.values()):
            raise ValueError("Name it in one language at least.")
        return self


class Programme(Document):
    """How companies join: the page that they read, what is asked of them, and who may bring them in."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("What the page says", BLOCKS),
        Fold(
            "Who may bring others in",
            ("recruiters", "deliveries_min", "recruiter_groups", "levels_max"),
        ),
        Fold("Who joins without a sponsor", ("default_sponsor", "holding_days")),
        Fold("What is asked for", ("requirements", "kept_days")),
    )

    is_open: bool = Field(
        False,
        title="Open to applications",
        description="The page is shown, and companies may apply. Closed, only those whom you invite may.",
    )
    headline: Texts = Field(default_factory=dict, title="Headline")
    intro: LongTexts = Field(
        default_factory=dict,
        title="Introduction",
        description="What is paid for what follows from the plan and is said by itself. Promise no income.",
    )
    does: LongTexts = Field(default_factory=dict, title="What an affiliate does")
    does_not: LongTexts = Field(default_factory=dict, title="What an affiliate does not do")
    recruiters: Recruiters = Field("everybody", title="Who may bring others in")
    deliveries_min: int = Field(
        10,
        ge=1,
        le=100_000,
        title="Delivered sales",
        description="How many of their own, to clients, where only those with enough of them may.",
    )
    recruiter_groups: list[Line] = Field(
        default_factory=list,
        max_length=20,
        title="Groups who may",
        description="Where only those in a group may: the groups, one of which they must be in.",
    )
    levels_max: int = Field(
        LEVELS_USUAL,
        ge=1,
        le=30,
        title="Levels at most",
        description="A newcomer is one, and each sponsor above them one more.",
    )
    default_sponsor: Annotated[Slug | Literal[""], Refers("affiliates")] = Field(
        "",
        title="Default sponsor",
        description="Whose team somebody joins who was brought in by nobody. None: nobody's.",
    )
    holding_days: int = Field(
        0,
        ge=0,
        le=90,
        title="Days in the holding tank",
        description="So long you have to place whoever was brought in by nobody; then the default sponsor"
        " is taken. 0: at once.",
    )
    kept_days: int = Field(
        180,
        ge=30,
        le=3650,
        title="Days that a rejected application is kept",
        description="After so many, what was said and given is deleted; that somebody was rejected stays.",
    )
    requirements: list[Requirement] = Field(
        default_factory=list,
        max_length=20,
        title="Requirements",
        description="What applicants give before you decide.",
    )

    @model_validator(mode="after")
    def _apart(self) -> Programme:
        codes = [one.code for one in self.requirements]
        if len(codes) != len(set(codes)):
            raise ValueError("Two requirements have one code.")
        return self

    @model_validator(mode="after")
    def _in_some_group(self) -> Programme:
        if self.recruiters == "groups" and not self.recruiter_groups:
            raise ValueError("Say which groups may bring others in.")
        return self

    def text(self, block: str, locale: str) -> str:
        """What the company says in a block, in this language or else in another; empty for nothing."""
        texts: dict[str, str] = getattr(self, block)
        return texts.get(locale) or next((text for text in texts.values() if text), "")

    def requirement(self, code: str) -> Requirement | None:
        """The requirement of this code."""
        return next((one for one in self.requirements if one.code == code), None)


def read_programme(work: Work) -> Programme | None:
    """The programme; None until somebody has said anything of it."""
    row = work.row(
        """SELECT is_open, recruiters, deliveries_min, recruiter_groups, levels_max,
                  coalesce(a.slug, '') AS default_sponsor, holding_days, kept_days, texts, requirements
             FROM programme LEFT JOIN affiliate a ON a.id = default_sponsor_id"""
    )
    if row is None:
        return None
    said: dict[str, Any] = row._asdict()
    return Programme.model_validate(said.pop("texts") | said)


def programme_of(work: Work) -> Programme:
    """The programme, closed where nobody has said anything of it."""
    return read_programme(work) or Programme.model_validate({})


def is_open(work: Work) -> bool:
    """Whether companies may apply by themselves: never where what others earned is not told, or is of more
    than a year ago."""
    is_said = bool(work.value("SELECT is_open FROM programme"))
    return is_said and income.is_current(work, _today(work))


def _today(work: Work) -> date:
    return work.now().astimezone(work.tools.zone).date()


def save_programme(work: Work, before: Programme | None, said: Programme) -> None:
    """Say how companies join. Raises InvalidInput for a text that promises an income, and for opening a
    programme that lacks what every applicant must be able to read or be told."""
    blocks = {block: getattr(said, block) for block in BLOCKS}
    sponsor, unknown_sponsor = _default_sponsor(work, said.default_sponsor)
    problems = [
        *claims_in(blocks), *(_not_ready(work) if said.is_open else ()), *unknown_sponsor
    ]  # fmt: skip
    if problems:
        raise InvalidInput(*problems)
    if said.is_open:
        income.make_due(work, _today(work))
    work.run(
        """INSERT INTO programme
             (is_open, recruiters, deliveries_min, recruiter_groups, levels_max, default_sponsor_id,
              holding_days, kept_days, texts, requirements)
           VALUES (%(open)s, %(recruiters)s, %(deliveries)s, %(groups)s, %(levels)s, %(sponsor)s,
                   %(holding)s, %(kept)s, %(texts)s::jsonb, %(requirements)s::jsonb)
           ON CONFLICT (one) DO UPDATE
              SET is_open = excluded.is_open, recruiters = excluded.recruiters,
                  deliveries_min = excluded.deliveries_min, levels_max = excluded.levels_max,
                  recruiter_groups = excluded.recruiter_groups, holding_days = excluded.holding_days,
                  default_sponsor_id = excluded.default_sponsor_id,
                  kept_days = excluded.kept_days, texts = excluded.texts,
                  requirements = excluded.requirements""",
        open=said.is_open,
        recruiters=said.recruiters,
        deliveries=said.deliveries_min,
        levels=said.levels_max,
        groups=said.recruiter_groups,
        sponsor=sponsor,
        holding=said.holding_days,
        kept=said.kept_days,
        texts=json.dumps(blocks),
        requirements=json.dumps([one.written() for one in said.requirements]),
    )


def _default_sponsor(work: Work, slug: str) -> tuple[int | None, list[Problem]]:
    """Their id, and what is wrong with them as a sponsor."""
    if not slug:
        return None, []
    row = work.row("SELECT id, is_house FROM affiliate WHERE slug = %(slug)s", slug=slug)
    if row is None:
        known = [one.slug for one in work.rows("SELECT slug FROM affiliate ORDER BY id LIMIT 1000")]
        no = "No affiliate is called {slug}."
        return None, [unknown("/default_sponsor", no, slug, known, facts={"slug": slug})]
    if row.is_house:
        alone = "The house account is nobody's sponsor."
        return None, [Problem("/default_sponsor", "house_stays_alone", alone)]
    return int(row.id), []


def default_sponsor(work: Work) -> int | None:
    """Under whom somebody joins who was brought in by nobody; None for under nobody."""
    found = work.value("SELECT default_sponsor_id FROM programme")
    return int(found) if found is not None else None


def _not_ready(work: Work) -> list[Problem]:
    lacks = (
        (book.now(work), "no_plan", "Publish the plan first: the page says what it pays."),
        (
            work.value("SELECT 1 FROM company_document WHERE kind = 'programme' LIMIT 1"),
            "no_terms",
            "Write the programme's terms first: whoever applies agrees to them.",
        ),
        (
            work.value("SELECT 1 FROM mail_settings"),
            "no_sender",
            "Say who your mail is from first: applicants confirm their e-mail by a link.",
        ),
    )
    return [Problem("/is_open", code, message) for there, code, message in lacks if not there]

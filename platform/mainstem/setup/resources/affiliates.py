"""Affiliates, as staff make them: the company, its people and its codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from mainstem import identity, network, referrals
from mainstem.kit import search_terms
from mainstem.kit.documents import (
    Document,
    Email,
    Fold,
    KnownCountry,
    Line,
    Locale,
    Name,
    Refers,
    Slug,
)
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.nearest import unknown
from mainstem.kit.work import Work
from mainstem.setup.resource import Resource

State = Literal["active", "paused", "suspended", "terminated"]
PersonRole = Literal["owner", "seller", "accountant"]


class PersonDocument(Document):
    """Somebody who signs in for an affiliate."""

    one: ClassVar[str] = "Person"
    name: Name = Field(title="Name")
    email: Email = Field(title="E-mail")
    role: PersonRole = Field(
        "owner",
        title="Role",
        description="A seller sees no earnings, an accountant no clients.",
    )


class AffiliateDocument(Document):
    """A company that wins clients. The house account is your own: it sells, and earns nothing."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("Codes and links", ("codes", "links")),
        Fold("State", ("state", "why")),
    )

    slug: Slug = Field(title="Name in addresses")
    name: Name = Field(title="Name")
    email: Email = Field(title="E-mail", description="Where the company is reached.")
    country: KnownCountry = Field(title="Country")
    locale: Locale = Field("en", title="Language")
    sponsor: Annotated[Slug | Literal[""], Refers("affiliates")] = Field(
        "",
        title="Sponsor",
        description="Who brought them in. It is said when they join; later they move, in the network.",
    )
    state: State = Field("active", title="State")
    why: Line = Field(
        "",
        title="Why their state changes",
        description="They are told. Needed to suspend or end an affiliate.",
        exclude=True,
    )
    is_house: bool = Field(False, title="House account", description="Your own: it earns nothing.")
    people: list[PersonDocument] = Field(default_factory=list, title="People who sign in")
    codes: list[Line] = Field(default_factory=list, title="Codes", description="Clients type them.")
    links: list[Line] = Field(
        default_factory=list, title="Link codes", description="They stand in links as ?ref=."
    )

    @field_validator("codes", "links")
    @classmethod
    def _typed(cls, codes: list[str]) -> list[str]:
        try:
            return sorted({referrals.as_typed(code) for code in codes})
        except InvalidInput as no:
            raise ValueError(no.problems[0].text()) from None

    @field_validator("people")
    @classmethod
    def _in_order(cls, people: list[PersonDocument]) -> list[PersonDocument]:
        return sorted(people, key=lambda person: person.email.lower())

    @model_validator(mode="after")
    def _house_alone(self) -> AffiliateDocument:
        if self.is_house and self.sponsor:
            raise ValueError("The house account has no sponsor.")
        return self


_AFFILIATES = """
SELECT a.slug, a.name, a.email_key AS email, a.country, a.locale, a.state, a.is_house,
       coalesce(s.slug, '') AS sponsor,
       coalesce((SELECT jsonb_agg(jsonb_build_object('name', p.name, 'email', p.email,
                                                     'role', m.affiliate_role)
                                  ORDER BY m.granted_at, p.id)
                   FROM membership m JOIN person p ON p.id = m.person_id
                  WHERE m.affiliate_id = a.id AND m.revoked_at IS NULL), '[]') AS people,
       ARRAY(SELECT code FROM referral_code c WHERE c.affiliate_id = a.id AND c.kind = 'code'
                AND c.retired_at IS NULL ORDER BY c.created_at, c.code) AS codes,
       ARRAY(SELECT code FROM referral_code c WHERE c.affiliate_id = a.id AND c.kind = 'link'
                AND c.retired_at IS NULL ORDER BY c.created_at, c.code) AS links
  FROM affiliate a LEFT JOIN affiliate s ON s.id = a.sponsor_id
 WHERE a.state IN ('active', 'paused', 'suspended', 'terminated')
   AND (%(slugs)s::text[] IS NULL OR a.slug = ANY(%(slugs)s::text[]))
 ORDER BY a.id"""


def _affiliates(work: Work, keys: Sequence[str] | None) -> Mapping[str, AffiliateDocument]:
    rows = work.rows(_AFFILIATES, slugs=None if keys is None else list(keys))
    return {row.slug: AffiliateDocument.model_validate(row._asdict()) for row in rows}


def _find(work: Work, after: str, most: int, query: str) -> list[str]:
    rows = work.rows(
        """SELECT slug FROM affiliate
            WHERE slug > %(after)s AND state IN ('active', 'paused', 'suspended', 'terminated')
              AND (slug ILIKE %(like)s OR name ILIKE %(like)s)
            ORDER BY slug LIMIT %(most)s""",
        after=after,
        like=search_terms.containing(query),
        most=most,
    )
    return [row.slug for row in rows]


def _save(work: Work, before: AffiliateDocument | None, said: AffiliateDocument) -> None:
    id = _joined(work, said) if before is None else _changed(work, before, said)
    _save_people(work, id, before, said)
    _save_codes(work, id, before.codes if before else [], said.codes, kind="code")
    _save_codes(work, id, before.links if before else [], said.links, kind="link")


def _joined(work: Work, said: AffiliateDocument) -> int:
    sponsor = None
    if said.sponsor:
        sponsor = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=said.sponsor)
        if sponsor is None:
            raise InvalidInput(no_affiliate(work, "/sponsor", said.sponsor))
    return network.join(
        work,
        slug=said.slug,
        name=said.name,
        email=said.email,
        country=said.country,
        locale=said.locale,
        sponsor_id=sponsor,
        state=said.state,
        is_house=said.is_house,
    )


def no_affiliate(work: Work, pointer: str, said: str) -> Problem:
    """The problem of an affiliate that there is not."""
    known = [row.slug for row in work.rows("SELECT slug FROM affiliate")]
    return unknown(pointer, "No affiliate is called {slug}.", said, known, facts={"slug": said})


def _changed(work: Work, before: AffiliateDocument, said: AffiliateDocument) -> int:
    problems = []
    if said.sponsor != before.sponsor:
        problems.append(
            Problem("/sponsor", "stays", "The sponsor was said when they joined, and stays.")
        )
    if said.is_house != before.is_house:
        problems.append(
            Problem("/is_house", "stays", "What an account is for was said at first, and stays.")
        )
    if problems:
        raise InvalidInput(*problems)
    return network.change(
        work,
        slug=said.slug,
        name=said.name,
        email=said.email,
        country=said.country,
        locale=said.locale,
        state=said.state,
        why=said.why,
    )


def _save_people(
    work: Work, id: int, before: AffiliateDocument | None, said: AffiliateDocument
) -> None:
    wanted = {identity.key_of(person.email): person for person in said.people}
    had = {identity.key_of(person.email): person for person in before.people} if before else {}
    for key, person in wanted.items():
        if key in had:
            if had[key].name != person.name:
                identity.rename(work, had[key].email, person.name)
            if had[key].role != person.role:
                _give_role(work, id, person)
            continue
        known = identity.person_of(work, person.email)
        identity.grant(
            work,
            identity.create_person(work, email=person.email, name=person.name)
            if known is None
            else known,
            "affiliate",
            affiliate_id=id,
            affiliate_role=person.role,
        )
    for key in had.keys() - wanted.keys():
        someone = identity.person_of(work, had[key].email)
        assert someone is not None, "they had signed in for the affiliate"
        identity.revoke(work, someone, "affiliate", affiliate_id=id)
    identity.refuse_without_owner(work, id)


def _give_role(work: Work, id: int, person: PersonDocument) -> None:
    """The role, with no look at the others: together they are looked at when all are saved."""
    someone = identity.person_of(work, person.email)
    assert someone is not None, "they sign in for the affiliate"
    identity.revoke(work, someone, "affiliate", affiliate_id=id)
    identity.grant(work, someone, "affiliate", affiliate_id=id, affiliate_role=person.role)


def _save_codes(
    work: Work, id: int, had: Sequence[str], wanted: Sequence[str], *, kind: str
) -> None:
    for code in wanted:
        if code not in had:
            referrals.assign(work, id, code, kind=kind)
    for code in had:
        if code not in wanted:
            referrals.retire(work, code)


AFFILIATES = Resource(
    name="affiliates",
    title="Affiliates",
    one="affiliate",
    model=AffiliateDocument,
    key="slug",
    read=_affiliates,
    save=_save,
    columns=("name", "slug", "country", "state"),
    empty="Nobody sells for you yet: make your first affiliate, or a house account of your own.",
    help="Companies that win your clients. Joining costs them nothing and earns nobody anything.",
    find=_find,
)

"""Colleagues: who works here, and what each of them may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from pydantic import Field, field_validator

from mainstem import identity
from mainstem.kit.documents import Document, Email, Locale, Name
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.setup.resource import Resource

Role = Literal["picker", "lead_desk", "finance", "admin"]


class StaffDocument(Document):
    """Somebody who works here. Without a role they cannot come in any more."""

    email: Email = Field(title="E-mail", description="They sign in with it.")
    name: Name = Field(title="Name")
    locale: Locale | None = Field(
        None, title="Language", description="Empty: as their browser asks."
    )
    roles: list[Role] = Field(default_factory=list, title="Roles")

    @field_validator("roles")
    @classmethod
    def _in_order(cls, roles: list[Role]) -> list[Role]:
        return [role for role in get_args(Role) if role in roles]

    @field_validator("email")
    @classmethod
    def _small(cls, email: str) -> str:
        return email.lower()


class LastAdmin(Refused):
    """Somebody must be able to let others in."""

    code = "last_admin"
    message = "This is the only admin. Make somebody else one first."


def _staff(work: Work, keys: Sequence[str] | None) -> Mapping[str, StaffDocument]:
    rows = work.rows(
        """SELECT lower(p.email) AS email, p.name, p.locale,
                  coalesce(array_agg(m.role ORDER BY m.granted_at, m.role)
                           FILTER (WHERE m.revoked_at IS NULL), '{}') AS roles
             FROM person p JOIN membership m ON m.person_id = p.id AND m.role <> 'affiliate'
            WHERE %(emails)s::text[] IS NULL OR lower(p.email) = ANY(%(emails)s::text[])
            GROUP BY p.id ORDER BY p.id""",
        emails=None if keys is None else [key.lower() for key in keys],
    )
    return {row.email: StaffDocument.model_validate(row._asdict()) for row in rows}


def _save(work: Work, before: StaffDocument | None, said: StaffDocument) -> None:
    person = identity.person_of(work, said.email)
    if person is None:
        person = identity.create_person(work, email=said.email, name=said.name, locale=said.locale)
    else:
        identity.rename(work, said.email, said.name, locale=said.locale)
    for role in said.roles:
        identity.grant(work, person, role)
    gone = set(before.roles if before else ()) - set(said.roles)
    for role in sorted(gone):
        identity.revoke(work, person, role)
    if "admin" in gone and not _an_admin(work):
        raise LastAdmin
    if gone and not said.roles:
        identity.end_sessions(work, person)


def _an_admin(work: Work) -> bool:
    return bool(
        work.value(
            """SELECT EXISTS (SELECT 1 FROM membership WHERE role = 'admin'
                                 AND revoked_at IS NULL)"""
        )
    )


STAFF = Resource(
    name="staff",
    title="Colleagues",
    one="colleague",
    model=StaffDocument,
    key="email",
    read=_staff,
    save=_save,
    retire=lambda work, before: _save(work, before, before.model_copy(update={"roles": []})),
    columns=("name", "email", "roles"),
    empty="You are alone here: invite those who pick, quote and pay.",
    help="Who works here, and what each of them opens.",
    # Whoever may say who is an admin may do everything: a scope of its own.
    scope="staff",
)

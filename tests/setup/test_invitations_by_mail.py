"""Invitations go out by mail; what opens them lies in no table."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from mainstem import identity, mail, setup
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.events import Fact
from mainstem.kit.signed import Secret
from mainstem.kit.work import Work
from tests.mail.conftest import MailServer, Outbox, company, outbox, post, serve
from tests.setup import saying
from tests.setup.test_pages import owner
from tests.setup.test_people_and_keys import PASSWORD, ove
from tests.surfaces.conftest import Open, Reader, words_of

__all__ = ["company", "outbox", "ove", "owner", "post", "serve"]


def sent(database: Database) -> None:
    """Send whatever waits."""
    with database.work() as work:
        waiting = work.rows("SELECT * FROM fact WHERE name = 'mail.queued' ORDER BY id")
    for row in waiting:
        mail.deliver(database, Fact(**{n: getattr(row, n) for n in Fact.__dataclass_fields__}))


def link_in(server: MailServer) -> str:
    body = server.taken[-1].get_body(("plain",))
    assert body is not None
    found = re.search(r"https://shop\.example(/invitation\?token=\S+)", body.get_content())
    assert found, body.get_content()
    return found[1]


def everything(work: Work) -> str:
    """Every row of every table, as a dump would have it."""
    tables = work.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return "\n".join(
        str(row)
        for table in tables
        if table.tablename not in ("alembic_version",)
        for row in work.rows(f"SELECT to_jsonb(t)::text FROM {table.tablename} t")
    )


def test_a_colleague_comes_in_by_the_mail_that_the_invitation_sends(
    company: object, post: MailServer, owner: Reader, ove: int, open_app: Open, database: Database
) -> None:
    page = owner.post("/console/setup/people/invitation", {"person": ove})
    assert "It is on its way to ove@norrsken.example by mail." in words_of(page)
    shown = re.search(r'value="http://[^"]*(/invitation\?token=[^"]+)"', page.text)
    assert shown
    sent(database)
    assert link_in(post) == shown[1]
    assert post.recipients == ["ove@norrsken.example"]
    newcomer = open_app()
    assert newcomer.get(link_in(post)).status_code == 200
    identity.accept(database, link_in(post).partition("=")[2], PASSWORD)
    assert newcomer.sign_in("ove@norrsken.example", PASSWORD).status_code == 303


def test_a_mail_that_leaves_after_the_secret_was_exchanged_has_the_link_that_opens(
    company: object, post: MailServer, owner: Reader, ove: int, open_app: Open, database: Database
) -> None:
    page = owner.post("/console/setup/people/invitation", {"person": ove})
    shown = re.search(r'value="http://[^"]*(/invitation\?token=[^"]+)"', page.text)
    assert shown
    both = Secret("the secret of the year after", before=database.tools.secret)
    database.tools = replace(database.tools, secret=both)
    sent(database)
    assert link_in(post) == shown[1]
    assert open_app(secret=both).get(link_in(post)).status_code == 200
    owner.post("/console/setup/people/invitation", {"person": ove})
    sent(database)
    assert link_in(post) != shown[1]


def test_a_dump_of_the_database_opens_no_invitation(
    company: object, post: MailServer, owner: Reader, ove: int, outbox: Outbox, database: Database
) -> None:
    owner.post("/console/setup/people/invitation", {"person": ove})
    with database.work() as work:
        before = everything(work)
    sent(database)
    token = link_in(post).partition("=")[2]
    with database.work() as work:
        after = everything(work)
    assert "inv_" not in before + after
    assert token.removeprefix("inv_") not in before + after
    [row] = outbox.rows("staff_invitation")
    assert set(row.context) >= {"reference", "invited_by"}
    assert "token" not in json.dumps(row.context)
    with pytest.raises(identity.InvitationRefused):
        identity.accept(database, f"inv_{row.context['reference']}", PASSWORD)


def test_staff_who_look_at_the_mail_get_no_link_that_opens(
    company: object, post: MailServer, owner: Reader, ove: int, outbox: Outbox
) -> None:
    owner.post("/console/setup/people/invitation", {"person": ove})
    [row] = outbox.rows("staff_invitation")
    for path in ("", "/html"):
        page = owner.get(f"/console/mail/{row.home_id}/{row.id}{path}")
        assert page.status_code == 200
        assert "invitation?token=" not in page.text


def test_without_mail_the_link_is_only_shown(owner: Reader, ove: int, outbox: Outbox) -> None:
    page = owner.post("/console/setup/people/invitation", {"person": ove})
    assert "/invitation?token=inv_" in page.text
    assert "by mail" not in words_of(page)
    assert outbox.rows() == []


def test_the_people_of_an_affiliate_are_invited_from_its_page(
    company: object, post: MailServer, owner: Reader, database: Database
) -> None:
    kind = setup.resource("affiliates")
    with database.work() as work:
        setup.save(work, kind, document(kind.model, saying.AFFILIATE))
    page = owner.get("/console/setup/affiliates/edit?key=vinter")
    assert "Vera Vinter vera@vinter.example Invite" in words_of(page)
    person = re.search(r'name="person" value="(\d+)"', page.text)
    assert person
    made = owner.post("/console/setup/people/invitation", {"person": person[1]})
    assert "It is on its way to vera@vinter.example by mail." in words_of(made)
    sent(database)
    body = post.taken[-1].get_body(("plain",))
    assert body is not None
    assert "Cai på Alder & Co har bjudit in dig att logga in för Vinter och Co." in (
        body.get_content()
    )
    assert link_in(post)

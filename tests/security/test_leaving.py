"""Whoever leaves the company is out of it, wherever they were signed in."""

from __future__ import annotations

from mainstem import identity, setup
from mainstem.kit.db import Database
from mainstem.kit.work import Actor
from tests.surfaces.conftest import PASSWORD, Open


def test_who_is_taken_out_of_use_is_signed_out_everywhere_at_once(
    open_app: Open, people: dict[str, int], database: Database
) -> None:
    telephone, computer = open_app(), open_app()
    for reader in (telephone, computer):
        assert reader.sign_in("per@example.com", PASSWORD).status_code == 303
        assert reader.get("/desk/ship").status_code == 200
    with database.work(Actor("staff", str(people["ada"]))) as work:
        kind = setup.resource("staff")
        per = setup.read_one(work, kind, "per@example.com")
        assert per is not None
        setup.retire(work, kind, "per@example.com", seen=per.version)
    for reader in (telephone, computer):
        assert reader.get("/desk/ship").headers["location"].startswith("/sign-in")
    with database.work() as work:
        identity.grant(work, people["per"], "picker")  # let in again, one signs in again
    assert telephone.get("/desk/ship").headers["location"].startswith("/sign-in")

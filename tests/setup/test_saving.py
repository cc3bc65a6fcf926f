"""A thing that is set: said once or twice, seen or not, changed by two at once, and its history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mainstem import cli, setup
from mainstem.kit import settings
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput, Refused
from mainstem.kit.work import Actor, Work
from mainstem.setup import Changed, NeedsVersion
from tests.company import KETTLE, Shop, a_company, a_paid_order
from tests.setup import saying

OWNER = Actor("staff", "1")
STOCK = {"sku": KETTLE, "location": "STH", "on_hand": 7}
SAID: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("company", saying.PROFILE, {"city": "Piteå", "about": {"sv": "Vi stöper ljus."}}),
    ("documents", saying.TERMS, {"texts": {"sv": "Nya villkor.", "en": "The terms."}}),
    ("mail", saying.MAIL, {"sender_name": "Norrskens ljus"}),
    ("departments", saying.DEPARTMENT, {"position": 3, "hidden": True}),
    ("products", saying.PRODUCT, {"names": {"sv": "Ett ljus"}}),
    ("locations", saying.LOCATION, {"name": "Stora lagret", "active": False}),
    ("teams", saying.TEAM | {"skills": ["repairs"]}, {"weekdays": [1, 2, 6], "day_ends": "15:00"}),
    ("plan", saying.PLAN, {"name": "Two levels, better"}),
    ("affiliates", saying.AFFILIATE, {"name": "Vinter AB", "state": "paused", "codes": ["VINTRIG"]}),
    ("storefronts", saying.STOREFRONT | {"affiliate": "cedar"},
     {"assortment": ["kettle"], "prices_include_tax": False}),
    ("staff", saying.COLLEAGUE, {"roles": ["finance"], "name": "Ove E. Ek"}),
    ("stock", STOCK | {"location": "LLA"}, {"on_hand": 3}),
    ("tax", saying.TAX, {"oss": "on", "sells_to_businesses": True}),
    ("tax-rates", saying.TAX_RATE, {"rate_bp": 700, "is_sure": False}),
    ("delivery-zones", saying.ZONE, {"countries": ["SE", "FI"], "position": 2}),
]  # fmt: skip


def _save(work: Work, name: str, said: dict[str, Any], seen: str | None = None) -> Any:
    kind = setup.resource(name)
    return setup.save(work, kind, document(kind.model, said), seen=seen)


@pytest.mark.parametrize(("name", "said", "other"), SAID, ids=[name for name, *_ in SAID])
def test_what_is_set_reads_as_it_was_said_and_saying_it_again_changes_nothing(
    database: Database, name: str, said: dict[str, Any], other: dict[str, Any]
) -> None:
    kind = setup.resource(name)
    with database.work(OWNER) as work:
        a_company(work)
        if name == "stock":
            _save(work, "locations", saying.LOCATION)
        if name == "products":
            _save(work, "departments", saying.DEPARTMENT)
        _an_admin(work)
        before = setup.read_one(work, kind, kind.key_of(document(kind.model, said)))
        first = _save(work, name, said, before.version if before else None)
        assert first.document == document(kind.model, said) and first.is_changed
    with database.work(OWNER) as work:
        again = _save(work, name, said)
        assert not again.is_changed and not again.is_new
        changed = _save(work, name, said | other, first.document.version)
        assert changed.document == document(kind.model, said | other) and changed.is_changed
        newest, *_ = setup.changes(work, name, kind.key_of(changed.document))
        assert {where.partition(".")[0] for where, *_ in newest.fields} == set(other)
        assert newest.actor == "staff:1"
        key = kind.key_of(changed.document)
        assert work.value(
            "SELECT count(*) FROM fact WHERE name LIKE 'setup.%%' AND subject = %(subject)s",
            subject=f"{name}/{key}",
        ) == 2  # fmt: skip


def test_two_who_edit_at_once_cannot_overwrite_each_other(database: Database) -> None:
    with database.work(OWNER) as work:
        opened = _save(work, "company", saying.PROFILE).document
    with database.work(OWNER) as work:
        _save(work, "company", saying.PROFILE | {"city": "Piteå"}, opened.version)
    with database.work(OWNER) as work, pytest.raises(Changed):
        _save(work, "company", saying.PROFILE | {"city": "Boden"}, opened.version)
    with database.work(OWNER) as work, pytest.raises(NeedsVersion):
        _save(work, "company", saying.PROFILE | {"city": "Boden"})
    with database.work(OWNER) as work:
        now = setup.read_one(work, setup.resource("company"))
        assert now is not None and now.city == "Piteå"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "said", "pointer"),
    [
        ("company", saying.PROFILE | {"email": "nowhere"}, "/email"),
        ("company", saying.PROFILE | {"currencies": ["ZZZ"]}, "/currencies"),
        ("company", saying.PROFILE | {"zone": "Mars/Olympus"}, "/zone"),
        ("company", saying.PROFILE | {"country": "ZZ"}, "/country"),
        ("company", saying.PROFILE | {"name": "Nor\u200bsken"}, "/name"),
        ("company", saying.PROFILE | {"colour": "red"}, "/colour"),
        ("company", saying.PROFILE | {"accent": "#ffcc00"}, "/accent"),
        ("teams", saying.TEAM | {"skills": ["flying"]}, "/skills/0"),
        ("teams", saying.TEAM | {"day_starts": "18:00"}, ""),
        ("affiliates", saying.AFFILIATE | {"sponsor": "nobody"}, "/sponsor"),
        ("affiliates", saying.AFFILIATE | {"slug": "No Slug"}, "/slug"),
        ("affiliates", saying.AFFILIATE | {"people": [{"name": "A", "email": "x"}]}, "/people/0/email"),
        ("storefronts", saying.STOREFRONT | {"affiliate": "nobody"}, "/affiliate"),
        ("storefronts", saying.STOREFRONT | {"affiliate": "cedar", "assortment": ["kettle", "moon"]},
         "/assortment/1"),
        ("stock", STOCK | {"sku": "MOON"}, "/sku"),
        ("plan", saying.PLAN | {"rules": {"goods": {}, "service": {}}}, "/rules/goods/levels_bp"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_field_and_nothing_is_kept(
    database: Database, name: str, said: dict[str, Any], pointer: str
) -> None:
    with database.work(OWNER) as work:
        a_company(work)
    with database.work(OWNER) as work, pytest.raises(InvalidInput) as no:
        _save(work, name, said)
    assert pointer in {problem.pointer for problem in no.value.problems}
    with database.work(OWNER) as work:
        assert not work.value("SELECT count(*) FROM setup_change")


def test_the_only_admin_stays_one(database: Database) -> None:
    admin = saying.COLLEAGUE | {"roles": ["admin"]}
    with database.work(OWNER) as work:
        seen = _save(work, "staff", admin).document.version
    with database.work(OWNER) as work, pytest.raises(Refused, match="only admin"):
        _save(work, "staff", admin | {"roles": ["picker"]}, seen)


def test_the_sponsor_of_an_affiliate_stays_as_it_was_said_when_they_joined(
    database: Database,
) -> None:
    with database.work(OWNER) as work:
        a_company(work)
        seen = _save(work, "affiliates", saying.AFFILIATE | {"sponsor": "birch"}).document.version
    with database.work(OWNER) as work, pytest.raises(InvalidInput) as no:
        _save(work, "affiliates", saying.AFFILIATE | {"sponsor": "cedar"}, seen)
    assert [problem.pointer for problem in no.value.problems] == ["/sponsor"]


def test_the_zone_of_the_books_stays_once_there_are_orders(database: Database) -> None:
    with database.work(OWNER) as work:
        company = a_company(work)
        seen = _save(work, "company", saying.PROFILE).document.version
        seen = _save(
            work, "company", saying.PROFILE | {"zone": "Europe/Helsinki"}, seen
        ).document.version
        a_paid_order(work, company.shop, (KETTLE, 1))
    with database.work(OWNER) as work, pytest.raises(Refused, match="Europe/Helsinki"):
        _save(work, "company", saying.PROFILE | {"zone": "Europe/Oslo"}, seen)


def test_the_company_lives_in_the_zone_that_it_has_said_from_the_next_start_on(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    config = settings.read({"MAINSTEM_DATA": str(tmp_path), "MAINSTEM_ZONE": "Europe/Oslo"})
    config = replace(config, database_url=database_url)
    assert cli._zone(config, database).key == "Europe/Oslo"
    with database.work(OWNER) as work:
        _save(work, "company", saying.PROFILE | {"zone": "Europe/Helsinki"})
    assert cli._zone(config, database).key == "Europe/Helsinki"


def test_a_colleague_without_roles_is_out_at_once_and_stays_in_the_history(
    database: Database,
) -> None:
    kind = setup.resource("staff")
    with database.work(OWNER) as work:
        _an_admin(work)
        seen = _save(work, "staff", saying.COLLEAGUE).document.version
    with database.work(OWNER) as work:
        setup.retire(work, kind, saying.COLLEAGUE["email"], seen=seen)
        newest, *_ = setup.changes(work, "staff", saying.COLLEAGUE["email"])
        assert newest.fields == [("roles", ["picker", "lead_desk"], [])]


def test_what_is_out_of_use_is_taken_out_again_without_a_trace(database: Database) -> None:
    kind = setup.resource("locations")
    with database.work(OWNER) as work:
        seen = _save(work, "locations", saying.LOCATION).document.version
        setup.retire(work, kind, "LLA", seen=seen)
    with database.work(OWNER) as work:
        retired = setup.read_one(work, kind, "LLA")
        assert retired is not None
        told, catalogue = _told(work), work.value("SELECT version FROM catalogue_version")
        setup.retire(work, kind, "LLA", seen=retired.version)
        assert (_told(work), work.value("SELECT version FROM catalogue_version")) == (
            told,
            catalogue,
        )
        assert len(setup.changes(work, "locations", "LLA")) == 2


def _told(work: Work) -> int:
    return int(work.value("SELECT count(*) FROM fact"))


def _an_admin(work: Work) -> None:
    _save(work, "staff", {"email": "chef@norrsken.example", "name": "Cai", "roles": ["admin"]})


def test_the_house_account_sells_is_credited_and_earns_nothing(database: Database) -> None:
    with database.work(OWNER) as work:
        a_company(work)
        _save(work, "affiliates", saying.AFFILIATE | {"is_house": True})
        _save(work, "storefronts", saying.STOREFRONT)
        shop = work.row("SELECT id, home_id, currency FROM storefront WHERE slug = 'vinter'")
        assert shop is not None
        placed = a_paid_order(work, Shop(*shop), (KETTLE, 1))
        row = work.row(
            "SELECT seller_id, earns, earns_reason, upline FROM orders WHERE id = %(id)s",
            id=placed.order_id,
        )
        assert row is not None
        assert (row.earns, row.earns_reason, row.upline) == (False, "house_account", [shop.home_id])


def test_what_the_house_brought_in_pays_the_house_nothing(database: Database) -> None:
    with database.work(OWNER) as work:
        a_company(work)
        _save(work, "affiliates", saying.AFFILIATE | {"is_house": True})
        _save(
            work,
            "affiliates",
            {"slug": "under", "name": "Under", "email": "u@under.example", "country": "SE",
             "sponsor": "vinter"},
        )  # fmt: skip
        _save(work, "storefronts", saying.STOREFRONT | {"slug": "under", "affiliate": "under"})
        shop = work.row("SELECT id, home_id, currency FROM storefront WHERE slug = 'under'")
        assert shop is not None
        placed = a_paid_order(work, Shop(*shop), (KETTLE, 1))
        assert work.value(
            "SELECT upline FROM orders WHERE id = %(id)s", id=placed.order_id
        ) == [shop.home_id, 0]  # fmt: skip


def test_who_signs_in_for_an_affiliate_reads_as_their_browser_asks(database: Database) -> None:
    # Mail to them is in the affiliate's language until they choose one of their own.
    with database.work(OWNER) as work:
        _save(work, "affiliates", saying.AFFILIATE)
        assert work.rows("SELECT locale FROM person WHERE name = 'Vera Vinter'") == [(None,)]

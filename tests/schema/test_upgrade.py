"""A database of the first release: its roles, its policies and what is in it, brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from alembic import command
from alembic.config import Config

import mainstem_postgres as postgres
from mainstem import ledger
from mainstem.kit import db

MIGRATIONS = Path(db.__file__).parents[1] / "migrations"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[postgres.Server]:
    """A server of its own, since roles belong to the whole server."""
    with postgres.start(tmp_path / "pg", durable=False) as running:
        postgres.create_database(running, "mainstem")
        yield running


@pytest.fixture
def first_release(elsewhere: postgres.Server) -> str:
    """The administrator's URL of a company that was set up when there were three roles."""
    url = elsewhere.admin_url("mainstem")
    with psycopg.connect(url, autocommit=True) as connection:
        for role in ("mainstem_owner", "mainstem_app", "mainstem_read"):
            connection.execute(f"CREATE ROLE {role} NOLOGIN")
        connection.execute("GRANT CREATE, USAGE ON SCHEMA public TO mainstem_owner")
        connection.execute("GRANT USAGE ON SCHEMA public TO mainstem_app, mainstem_read")
    bring(url, "0001")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO affiliate (id, slug, name, email_key, country, state, upline, joined_at)
               VALUES (1, 'cedar', 'Cedar', 'c@example.com', 'SE', 'active', '{1}', now());
               INSERT INTO storefront (home_id, slug, name, locales, currency)
               VALUES (1, 'cedar', 'Cedar', '{en}', 'SEK')"""
        )
    return url


def bring(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    as_owner = db.with_settings(url, {"role": "mainstem_owner", "mainstem.affiliate": "-1"})
    engine = sqlalchemy.create_engine(db.sqlalchemy_url(as_owner), poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def test_a_company_with_the_old_roles_goes_on_with_the_new_ones(first_release: str) -> None:
    db.migrate(first_release)
    database = db.Database(first_release, pool=1)
    try:
        for home in (-1, 1):
            with database.work(home=home) as work:
                assert work.value("SELECT slug FROM storefront") == "cedar"
        with database.work(home=2) as work:
            assert not work.rows("SELECT 1 FROM storefront")
    finally:
        database.close()


def test_a_login_of_the_first_release_is_told_what_to_grant(
    elsewhere: postgres.Server, first_release: str
) -> None:
    with psycopg.connect(first_release, autocommit=True) as connection:
        connection.execute("CREATE ROLE shop LOGIN PASSWORD 'x' IN ROLE mainstem_app")
        url = elsewhere.url("mainstem", user="shop", password="x")
        wanted = "GRANT mainstem_company, mainstem_read TO shop"
        with pytest.raises(db.DatabaseUnfit, match=wanted):
            db.check_role(url)
        db.migrate(first_release)
        connection.execute(wanted)
        db.check_role(url)


def test_an_owner_who_may_make_no_role_is_told_what_an_administrator_runs(
    elsewhere: postgres.Server, first_release: str
) -> None:
    """Each sentence names the next statement, until nothing is missing."""
    login = f"owner_{uuid4().hex[:6]}"
    with psycopg.connect(first_release, autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'x' IN ROLE mainstem_owner")
        url = elsewhere.url("mainstem", user=login, password="x")
        said: list[str] = []
        while len(said) < 10:
            try:
                db.migrate(url)
                break
            except db.DatabaseUnfit as problem:
                statement = str(problem).rpartition("in this database: ")[2]
                administrator.execute(statement)
                said.append(statement)
    assert said == [
        "CREATE ROLE mainstem_company NOLOGIN",
        f"GRANT mainstem_company TO {login}",
        f"GRANT mainstem_app TO {login}",
        f"GRANT mainstem_read TO {login}",
    ]


def test_what_an_order_of_the_first_release_froze_stands_on_its_lines(first_release: str) -> None:
    with psycopg.connect(first_release, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO product (id, slug, kind, category, tax_bp, commissionable_bp)
               VALUES (1, 'pan', 'goods', 'pans', 2500, 10000), (2, 'fit', 'service', 'work', 2500, 4000);
               INSERT INTO variant (id, product_id, sku) VALUES (1, 1, 'PAN'), (2, 2, 'FIT');
               INSERT INTO plan_version VALUES (1, '{}', 'x', now(), 'test', now());
               INSERT INTO orders (home_id, id, number, storefront_id, channel, state, currency,
                 locale, client_key, client, address, items_minor, shipping_minor, total_minor,
                 tax_minor, seller_id, attributed_by, attribution, upline, earns, earns_reason,
                 plan_version, hold_days_goods, hold_days_service, placed_at, pay_by, delivered_at)
               SELECT 1, '00000000-0000-0000-0000-000000000001', 'N', id, 'api', 'placed', 'SEK',
                 'sv', 'a@b.example', '{}', '{"country": "SE"}', 2500, 0, 2500, 500, 1,
                 'storefront', '{}', '{1}', true, 'client', 1, 30, 14, now(), now(),
                 '2026-03-02 09:00+00' FROM storefront;
               INSERT INTO order_line (home_id, order_id, line_no, variant_id, sku, name, kind,
                 quantity, unit_minor, total_minor, tax_bp, tax_minor, commissionable_minor,
                 shipped, delivered)
               SELECT 1, id, no, variant, 'X', 'X', kind, 1, gross, gross, 2500, tax, counts, 1, came
                 FROM orders, (VALUES (1, 1, 'goods', 1000, 200, 800, 1),
                                      (2, 2, 'service', 1000, 200, 320, 0),
                                      (3, 2, 'service', 500, 100, 100, 0))
                   AS line (no, variant, kind, gross, tax, counts, came)"""
        )
        connection.execute(
            """INSERT INTO commission (home_id, order_id, rule, level, no, beneficiary_id, kind, currency,
                 amount_minor, base_minor, returned_minor, rate_bp, plan_version, held_until, explanation,
                 credited_at)
               SELECT home_id, id, 'goods', 0, 1, 1, 'credit', 'SEK', 80, 800, 0, 1000, 1, '2026-04-01',
                      '{}', now() FROM orders"""
        )
    db.migrate(first_release)
    with psycopg.connect(first_release) as connection:
        found = connection.execute(
            """SELECT hold_days, commissionable_bp, delivered_at IS NOT NULL, rule FROM order_line
                ORDER BY line_no"""
        ).fetchall()
    # The share of the last line was another when it was sold: a quarter, by its own figures.
    assert found == [
        (30, 10000, True, "goods"),
        (14, 4000, False, "service"),
        (14, 2500, False, "service"),
    ]
    with psycopg.connect(first_release) as connection:
        [earning] = connection.execute(
            """SELECT e.source, e.source_id = o.id, e.order_id = o.id, e.rule, e.amount_minor
                 FROM earning e, orders o"""
        ).fetchall()
    assert earning == ("order", True, True, "goods", 80)


def test_what_was_posted_and_not_rolled_up_yet_is_still_counted_once(first_release: str) -> None:
    """The number of the transaction was each entry's, and is the header's now."""
    with psycopg.connect(first_release, autocommit=True) as connection:
        connection.execute("CREATE ROLE mainstem_company NOLOGIN")
    bring(first_release, "0070")
    with psycopg.connect(first_release, autocommit=True) as connection:
        for key in ("rolled-up", "recent"):
            with connection.transaction():
                connection.execute(
                    """WITH header AS (
                         INSERT INTO ledger_transfer
                                (home_id, key, reason, currency, entries, effective_on, actor, posted_at)
                         VALUES (1, %s, 'Earned', 'SEK', 2, now(), 'system', now()) RETURNING id)
                       INSERT INTO ledger_entry
                              (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor)
                       SELECT 1, id, seq, owner, account, 'SEK', side, 100
                         FROM header, (VALUES (0, 1, 'payable', 'C'), (1, 0, 'commission_expense', 'D'))
                           AS e (seq, owner, account, side)""",
                    [key],
                )
            if key == "rolled-up":
                connection.execute(
                    """INSERT INTO ledger_balance
                              (owner_id, account, currency, balance_minor, debits_minor, credits_minor, entries)
                       VALUES (1, 'payable', 'SEK', 100, 0, 100, 1),
                              (0, 'commission_expense', 'SEK', -100, 100, 0, 1);
                       UPDATE ledger_mark SET before_xid = pg_snapshot_xmin(pg_current_snapshot())"""
                )
    db.migrate(first_release)
    database = db.Database(first_release, pool=1)
    try:
        for folded in (2, 0):
            with database.work() as work:
                assert ledger.balance(work, 1, "payable", "SEK").minor == 200
                assert not [one for one in ledger.audit(work) if one.wrong]
                assert ledger.roll_up(work) == folded
        with database.work(home=1) as work:
            assert work.rows("SELECT key FROM ledger_transfer ORDER BY id") == [
                ("rolled-up",),
                ("recent",),
            ]
    finally:
        database.close()

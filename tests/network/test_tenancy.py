"""What belongs to one affiliate is the others' neither to see nor to write, says the database."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.company import ADA, BO, KETTLE, Company, a_company, a_lead, a_paid_order, a_quoted_lead

from mainstem import earnings, orders, payouts, referrals
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor, Work

OF_NOBODY = {
    "programme",
    "income_statement",
    "product", "product_text", "variant", "price", "shipping_rate", "catalogue_version",
    "plan_version", "location", "team", "stock_level", "stock_movement", "release_day",
    "ledger_mark", "demo_clock", "alembic_version", "exchange_rate",
    "company_profile", "company_document",
    "tax_settings", "tax_rate", "delivery_zone",
    "department", "price_offer", "picture", "product_picture",
    "period", "period_settlement",
}  # fmt: skip
OWNER = {
    "affiliate": "id", "sponsorship": "affiliate_id", "earning": "beneficiary_id",
    "ledger_entry": "owner_id", "ledger_balance": "owner_id", "ledger_held": "owner_id",
    "client_binding": "affiliate_id", "referral_code": "affiliate_id", "membership": "affiliate_id",
    "affiliate_details": "affiliate_id", "affiliate_group": "affiliate_id",
    "team_size": "affiliate_id", "team_month": "affiliate_id",
}  # fmt: skip
COMPANYS = {
    "cost",
    "order_line_cost",
    "period_earned",
    "period_sold_under",
    "store_credit",
    "client_code",
    "client_referral",
    "reward",
    "sponsor_move",
    "plan_proposal",
    "backtest_run",
    "cost_month",
    "earned_month",
    "liability_age",
    "cost_mark",
    "holding_tank",
    "programme_invitation",
    "application",
    "application_confirmation",
    "application_answer",
    "application_question",
    "affiliate_step",
    "forgotten_paper",
    "session_ending",
    "setup_change",
    "api_key",
    "api_answer",
    "invitation",
    "approval",
    "cross_border_sales",
    "vat_check",
    "payment_check",
    "destination_lease",
    "check_run",
    "audit_run",
    "refused_event",
    "checkout_origin",
    "participant_trace",
    "commission_review",
    "goodwill_end",
    "attribution_change",
    "binding_change",
    "imported_order",
    "import_mapping",
    "catalogue_file",
    "network_file",
    "inbox",
    "sign_in_session",
    "sign_in_attempt",
    "setup_token",
    "person",
    "mail",
    "mail_settings",
    "bounced_address",
    "mail_preference",
    "pending_sign_in",
    "passkey_challenge",
    "second_factor_attempt",
    "password_reset_request",
    "password_reset",
    "known_device",
    "totp",
    "passkey",
    "recovery_code",
    "second_factor_removal",
    "tax_day",
}


@pytest.fixture
def company(database: Database, clock: FixedClock) -> Company:
    """Cedar and Birch, its sponsor, each with a sale, a lead, a payout, keys and a person."""
    with database.work() as work:
        company = a_company(work)
        for affiliate, shop in ((company.cedar, company.shop), (company.birch, company.birch_shop)):
            work.run(
                "INSERT INTO pay_account VALUES (%(id)s, 'bank', %(a)s, 'SEK', 'active', now())",
                id=affiliate,
                a=f"SE-{affiliate}",
            )
            client = ADA if affiliate == company.cedar else BO
            placed = a_paid_order(work, shop, (KETTLE, 2), client=client)
            moved = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)]
            orders.record_shipment(work, moved)
            orders.record_delivery(work, moved)
            earnings.settle(work, [(placed.home_id, placed.order_id)])
            a_lead(work, shop) if affiliate == company.cedar else a_quoted_lead(
                work, shop, client=BO
            )
            work.run(
                """INSERT INTO referral_code VALUES (%(code)s, %(id)s, 'code', now());
                   INSERT INTO storefront_key (key_hash, home_id, storefront_id, scopes, created_at)
                        VALUES (%(hash)s, %(id)s, %(shop)s, '{orders:read}', now());
                   INSERT INTO person (email, email_key, name, created_at)
                        VALUES (%(email)s, %(email)s, 'Person', now());
                   INSERT INTO membership (person_id, role, affiliate_id, affiliate_role, granted_at)
                        SELECT id, 'affiliate', %(id)s, 'owner', now() FROM person WHERE email_key = %(email)s;
                   INSERT INTO sign_in_session
                          (token_hash, person_id, created_at, seen_at, expires_at, proven_at)
                   SELECT %(hash)s, id, now(), now(), now(), now() FROM person
                    WHERE email_key = %(email)s;
                   INSERT INTO inbox SELECT gen_random_uuid(), 'stripe', '', %(code)s, 't', 'o', '', '{}', now(), now();
                """.replace("%(code)s", f"'C{affiliate}'")
                .replace("%(hash)s", f"'\\x{affiliate:02x}'::bytea")
                .replace("%(email)s", f"'p{affiliate}@example.com'")
                .replace("%(id)s", str(affiliate))
                .replace("%(shop)s", str(shop.id))
            )
    clock.move(timedelta(days=31))
    with database.work() as work:
        earnings.release(work, clock.now().date())
        assert payouts.run(work, clock.now().date()) == 2
    return company


def tables(work: Work) -> list[str]:
    rows = work.rows(
        """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
            ORDER BY 1"""
    )
    return [row.relname for row in rows]


def acting_for(database: Database, affiliate_id: int) -> Any:
    return database.work(Actor("affiliate", str(affiliate_id)), home=affiliate_id)


def has_home(work: Work, table: str) -> bool:
    return bool(
        work.value(
            """SELECT 1 FROM pg_attribute WHERE attrelid = %(t)s::regclass AND attname = 'home_id'""",
            t=table,
        )
    )


def test_an_affiliate_sees_their_own_and_nothing_of_anybody_elses(
    database: Database, company: Company
) -> None:
    seen: dict[str, int] = {}
    with acting_for(database, company.cedar) as work:
        for table in tables(work):
            if table in OF_NOBODY:
                continue
            column = OWNER.get(table) or ("home_id" if has_home(work, table) else None)
            if column and table not in COMPANYS:
                rows = work.rows(f"SELECT {column} AS owner FROM {table}")
                assert {row.owner for row in rows} <= {company.cedar}, table
                seen[table] = len(rows)
            else:
                assert table in COMPANYS, f"{table}: say whose it is"
        assert {row.email_key for row in work.rows("SELECT email_key FROM person")} == {
            f"p{company.cedar}@example.com"
        }
    for table in COMPANYS - {"person"}:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match=table),
            acting_for(database, company.cedar) as work,
        ):
            work.rows(f"SELECT 1 FROM {table}")
    for table in ("orders", "order_line", "payment", "fact", "lead", "consent", "earning", "payout",
                  "ledger_entry", "storefront", "storefront_key", "pay_account", "referral_code",
                  "membership", "idempotency", "reservation", "fulfilment", "client_binding"):  # fmt: skip
        assert seen[table] > 0, f"{table}: the test would see nothing anyway"


def test_a_sponsor_sees_their_override_and_not_the_order(
    database: Database, company: Company
) -> None:
    with acting_for(database, company.birch) as work:
        [override] = work.rows("SELECT * FROM earning WHERE home_id = %(id)s", id=company.cedar)
        assert (override.beneficiary_id, override.level, override.amount_minor) == (
            company.birch, 1, 6000,
        )  # fmt: skip
        for table in ("orders", "order_line", "payment", "fulfilment", "lead"):
            assert not work.rows(f"SELECT 1 FROM {table} WHERE home_id = %(id)s", id=company.cedar)
        assert {row.id for row in work.rows("SELECT id FROM affiliate")} == {
            company.birch,
            company.cedar,
        }


def test_an_order_won_in_anothers_shop_is_seen_by_who_is_credited(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), code=f"C{company.birch}", client=BO)
    with acting_for(database, company.birch) as work:
        assert work.rows("SELECT 1 FROM orders WHERE id = %(id)s", id=placed.order_id)
        with pytest.raises(psycopg.Error):
            work.run("UPDATE orders SET state = 'canceled' WHERE id = %(id)s", id=placed.order_id)


def test_a_work_that_is_bound_to_nobody_sees_nothing(database_url: str, company: Company) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("SET ROLE mainstem_app")
        for table in ("orders", "lead", "payout", "ledger_entry", "affiliate", "fact", "person"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_nobody_writes_what_is_anothers(database: Database, company: Company) -> None:
    """Every row of Birch's, copied, changed and deleted by Cedar, table by table."""
    with database.work() as work:
        guarded = [t for t in tables(work) if t not in OF_NOBODY | COMPANYS]
    for table in guarded:
        column = OWNER.get(table) or "home_id"
        for deed in (
            f"UPDATE {table} SET {column} = {column} WHERE {column} = {company.birch}",
            f"DELETE FROM {table} WHERE {column} = {company.birch}",
        ):
            refused = suppress(psycopg.errors.InsufficientPrivilege)
            with refused, acting_for(database, company.cedar) as work:
                assert work.run(deed) == 0, deed


FORGED = [
    """INSERT INTO fact VALUES ({birch}, gen_random_uuid(), 'payout.reserved', 'x', 'a',
                                gen_random_uuid(), now())""",
    """INSERT INTO fact VALUES (0, gen_random_uuid(), 'clock.daily', 'x', 'a', gen_random_uuid(), now())""",
    """INSERT INTO earning SELECT home_id, source_id, rule, level, 99::smallint, {cedar}, kind, currency,
         amount_minor, base_minor, returned_minor, rate_bp, plan_version, held_until, explanation, credited_at
         FROM earning WHERE home_id = {cedar} LIMIT 1""",
    """INSERT INTO ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor)
         VALUES ({cedar}, 1, 0, {cedar}, 'payable', 'SEK', 'C', 100)""",
    """INSERT INTO pay_account VALUES ({birch} + 1000, 'bank', 'X', 'SEK', 'active', now())""",
    """UPDATE affiliate SET state = 'active' WHERE id = {cedar}""",
    """INSERT INTO storefront (home_id, slug, name, locales, currency)
         VALUES ({birch}, 'mine', 'x', '{{en}}', 'SEK')""",
    """INSERT INTO membership (person_id, role, affiliate_id, affiliate_role, granted_at)
         SELECT id, 'affiliate', {birch}, 'owner', now() FROM person""",
    """INSERT INTO membership (person_id, role, granted_at) SELECT id, 'admin', now() FROM person""",
    """INSERT INTO client_binding
         VALUES ('x@example.com', {cedar}, now(), now() + interval '9 years', 'x', {cedar},
                 gen_random_uuid())""",
    """INSERT INTO referral_code VALUES ('STOLEN', {birch}, 'code', now())""",
    # What is the company's, and what money follows from, though it be said of their own.
    """UPDATE product SET commissionable_bp = 10000""",
    """INSERT INTO price SELECT id, 'SEK', now(), 1 FROM variant""",
    """UPDATE variant SET active = false""",
    """UPDATE stock_level SET on_hand = on_hand + 1""",
    """UPDATE shipping_rate SET amount_minor = 0""",
    """INSERT INTO plan_version VALUES (99, '{{}}', 'x', now(), 'me', now())""",
    """UPDATE ledger_mark SET before_xid = '0'""",
    """INSERT INTO release_day VALUES ('2026-12-31', now())""",
    """UPDATE demo_clock SET ahead = '90 days'""",
    """UPDATE pay_account SET account = 'mine' WHERE home_id = {cedar}""",
    """UPDATE payment SET state = 'captured' WHERE home_id = {cedar}""",
    """UPDATE orders SET payment_status = 'paid' WHERE home_id = {cedar}""",
    """UPDATE payout SET state = 'reserved' WHERE home_id = {cedar}""",
    """UPDATE membership SET revoked_at = NULL WHERE affiliate_id = {cedar}""",
    """DELETE FROM fact_waiting WHERE home_id = {cedar}""",
    """DELETE FROM idempotency WHERE home_id = {cedar}""",
    """INSERT INTO fact SELECT {cedar}, gen_random_uuid(), 'payment.captured', id::text, 'a',
         gen_random_uuid(), now() FROM payment WHERE home_id = {cedar}""",
    """INSERT INTO fact VALUES ({cedar}, gen_random_uuid(), 'order.delivered', 'x', 'a',
         gen_random_uuid(), now())""",
    """INSERT INTO fact VALUES ({birch}, gen_random_uuid(), 'code.created', 'x', 'a',
         gen_random_uuid(), now())""",
    """INSERT INTO fact_waiting (id, consumer, home_id, name, subject, next_at)
         SELECT id, 'orders', home_id, 'payment.captured', subject, now() FROM fact WHERE home_id = {cedar}""",
]


def test_an_affiliate_cannot_write_themselves_rich(database: Database, company: Company) -> None:
    for forged in FORGED:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            acting_for(database, company.cedar) as work,
        ):
            work.run(forged.format(cedar=company.cedar, birch=company.birch))


def test_a_code_that_an_affiliate_chooses_is_theirs_and_so_is_the_fact_of_it(
    database: Database, company: Company
) -> None:
    """The company's work writes it for them: work that is bound to them writes nothing."""
    with database.work(Actor("affiliate", str(company.cedar))) as work:
        referrals.claim(work, company.cedar, "cedar-20")
    with acting_for(database, company.cedar) as work:
        assert work.value("SELECT subject FROM fact WHERE name = 'code.created'") == "CEDAR-20"
    for forged in (
        "INSERT INTO referral_code VALUES ('CEDAR-30', {id}, 'code', now())",
        """INSERT INTO fact VALUES ({id}, gen_random_uuid(), 'code.created', 'CEDAR-30', 'a',
                                    gen_random_uuid(), now())""",
    ):
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            acting_for(database, company.cedar) as work,
        ):
            work.run(forged.format(id=company.cedar))
    with acting_for(database, company.birch) as work:
        assert not work.rows("SELECT 1 FROM fact WHERE name = 'code.created'")


FROZEN = (
    "total_minor", "items_minor", "tax_minor", "seller_id", "upline", "earns",
    "attributed_by", "attribution", "currency", "client_key",
    "placed_at", "home_id", "number", "storefront_id",
)  # fmt: skip


def test_what_was_frozen_at_intake_stays_frozen(database: Database, company: Company) -> None:
    frozen = [("orders", column) for column in FROZEN] + [
        ("order_line", column)
        for column in (
            "quantity",
            "unit_minor",
            "total_minor",
            "commissionable_minor",
            "sku",
            "kind",
            "commissionable_bp",
            "points",
            "withdrawal",
        )
    ]
    said = ("name", "number", "contact", "parts", "statement_hash", "received_at", "key")
    frozen += [("withdrawal", column) for column in said]
    for table, column in frozen:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege),
            database.work() as work,
        ):
            work.run(f"UPDATE {table} SET {column} = {column}")


def test_one_pool_of_connections_never_lends_its_scope(
    database: Database, company: Company
) -> None:
    """The next work on the same connection starts blind again."""
    for _ in range(6):
        for who in (company.cedar, company.birch):
            with acting_for(database, who) as work:
                assert {r.home_id for r in work.rows("SELECT home_id FROM payout")} == {who}

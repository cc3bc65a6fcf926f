"""The shape of the schema, read from the catalogue of a migrated database.

The order side carries `home_id` first in every key, so that it can be spread over machines; every
table that belongs to an affiliate is under forced row-level security; what is append-only is so by
grant and by trigger; the application owns nothing. A new table that breaks this fails here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from mainstem.kit.db import APP_ROLE, COMPANY_ROLE, OWNER_ROLE, READ_ROLE, ROLES, SERVING_ROLES

REFERENCE = {
    "affiliate", "sponsorship", "person", "membership", "product", "product_text", "variant",
    "price", "shipping_rate", "catalogue_version", "plan_version", "location", "team",
    "referral_code", "client_binding", "binding_change", "participant_trace", "exchange_rate",
    "company_profile", "company_document", "affiliate_details", "affiliate_group", "programme", "income_statement",
    "sponsor_move", "holding_tank", "plan_proposal",
    "tax_settings", "tax_rate", "delivery_zone",
    "department", "price_offer", "picture", "product_picture", "period", "period_settlement", "cost",
}  # fmt: skip
"""Small tables that every machine would hold whole: people, tree, catalogue, plans, places."""

COMPANY_WIDE = {
    "sign_in_session", "sign_in_attempt", "setup_token", "inbox", "release_day", "ledger_mark",
    "demo_clock", "alembic_version", "check_run", "refused_event", "import_mapping", "catalogue_file", "network_file",
    "setup_change", "api_key", "api_answer", "invitation", "audit_run", "backtest_run",
    "cost_month", "liability_age", "cost_mark",
    "pending_sign_in", "passkey_challenge", "second_factor_attempt", "password_reset_request",
    "password_reset", "known_device", "totp", "passkey", "recovery_code", "second_factor_removal", "session_ending",
    "mail_settings", "bounced_address", "mail_preference",
    "cross_border_sales", "tax_day", "vat_check", "payment_check", "destination_lease",
    "programme_invitation", "application", "application_confirmation", "application_answer",
    "application_question", "affiliate_step", "forgotten_paper",
    "store_credit", "store_credit_entry", "client_code",
}  # fmt: skip
"""The parent's own, outside the order side."""

OF_A_RESOURCE = {"stock_level", "stock_movement", "job_slot", "lead_claim"}
"""Keyed by a shelf, a team or a contact that two homes may compete for (docs/scaling.md)."""

ROLLED_UP = {"ledger_balance", "ledger_held", "team_size", "team_month", "earned_month"}
"""Keyed by the owner of the account, or of the team."""

GLOBAL_KEYS = {
    ("storefront", "id"), ("storefront", "slug"), ("storefront_key", "key_hash"),
    ("payment", "session_id"), ("payment", "intent_id"), ("payment", "charge_id"),
    ("refund", "provider_id"), ("dispute", "provider_id"), ("operation", "key"),
    ("pay_account", "provider,account,currency"), ("payout", "transfer_id"), ("payout", "payout_id"),
    ("fact_waiting", "id,consumer"), ("storefront_domain", "host"),
}  # fmt: skip
"""Unique over all homes: names people type, ids that the gateway gives, proved hosts, and the queue."""

APPEND_ONLY = {
    "second_factor_removal", "session_ending",
    "fact", "ledger_transfer", "ledger_entry", "earning", "routing_decision", "consent",
    "plan_version", "inbox", "stock_movement", "release_day", "lead_note", "exchange_rate",
    "conversion", "setup_change", "company_document", "affiliate_details", "affiliate_step",
    "application_answer", "goodwill_end", "period_settlement", "period_correction", "income_statement",
    "cost", "order_line_cost",
    "store_credit_entry", "client_referral", "reward",
}  # fmt: skip

FORGOTTEN_IN_TIME = {"affiliate_step", "application_answer"}
"""Never changed, and deleted with an application that was rejected, as a trigger of their own sees to."""


@pytest.fixture
def catalogue(database_url: str) -> Iterator[Any]:
    with psycopg.connect(database_url, row_factory=namedtuple_row) as connection:
        yield lambda query, *values: connection.execute(query, values).fetchall()


def tables(catalogue: Any) -> set[str]:
    return {
        row.relname
        for row in catalogue(
            """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')
                  AND relnamespace = 'public'::regnamespace"""
        )
    }


def order_side(catalogue: Any) -> set[str]:
    return tables(catalogue) - REFERENCE - COMPANY_WIDE - OF_A_RESOURCE - ROLLED_UP


def test_every_exception_is_still_there(catalogue: Any) -> None:
    assert tables(catalogue) >= (REFERENCE | COMPANY_WIDE | OF_A_RESOURCE | ROLLED_UP) - {
        "alembic_version"
    }


def test_the_order_side_carries_its_home(catalogue: Any) -> None:
    carried = {
        row.relname
        for row in catalogue(
            """SELECT c.relname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                  AND a.attname = 'home_id' AND a.attnotnull AND a.atttypid = 'bigint'::regtype"""
        )
    }
    assert order_side(catalogue) - carried == set()
    assert len(order_side(catalogue)) > 25


def test_home_leads_every_key_of_the_order_side(catalogue: Any) -> None:
    keys = {
        (row.relname, row.columns)
        for row in catalogue(
            """SELECT c.relname, (SELECT string_agg(a.attname, ',' ORDER BY k.no)
                                    FROM unnest(i.indkey[:i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, no)
                                    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) AS columns
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
                WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace"""
        )
        if row.relname in order_side(catalogue)
    }
    assert {key for key in keys if not (key[1] or "").startswith("home_id")} == GLOBAL_KEYS


def test_no_foreign_key_of_the_order_side_crosses_homes(catalogue: Any) -> None:
    crossing = [
        (row.name, row.here, row.there)
        for row in catalogue(
            """SELECT f.conname AS name, t.relname AS target, c.relname,
                      (SELECT array_agg(a.attname::text ORDER BY k.no)
                         FROM unnest(f.conkey) WITH ORDINALITY AS k (n, no)
                         JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.n) AS here,
                      (SELECT array_agg(a.attname::text ORDER BY k.no)
                         FROM unnest(f.confkey) WITH ORDINALITY AS k (n, no)
                         JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.n) AS there
                 FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid
                 JOIN pg_class t ON t.oid = f.confrelid
                WHERE f.contype = 'f' AND f.connamespace = 'public'::regnamespace"""
        )
        if row.target in order_side(catalogue) and (row.here[0], row.there[0]) != ("home_id",) * 2
    ]
    assert crossing == []


def test_nothing_that_a_distributed_postgresql_would_refuse(catalogue: Any) -> None:
    assert not catalogue(
        """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND a.attidentity <> ''
              AND a.atttypid <> 'bigint'::regtype"""
    ), "an identity that is not bigint"
    assert not catalogue("SELECT conname FROM pg_constraint WHERE contype = 'x'"), "EXCLUDE"
    assert not catalogue(
        "SELECT typname FROM pg_type WHERE typtype = 'd' AND typnamespace = 'public'::regnamespace"
    ), "a domain"
    assert not catalogue("SELECT inhrelid::regclass FROM pg_inherits"), "inheritance"
    assert not catalogue(
        """SELECT conname FROM pg_constraint WHERE contype = 'f'
              AND (confdeltype <> 'a' OR confupdtype <> 'a')"""
    ), "a key that cascades or becomes null"
    assert {row.extname for row in catalogue("SELECT extname FROM pg_extension")} == {"plpgsql"}


def test_money_is_bigint_and_never_a_float(catalogue: Any) -> None:
    rows = catalogue(
        """SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
            WHERE table_schema = 'public'
              AND (column_name LIKE '%%\\_minor' OR data_type IN ('real', 'double precision', 'numeric'))"""
    )
    assert {row.data_type for row in rows} == {"bigint"}
    generated = {("ledger_entry", "signed_minor")}
    nullable = {(r.table_name, r.column_name) for r in rows if r.is_nullable == "YES"} - generated
    assert nullable == set()


def test_instants_are_kept_with_their_zone(catalogue: Any) -> None:
    assert not catalogue(
        """SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' AND data_type = 'timestamp without time zone'"""
    )


# ---------------------------------------------------------------- who may see and do what

OPEN_TO_ALL = {
    "company_profile", "company_document", "programme", "income_statement",
    "product", "product_text", "variant", "price", "shipping_rate", "catalogue_version",
    "plan_version", "location", "team", "stock_level", "stock_movement", "release_day",
    "ledger_mark", "demo_clock", "alembic_version", "exchange_rate", "tax_settings", "tax_rate",
    "delivery_zone", "department", "price_offer", "picture", "product_picture", "period", "period_settlement",
}  # fmt: skip
"""What is nobody's: the catalogue, the plan, the places and the marks of the company."""


def test_every_table_that_is_somebodys_is_under_forced_row_level_security(catalogue: Any) -> None:
    guarded = {
        row.relname
        for row in catalogue(
            """SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
                  AND c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity
                  AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid)"""
        )
    }
    assert tables(catalogue) - guarded == OPEN_TO_ALL & tables(catalogue)


def test_the_application_owns_nothing_and_cannot_bypass(catalogue: Any) -> None:
    roles = {
        row.rolname: row
        for row in catalogue(
            """SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin
                 FROM pg_roles WHERE rolname LIKE 'mainstem_%%'"""
        )
    }
    for name in ROLES:
        assert not any(roles[name][1:]), name
    owners = {
        row.rolname
        for row in catalogue(
            """SELECT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'S', 'v')
               UNION SELECT r.rolname FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                WHERE p.pronamespace = 'public'::regnamespace"""
        )
    }
    assert owners == {OWNER_ROLE}
    assert not catalogue(
        """SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
            WHERE r.rolname = ANY(%s)""",
        list(SERVING_ROLES),
    )
    assert not catalogue(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    ), "a function that runs with its owner's rights"
    for name in SERVING_ROLES:
        [row] = catalogue("SELECT has_schema_privilege(%s, 'public', 'CREATE') AS may", name)
        assert not row.may, name


def grants(catalogue: Any, role: str) -> set[tuple[str, str]]:
    return {
        (row.relname, row.privilege)
        for row in catalogue(
            """SELECT c.relname, p.privilege
                 FROM pg_class c CROSS JOIN unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE',
                                                         'REFERENCES','TRIGGER']) AS p (privilege)
                WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                  AND has_table_privilege(%s, c.oid, p.privilege)""",
            role,
        )
    }


@pytest.mark.parametrize("role", [COMPANY_ROLE, APP_ROLE])
def test_what_is_append_only_is_so_by_grant_and_by_trigger(catalogue: Any, role: str) -> None:
    given = grants(catalogue, role)
    assert {t for t, what in given if what == "UPDATE"} & APPEND_ONLY == set()
    assert {t for t, what in given if what == "DELETE"} & APPEND_ONLY <= FORGOTTEN_IN_TIME
    assert {what for _, what in given} <= {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert not [
        row
        for row in catalogue(
            """SELECT table_name, column_name FROM information_schema.column_privileges
                WHERE grantee = %s AND privilege_type = 'UPDATE'""",
            role,
        )
        if row.table_name in APPEND_ONLY
    ]
    triggered = {
        row.relname
        for row in catalogue(
            """SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                WHERE t.tgname = 'append_only' AND t.tgenabled IN ('O', 'A')"""
        )
    }
    assert triggered == APPEND_ONLY


def test_the_reader_reads_and_does_nothing_else(catalogue: Any) -> None:
    given = grants(catalogue, READ_ROLE)
    assert {what for _, what in given} == {"SELECT"}
    secrets = {"person", "sign_in_session", "setup_token", "storefront_key"}
    secrets |= {"api_key", "api_answer", "invitation"}
    secrets |= {"pending_sign_in", "passkey_challenge", "second_factor_attempt", "totp", "passkey"}
    secrets |= {"password_reset_request", "password_reset", "known_device", "recovery_code"}
    secrets |= {"application_confirmation"}
    assert tables(catalogue) - {table for table, _ in given} == secrets


@pytest.mark.parametrize(
    "deed", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"]
)
def test_even_the_owner_does_not_change_history(database_url: str, deed: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(f"SET ROLE {OWNER_ROLE}")
        connection.commit()
        for table in sorted(APPEND_ONLY - (FORGOTTEN_IN_TIME if "DELETE" in deed else set())):
            [column] = connection.execute(
                """SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1""",
                (table,),
            ).fetchone() or [""]
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                connection.execute(deed.format(table, column))
            connection.rollback()


def test_a_price_is_never_changed_and_only_taken_back_before_it_begins(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(f"SET ROLE {OWNER_ROLE}")
        connection.commit()
        for deed in ("UPDATE price SET amount_minor = 1", "TRUNCATE price CASCADE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                connection.execute(deed)
            connection.rollback()


def test_no_index_of_what_happened_stands_on_an_expression(catalogue: Any) -> None:
    """Row-level security would leave it unused, and the page would read everything that ever happened."""
    assert not catalogue(
        """SELECT indexrelid::regclass::text FROM pg_index
            WHERE indrelid = 'fact'::regclass AND indexprs IS NOT NULL"""
    )

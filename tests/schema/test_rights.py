"""Who may do what to each table, tried with every role on every table that there is.

A new table has no row here and fails: decide, in its migration and here, what the company's own work
does to it, and what work that is bound to one affiliate does (docs/decisions/27-roles.md shows the
lines to copy). Most of the time the second is: read its own rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from mainstem.kit.db import APP_ROLE, COMPANY_ROLE, READ_ROLE

ALL = "every column"


@dataclass(frozen=True)
class May:
    """What a role may do to a table: read, add, change which columns, delete."""

    select: bool | str = True
    insert: bool = False
    update: str = ""
    delete: bool = False


NOTHING, READS = May(select=False), May()
ADDS, KEEPS = May(insert=True), May(insert=True, update=ALL)
QUEUES, SWEEPS = May(insert=True, update=ALL, delete=True), May(insert=True, delete=True)

COMPANY = {
    "alembic_version": READS,
    # append-only
    "fact": ADDS, "ledger_transfer": ADDS, "ledger_entry": ADDS, "earning": ADDS, "inbox": ADDS,
    "routing_decision": ADDS, "consent": ADDS, "price": SWEEPS, "plan_version": ADDS,
    "stock_movement": ADDS, "release_day": ADDS, "lead_note": ADDS, "participant_trace": ADDS,
    "cost": ADDS, "order_line_cost": ADDS, "exchange_rate": ADDS, "conversion": ADDS,
    "vat_check": ADDS, "goodwill_end": ADDS,
    # frozen at intake, but for these columns
    "orders": May(insert=True, update="state, payment_status, fulfillment_status, paid_minor,"
                  " refunded_minor, unallocated_minor, disputed_minor, paid_at, delivered_at, closed_at, promised_on,"
                  " links_withdrawn_at, tax_minor, taxes, plan_version, upline_facts,"
                  " active_as_of, also_credited"),
    "order_line": May(insert=True, update="canceled, shipped, delivered, delivered_at, refunded_minor, goodwill_minor,"
                       " tax_bp, tax_minor, commissionable_minor, rule, hold_days,"
                       " milestone_rules, accepted_at"),
    "reservation": May(insert=True, update="quantity, released_at"),
    "cross_border_sales": KEEPS, "tax_day": QUEUES, "tax_settings": QUEUES, "tax_rate": QUEUES, "delivery_zone": QUEUES,
    "imported_order": May(insert=True, update="said, lines"),
    "commission_review": May(insert=True, update="state, decided_by, decided_at, reason"),
    "attribution_change": May(insert=True, update="state, decided_by, decided_at, words, upline, groups,"
                              " upline_facts, also_credited"),
    "binding_change": May(insert=True, update="state, decided_by, decided_at, words"),
    "commission_inquiry": May(insert=True, update="state, answer, decided_by, decided_at"),
    "pick_stop": May(insert=True, update="cleared_at, cleared_by"),
    "withdrawal": May(insert=True, update="order_id, matched_by, state, reason, refund_due_on,"
                      " delivery_minor, decided_at, decided_by, approval_id, to_accept,"
                      " to_accept_reason"),  # what was said stays as it was said
    "withdrawal_line": May(insert=True, update="canceled, returned, declined, refunded_minor,"
                           " deducted_minor, why_not"),
    "approval": May(insert=True, update="state, decided_by, decided_at, words"),
    "mail": May(  # in time it loses its words
        insert=True,
        update="state, attempts, leased_until, message_id, error, sent_at, context, recipient_name",
    ),
    "price_offer": May(insert=True, update="valid_until"),  # what was announced stays
    "demo_clock": May(insert=True, update="ahead"),  # whose it is, the owner alone says
    # forgotten when they have served
    "sign_in_attempt": SWEEPS, "idempotency": SWEEPS, "job_slot": SWEEPS, "lead_claim": QUEUES,
    "sign_in_session": QUEUES, "checkout_origin": SWEEPS,
    "client_binding": QUEUES, "ledger_held": QUEUES, "fact_waiting": QUEUES, "check_run": QUEUES, "audit_run": QUEUES,
    "backtest_run": QUEUES, "cost_month": QUEUES, "earned_month": QUEUES, "liability_age": QUEUES,
    "cost_mark": QUEUES,
    "refused_event": QUEUES, "mail_settings": QUEUES, "bounced_address": QUEUES,
    "setup_change": ADDS, "income_statement": ADDS, "company_document": ADDS, "api_answer": SWEEPS,
    "affiliate_group": May(insert=True, update="until_at"),
    "plan_proposal": May(insert=True, update="state, decided_by, decided_at, words, version"),
    "sponsor_move": May(insert=True, update="state, decided_by, decided_at, words, done_at"),
    "holding_tank": May(insert=True, update="left_at, left_by"), "team_size": QUEUES, "team_month": QUEUES,
    "affiliate_details": ADDS, "affiliate_step": SWEEPS, "application_answer": SWEEPS,
    "forgotten_paper": QUEUES,
    "programme_invitation": May(insert=True, update="email, name, forgotten_at"), "programme": KEEPS,
    "application": QUEUES,  # what somebody has confirmed stays, by a trigger
    "application_confirmation": May(insert=True, update="used_at", delete=True),
    "application_question": May(insert=True, update="answer, answered_at", delete=True),
    "begun_on": ADDS,
    "payment_check": ADDS, "destination_lease": QUEUES,
    "product_text": QUEUES, "product_picture": SWEEPS,
    "pending_sign_in": SWEEPS, "passkey_challenge": SWEEPS, "second_factor_attempt": SWEEPS,
    "password_reset_request": SWEEPS, "password_reset": QUEUES, "known_device": QUEUES, "totp": QUEUES,
    "passkey": QUEUES, "recovery_code": QUEUES, "second_factor_removal": ADDS, "session_ending": ADDS,
    "catalogue_file": QUEUES, "network_file": QUEUES, "picture": ADDS,
    # what a period was worked out of: made anew until it is closed, and then never again (by a trigger)
    **dict.fromkeys(("period_participant", "period_volume", "period_standing", "period_team",
                     "period_preview_earning", "period_touch", "period_earned", "period_sold_under"), SWEEPS),
    "period": May(insert=True, update="ends_on, every, counted_at, zone, plan_version, plan_hash, state,"
                  " figured_at, preview, previewed_by, previewed_at, outcome_hash, closed_by, closed_at"),
    "period_settlement": ADDS, "period_correction": ADDS,
    "store_credit": May(insert=True, update="available_on, expires_on, over"), "store_credit_entry": ADDS,
    "client_code": ADDS, "client_referral": ADDS, "reward": ADDS,
    # kept up to date
    **dict.fromkeys(
        ("pick", "person", "affiliate", "sponsorship", "membership", "setup_token",
         "department", "import_mapping", "product", "variant", "shipping_rate", "catalogue_version", "storefront",
         "storefront_key", "referral_code", "location", "stock_level", "team",
         "fulfilment", "parcel", "lead", "quote", "job", "payment", "refund", "dispute", "operation",
         "pay_account", "ledger_balance", "ledger_mark", "payout", "company_profile", "api_key",
         "invitation", "mail_preference", "storefront_version", "storefront_domain"),
        KEEPS,
    ),
}  # fmt: skip

AFFILIATE = {
    # What lets somebody in is nobody's to read but the company's.
    "approval": NOTHING, "check_run": NOTHING, "refused_event": NOTHING, "checkout_origin": NOTHING,
    "audit_run": NOTHING,
    **dict.fromkeys(("store_credit", "client_code", "client_referral", "reward"), NOTHING),
    "store_credit_entry": May(select="amount_minor, home_id, kind, order_id"),
    "inbox": NOTHING, "sign_in_session": NOTHING, "sign_in_attempt": NOTHING, "setup_token": NOTHING,
    "programme_invitation": NOTHING, "application": NOTHING, "application_confirmation": NOTHING,
    "application_answer": NOTHING, "application_question": NOTHING, "affiliate_step": NOTHING,
    "forgotten_paper": NOTHING, "sponsor_move": NOTHING, "plan_proposal": NOTHING, "backtest_run": NOTHING,
    "cost_month": NOTHING, "earned_month": NOTHING, "liability_age": NOTHING, "cost_mark": NOTHING,
    "holding_tank": NOTHING,
    "sponsorship": May(select="affiliate_id, sponsor_id, valid_from, valid_to"),
    "team_month": May(select="affiliate_id, month, currency, leg_minor"),
    "setup_change": NOTHING, "api_key": NOTHING, "api_answer": NOTHING, "invitation": NOTHING,
    "pending_sign_in": NOTHING, "passkey_challenge": NOTHING, "second_factor_attempt": NOTHING,
    "password_reset_request": NOTHING, "password_reset": NOTHING, "known_device": NOTHING, "totp": NOTHING,
    "passkey": NOTHING, "recovery_code": NOTHING, "second_factor_removal": NOTHING, "session_ending": NOTHING,
    "cost": NOTHING, "order_line_cost": NOTHING, "period_earned": NOTHING,
    "period_sold_under": NOTHING,
    "cross_border_sales": NOTHING, "tax_day": NOTHING, "vat_check": NOTHING,
    "import_mapping": NOTHING, "catalogue_file": NOTHING, "network_file": NOTHING,
    "payment_check": NOTHING, "destination_lease": NOTHING,
    "goodwill_end": NOTHING, "attribution_change": NOTHING, "binding_change": NOTHING,
    "imported_order": NOTHING, "participant_trace": NOTHING, "commission_review": NOTHING,
    "mail": NOTHING, "mail_settings": NOTHING, "bounced_address": NOTHING, "mail_preference": NOTHING,
    "person": May(select="id, email, email_key, phone_key, name, locale, created_at"),
    "storefront_key": May(select="home_id, storefront_id, label, created_at, revoked_at"),
    "commission_inquiry": May(select="home_id, id, about, number, rule, level, words, paper_name, asked_at, due_on,"
                              " state, answer, decided_at"),
    "withdrawal": May(select="home_id, id, storefront_id, channel, received_at, order_id, state"),
    **dict.fromkeys(
        ("withdrawal_line", "orders", "order_line", "reservation", "idempotency", "fulfilment", "pick", "pick_stop",
         "parcel", "routing_decision", "consent", "lead", "lead_note", "lead_claim", "quote", "job", "job_slot",
         "payment", "refund", "dispute", "operation", "pay_account", "payout", "storefront",
         "storefront_version", "storefront_domain", "begun_on", "team_size",
         "conversion", "exchange_rate", "tax_settings", "tax_rate", "delivery_zone",
         "ledger_transfer", "ledger_entry", "ledger_balance", "ledger_held", "earning",
         "fact_waiting", "fact", "referral_code", "client_binding", "membership", "affiliate",
         "product", "product_text", "variant", "price", "shipping_rate", "catalogue_version",
         "department", "price_offer", "picture", "product_picture",
         "plan_version", "location", "team", "stock_level", "stock_movement", "release_day",
         "ledger_mark", "demo_clock", "alembic_version", "company_profile", "company_document",
         "affiliate_details", "affiliate_group", "programme", "income_statement",
         "period", "period_settlement", "period_correction", "period_participant", "period_volume",
         "period_standing", "period_team", "period_preview_earning", "period_touch"),
        READS,
    ),
}  # fmt: skip

READER_SECRETS = {
    "person", "sign_in_session", "setup_token", "storefront_key", "api_key", "api_answer", "invitation",
    "pending_sign_in", "passkey_challenge", "second_factor_attempt", "password_reset_request",
    "password_reset", "known_device", "totp", "passkey", "recovery_code",
    "application_confirmation",
}  # fmt: skip


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_url, autocommit=True) as made:
        yield made


def tables(connection: psycopg.Connection) -> dict[str, list[str]]:
    """Every table with the columns that are written by hand."""
    rows = connection.execute(
        """SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
             FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
              AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
            GROUP BY 1"""
    ).fetchall()
    return dict(rows)


def allowed(connection: psycopg.Connection, statement: str) -> bool:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def found(connection: psycopg.Connection, table: str, columns: list[str]) -> May:
    """What the connection's role may really do, each deed tried on no row."""

    def each(statement: str) -> str:
        may = [c for c in columns if allowed(connection, statement.format(column=c))]
        return ALL if may == columns else ", ".join(sorted(may))

    listed = ", ".join(columns)
    readable = each(f"SELECT {{column}} FROM {table} WHERE false")
    return May(
        select=readable == ALL if readable in ("", ALL) else readable,
        insert=allowed(
            connection,
            f"""INSERT INTO {table} ({listed}) OVERRIDING SYSTEM VALUE
                SELECT {", ".join(f"(NULL::{table}).{c}" for c in columns)} WHERE false""",
        ),
        update=each(f"UPDATE {table} SET {{column}} = DEFAULT WHERE false"),
        delete=allowed(connection, f"DELETE FROM {table} WHERE false"),
    )


def in_order(may: May) -> May:
    """The same with its columns as they are found."""

    def columns(given: bool | str) -> str:
        return ", ".join(sorted(str(given).replace("\n", " ").replace(",", " ").split()))

    return May(
        select=columns(may.select) if isinstance(may.select, str) else may.select,
        insert=may.insert,
        update=may.update if may.update == ALL else columns(may.update),
        delete=may.delete,
    )


def what_a_reader_may(names: object) -> dict[str, May]:
    return {str(name): NOTHING if name in READER_SECRETS else READS for name in list(names)}  # type: ignore[call-overload]


@pytest.mark.parametrize("role", [COMPANY_ROLE, APP_ROLE, READ_ROLE])
def test_each_role_does_to_each_table_what_was_decided_and_no_more(
    connection: psycopg.Connection, role: str
) -> None:
    there = tables(connection)
    decided = {
        COMPANY_ROLE: COMPANY,
        APP_ROLE: AFFILIATE,
        READ_ROLE: what_a_reader_may(there),
    }[role]
    undecided = set(there) ^ set(decided)
    assert not undecided, f"say what {role} may do to {undecided}, in a migration and here"
    connection.execute(f"SET ROLE {role}")
    for table, columns in sorted(there.items()):
        assert (table, found(connection, table, columns)) == (table, in_order(decided[table]))


def test_only_the_companys_policies_are_plainly_true(connection: psycopg.Connection) -> None:
    """For the company and for readers nothing is filtered, so that the planner sees full tables;
    for an affiliate each policy compares with their own id."""
    rows = connection.execute(
        """SELECT c.relname, p.polname, p.polroles::regrole[]::text[],
                  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
             FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"""
    ).fetchall()
    guarded = {row[0] for row in rows}
    for table in guarded:
        true = {
            role
            for name, _, roles, seen, written in rows
            if name == table and "true" in (seen, written)
            for role in roles
        }
        assert true == {COMPANY_ROLE, "mainstem_owner", READ_ROLE}, table
    for table, policy, roles, seen, written in rows:
        if roles == [APP_ROLE]:
            for rule in filter(None, (seen, written)):
                assert "current_home()" in rule, (table, policy)
                assert "-1" not in rule, (table, policy)
        else:
            assert APP_ROLE not in roles and "-" not in roles, (table, policy)


def test_a_scope_that_asks_for_everybodys_rows_gets_none(connection: psycopg.Connection) -> None:
    """The setting that binds a connection to an affiliate opens nothing to nobody."""
    connection.execute(
        """INSERT INTO affiliate (id, slug, name, email_key, country, state, upline, joined_at)
           VALUES (1, 'cedar', 'Cedar', 'c@example.com', 'SE', 'active', '{1}', now());
           INSERT INTO storefront (home_id, slug, name, locales, currency)
           VALUES (1, 'cedar', 'Cedar', '{en}', 'SEK')"""
    )
    connection.execute(f"SET ROLE {APP_ROLE}")
    for scope, seen in (("1", 1), ("-1", 0), ("0", 0), ("", 0)):
        connection.execute("SELECT set_config('mainstem.affiliate', %s, false)", (scope,))
        for table in ("affiliate", "storefront"):
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert row == (seen,), (scope, table)

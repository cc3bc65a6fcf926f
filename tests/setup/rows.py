"""What stands in a company's tables after set-up, so that two companies can be held side by side.

Every table of the database counts unless it is named here. Ids are replaced by what they stand for, and
times are left out: two companies that say the same have the same rows.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

Rows = dict[str, list[str]]

MACHINERY = {
    "alembic_version": "which schema it is",
    "affiliate_details": "what an affiliate says of itself",
    "affiliate_step": "how an affiliate's state has changed",
    "api_answer": "what a program was answered",
    "api_key": "who came in by a program",
    "catalogue_version": "how often the catalogue changed",
    "audit_run": "what the audits found",
    "check_run": "what the checks found",
    "demo_clock": "what time it is",
    "fact": "what happened on the way",
    "fact_waiting": "what is still to follow from it",
    "invitation": "who was let in by a link",
    "destination_lease": "who was making destinations meanwhile",
    "known_device": "from which browsers somebody has signed in",
    "ledger_mark": "how far balances are rolled up",
    "mail": "what people were told on the way",
    "payment_check": "what a look at the account found",
    "release_day": "which days were gone through",
    "setup_change": "the history of each thing",
    "setup_token": "how the first admin came in",
    "sign_in_attempt": "who has tried to sign in",
    "sign_in_session": "who is signed in",
    "cost_mark": "how far costs were counted",
}
"""Tables that tell how a company was set up and what it did meanwhile, not what it is; and why."""

WHO = ("actor", "created_by", "decided_by", "granted_by", "proposed_by", "published_by")
"""Columns that say who has set something: that is what differs."""

OF_ONE_DOOR = {("person", "password_hash")}
"""What somebody says for themselves when they come in."""

LABELS = {
    "affiliate": "slug",
    "department": "slug",
    "location": "code",
    "person": "lower(email)",
    "product": "slug",
    "storefront": "slug",
    "team": "code",
    "variant": "sku",
}
"""What a row is known by, where others name it by its id."""

_TABLES = """
SELECT c.relname AS name FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
 ORDER BY 1"""
_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type,
       (SELECT f.confrelid::regclass::text FROM pg_constraint f
         WHERE f.contype = 'f' AND f.conrelid = a.attrelid AND a.attnum = ANY(f.conkey)
           AND (SELECT attname FROM pg_attribute b WHERE b.attrelid = f.confrelid
                   AND b.attnum = f.confkey[array_position(f.conkey, a.attnum)]) = 'id'
         LIMIT 1) AS refers
  FROM pg_attribute a
 WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
 ORDER BY a.attnum"""


def set_up_rows(url: str) -> Rows:
    """The rows of every table that set-up fills, each as a line of JSON."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        tables = [row["name"] for row in connection.execute(_TABLES)]
        assert MACHINERY.keys() <= {*tables}, "what is named here is there"
        found = {name: _rows(connection, name) for name in tables if name not in MACHINERY}
    return {name: rows for name, rows in found.items() if rows}


def _rows(connection: psycopg.Connection[dict[str, Any]], table: str) -> list[str]:
    columns = connection.execute(_COLUMNS, [table]).fetchall()
    shown = [
        sql.SQL("{} AS {}").format(_said(column), sql.Identifier(column["name"]))
        for column in columns
        if not _is_left_out(table, column)
    ]
    query = sql.SQL("SELECT {} FROM {} t").format(sql.SQL(", ").join(shown), sql.Identifier(table))
    rows = connection.execute(query).fetchall()
    return sorted(json.dumps(row, default=str, sort_keys=True, ensure_ascii=False) for row in rows)


def _said(column: dict[str, Any]) -> sql.Composable:
    name = sql.Identifier(column["name"])
    refers = column["refers"] or _named(column["name"])
    label = LABELS.get(refers)
    if label is None:
        return sql.SQL("t.{}").format(name)
    several = column["type"].endswith("[]")
    is_it = "id = ANY(t.{})" if several else "id = t.{}"
    what = f"array_agg({label})" if several else label
    return sql.SQL(f"(SELECT {what} FROM {{}} WHERE {is_it})").format(sql.Identifier(refers), name)


def _named(column: str) -> str:
    """What a column refers to by its name alone, where no foreign key says it."""
    name = column.removesuffix("s")
    return "affiliate" if name == "home_id" else name[:-3] if name.endswith("_id") else ""


def _is_left_out(table: str, column: dict[str, Any]) -> bool:
    return (
        column["name"] == "id"
        or column["type"].startswith("timestamp")
        or column["name"] in WHO
        or (table, column["name"]) in OF_ONE_DOOR
    )

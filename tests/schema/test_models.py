"""The classes of rows agree with the tables: the same columns, and none that may be missing where
the table says it must be there."""

from __future__ import annotations

import importlib
import pkgutil

import psycopg
import pytest
from sqlmodel import SQLModel

import mainstem
import mainstem_affiliates
import mainstem_fulfillment

SKIPPED = ("mainstem_gateway", "mainstem.migrations", "__main__")


def import_everything() -> None:
    for package in (mainstem, mainstem_affiliates, mainstem_fulfillment):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part in module.name for part in SKIPPED):
                importlib.import_module(module.name)


import_everything()
TABLES = SQLModel.metadata.tables


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_class_agrees_with_its_table(server: object, database_url: str, name: str) -> None:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            """SELECT column_name, is_nullable = 'YES', is_generated = 'ALWAYS'
                 FROM information_schema.columns
                WHERE table_schema = 'public' AND table_name = %s""",
            (name,),
        ).fetchall()
        keys = {
            row[0]
            for row in connection.execute(
                """SELECT a.attname FROM pg_index i
                     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
                    WHERE i.indrelid = %s::regclass AND i.indisprimary""",
                (name,),
            )
        }
    table = TABLES[name]
    there = {column: nullable for column, nullable, generated in rows if not generated}
    here = {column.name: bool(column.nullable) for column in table.columns}
    assert here == there
    assert {column.name for column in table.primary_key} == keys


def test_there_are_classes_to_compare() -> None:
    assert "affiliate" in TABLES

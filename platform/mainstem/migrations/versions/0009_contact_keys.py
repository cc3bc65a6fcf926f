"""Contacts in the one form in which they are compared."""

from pathlib import Path

from alembic import op

from mainstem.kit.contact import email_key

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEYS = {
    "person": "email_key",
    "affiliate": "email_key",
    "client_binding": "client_key",
    "orders": "client_key",
    "lead": "client_key",
}


def upgrade() -> None:
    """Bring the keys of earlier addresses to their form of today, and know mailboxes."""
    connection = op.get_bind().connection.driver_connection
    connection.execute(Path(__file__).with_suffix(".sql").read_text())
    for table, column in _KEYS.items():
        # What is plain ASCII is as it was.
        rows = connection.execute(
            f"SELECT DISTINCT {column} FROM {table} WHERE {column} ~ '[^ -~]'"
        ).fetchall()
        for (before,) in rows:
            now = email_key(before)
            taken = (
                table in ("person", "client_binding")
                and connection.execute(
                    f"SELECT 1 FROM {table} WHERE {column} = %s", (now,)
                ).fetchone()
            )
            if now and now != before and not taken:
                connection.execute(
                    f"UPDATE {table} SET {column} = %s WHERE {column} = %s", (now, before)
                )

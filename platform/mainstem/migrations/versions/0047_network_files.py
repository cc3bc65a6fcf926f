"""Bring affiliates, clients and balances from another programme."""

from pathlib import Path

from alembic import op

revision = "0047"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table for the files, an account for the balances, and bindings that no order made."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

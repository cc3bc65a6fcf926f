"""Goodwill: money that goes back and leaves commission standing, because the company bears it."""

from pathlib import Path

from alembic import op

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what says that a refund is goodwill, and how much of a line's refunds is."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

"""Clients who are tied to another affiliate than to the one who won them."""

from pathlib import Path

from alembic import op

revision = "0080"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what staff ask for and a colleague answers, and let a binding be of no order."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

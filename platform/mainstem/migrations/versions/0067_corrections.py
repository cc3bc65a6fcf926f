"""Corrections of commissions: goodwill that the company bears, and orders that are credited to another."""

from pathlib import Path

from alembic import op

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what says that a refund is goodwill, and that an order is credited to another affiliate after all."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

"""A payout shows what it pays, and money that a lost dispute took is a loss."""

from pathlib import Path

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep what a payout left payable, find what was held until a day, and name chargeback losses."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

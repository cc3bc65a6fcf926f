"""Articles have points, and a line of an order keeps those that it was ordered with."""

from pathlib import Path

from alembic import op

revision = "0086"
down_revision = "0083"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give both a column."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

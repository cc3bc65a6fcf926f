"""Income statements: what everybody who took part in a year earned."""

from pathlib import Path

from alembic import op

revision = "0079"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of income statements."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

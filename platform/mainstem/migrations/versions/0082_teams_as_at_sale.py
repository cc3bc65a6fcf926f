"""What counts in a period for another upline than its seller stood under at its end."""

from pathlib import Path

from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and who may read it."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

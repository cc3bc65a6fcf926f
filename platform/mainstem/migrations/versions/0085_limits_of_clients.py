"""It is known of a version of the plan whether it limits what all orders of a client pay."""

from pathlib import Path

from alembic import op

revision = "0085"
down_revision = "0086"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

"""The rules of a service's milestones on its line, its acceptance, and from when activity is counted."""

from pathlib import Path

from alembic import op

revision = "0071"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the columns, and keep them as they must be."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

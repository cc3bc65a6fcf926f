"""A second person publishes a plan; runs of the Plan Lab are kept, and what commission costs by month."""

from pathlib import Path

from alembic import op

revision = "0076"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the proposals, the runs and the months."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

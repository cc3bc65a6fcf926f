"""What an article costs the company, and what it cost when it was ordered."""

from pathlib import Path

from alembic import op

revision = "0073"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and who may read them."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

"""The rule of the plan by which each line was sold is kept on it."""

from pathlib import Path

from alembic import op

revision = "0060"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep on every line the rule that its kind was named for."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

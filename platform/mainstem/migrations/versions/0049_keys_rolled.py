"""Give keys of storefronts scopes, and let a key go on for a while when it is rolled."""

from pathlib import Path

from alembic import op

revision = "0049"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Scopes and ends."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

"""Let affiliates edit their storefronts: drafts, what was published, and who approved it."""

from pathlib import Path

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep how a storefront looks apart from its draft, and every version that was published."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

"""A company says who it is, its set-up has a history, and integrations have keys with scopes."""

from pathlib import Path

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the company's profile, its documents, the history of set-up, and keys of integrations."""
    sql = Path(__file__).with_suffix(".sql").read_text()
    op.get_bind().connection.driver_connection.execute(sql)

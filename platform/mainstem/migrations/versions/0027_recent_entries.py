"""What is not rolled up yet is found by its owner, however long the owner's history is."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the entries of an owner by the transaction that wrote them."""
    op.execute("CREATE INDEX ledger_entry_recent ON ledger_entry (owner_id, xid)")

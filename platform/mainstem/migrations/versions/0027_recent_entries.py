"""What is not rolled up yet is found by its owner, and a lead that came again by the first."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the entries of an owner by the transaction that wrote them, and duplicates by the first."""
    op.execute("CREATE INDEX ledger_entry_recent ON ledger_entry (owner_id, xid)")
    op.execute(
        "CREATE INDEX lead_duplicate_of ON lead (duplicate_of) WHERE duplicate_of IS NOT NULL"
    )

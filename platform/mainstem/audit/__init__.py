"""The audit: every commission ever credited, worked out a second time by other code, and compared."""

from mainstem.audit.commissions import Found, audit_commissions, audit_orders
from mainstem.audit.compare import Difference
from mainstem.audit.runs import (
    AuditRun,
    forget,
    last,
    nightly,
    request,
    run,
    run_now,
    under_way,
)

__all__ = [
    "AuditRun",
    "Difference",
    "Found",
    "audit_commissions",
    "audit_orders",
    "forget",
    "last",
    "nightly",
    "request",
    "run",
    "run_now",
    "under_way",
]

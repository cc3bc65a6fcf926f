"""What of an order's money went back, for the credit that was spent on it."""

from __future__ import annotations

from collections.abc import Sequence

from mainstem.kit.bulk import ASKED, RowKey, asked
from mainstem.kit.work import Work
from mainstem.orders import GOODWILL
from mainstem.store_credit import WentBack

_WENT_BACK = f"""
SELECT o.home_id, o.id AS order_id, o.number, o.currency, o.total_minor,
       o.refunded_minor - goodwill.minor AS refunded_minor,
       o.state IN ('canceled', 'expired') AND o.paid_minor = 0 AS ended_unpaid
  FROM {ASKED}
  JOIN orders o USING (home_id, id) {GOODWILL}
 ORDER BY o.home_id, o.id"""


def went_back(work: Work, keys: Sequence[RowKey]) -> list[WentBack]:
    """What went back of these orders (home, id) without what the company bears, as they stand."""
    return work.rows_as(WentBack, _WENT_BACK, **asked(keys))

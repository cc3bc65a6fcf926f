"""Orders: placed, paid, delivered, and refunded; each step a fact, the rest derived."""

from mainstem.orders.approvals import approve, deny, withdraw
from mainstem.orders.client import Client, check_client, text_problems
from mainstem.orders.ending import cancel, close_finished, expire_unpaid, give_rest_back, withhold
from mainstem.orders.errors import (
    DuplicateExternalId,
    IdempotencyMismatch,
    InsufficientStock,
    OrderRefused,
    PriceChanged,
)
from mainstem.orders.holds import payable_on
from mainstem.orders.limits import MAY_APPROVE, limit_of
from mainstem.orders.line_cancellation import HasLeft
from mainstem.orders.links import LinkWithdrawn, check_link, links_open_from, withdraw_links
from mainstem.orders.model import (
    Address,
    ClientDetails,
    HeldPrice,
    LineWanted,
    OrderKey,
    OrderWanted,
    Placed,
    PriceQuote,
    QuotedLine,
    Totals,
    TotalsSeen,
)
from mainstem.orders.place import place
from mainstem.orders.pricing import PRICE_HOLDS, Price, PricedLine, line_of, price, unit_price
from mainstem.orders.progress import (
    LineQuantity,
    book_lost_disputes,
    local_day,
    lock,
    mark_paid,
    record_arrival,
    record_delivery,
    record_departure,
    record_dispute,
    record_refund,
    record_shipment,
)
from mainstem.orders.promise import is_late, promised_on
from mainstem.orders.refunding import refund, settle_by_bank, settle_refunds
from mainstem.orders.rules import LINES_MAX, QUANTITY_MAX
from mainstem.orders.unpaid import Hold, TooManyUnpaid, forget_origins, free, unpaid_holds

__all__ = [
    "LINES_MAX",
    "MAY_APPROVE",
    "PRICE_HOLDS",
    "QUANTITY_MAX",
    "Address",
    "Client",
    "ClientDetails",
    "DuplicateExternalId",
    "HasLeft",
    "HeldPrice",
    "Hold",
    "IdempotencyMismatch",
    "InsufficientStock",
    "LineQuantity",
    "LineWanted",
    "LinkWithdrawn",
    "OrderKey",
    "OrderRefused",
    "OrderWanted",
    "Placed",
    "Price",
    "PriceChanged",
    "PriceQuote",
    "PricedLine",
    "QuotedLine",
    "TooManyUnpaid",
    "Totals",
    "TotalsSeen",
    "approve",
    "book_lost_disputes",
    "cancel",
    "check_client",
    "check_link",
    "close_finished",
    "deny",
    "expire_unpaid",
    "forget_origins",
    "free",
    "give_rest_back",
    "is_late",
    "limit_of",
    "line_of",
    "links_open_from",
    "local_day",
    "lock",
    "mark_paid",
    "payable_on",
    "place",
    "price",
    "promised_on",
    "record_arrival",
    "record_delivery",
    "record_departure",
    "record_dispute",
    "record_refund",
    "record_shipment",
    "refund",
    "settle_by_bank",
    "settle_refunds",
    "text_problems",
    "unit_price",
    "unpaid_holds",
    "withdraw",
    "withdraw_links",
    "withhold",
]

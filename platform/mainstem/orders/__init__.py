"""Orders: placed, paid, delivered, and refunded; each step a fact, the rest derived."""

from mainstem.orders.acceptance import LineAccepted, record_acceptance
from mainstem.orders.approvals import MayNotApprove, SamePerson, approve, deny, withdraw
from mainstem.orders.as_it_stands import CREDITED_TO, GOODWILL, back_of
from mainstem.orders.asked_again import as_sold
from mainstem.orders.client import Client, check_client, text_problems
from mainstem.orders.conditions import Conditions, conditions
from mainstem.orders.ending import cancel, close_finished, expire_unpaid, give_rest_back, withhold
from mainstem.orders.errors import (
    DuplicateExternalId,
    IdempotencyMismatch,
    InsufficientStock,
    OrderRefused,
    PriceChanged,
)
from mainstem.orders.goodwill import WithdrawnFrom, end_goodwill
from mainstem.orders.holds import payable_on
from mainstem.orders.limits import MAY_APPROVE, limit_of
from mainstem.orders.line_cancellation import HasLeft
from mainstem.orders.links import LinkWithdrawn, check_link, links_open_from, withdraw_links
from mainstem.orders.milestones import sold_under
from mainstem.orders.model import (
    Address,
    ClientDetails,
    Delivery,
    HeldPrice,
    LineWanted,
    OrderKey,
    OrderWanted,
    Placed,
    PriceQuote,
    QuotedLine,
    Taxes,
    TaxOfDelivery,
    TaxSum,
    Totals,
    TotalsSeen,
)
from mainstem.orders.net import Net, TaxOfRate, net_of_order, net_of_price
from mainstem.orders.place import place
from mainstem.orders.placing.credit import reduction
from mainstem.orders.placing.planned import PlannedOrder, Sale, estimated
from mainstem.orders.pricing import (
    PRICE_HOLDS,
    Article,
    Buyer,
    Price,
    PricedLine,
    line_of,
    price,
    price_for,
    unit_price,
)
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
from mainstem.orders.promise import USUAL, is_late, promised_on
from mainstem.orders.refunding import give_back, refund, settle_by_bank, settle_refunds
from mainstem.orders.replanning import replan
from mainstem.orders.rules import LINES_MAX, QUANTITY_MAX
from mainstem.orders.taxed import tax_notes, untaxed_unit
from mainstem.orders.unpaid import Hold, TooManyUnpaid, forget_origins, free, unpaid_holds

__all__ = [
    "CREDITED_TO",
    "GOODWILL",
    "LINES_MAX",
    "MAY_APPROVE",
    "PRICE_HOLDS",
    "QUANTITY_MAX",
    "USUAL",
    "Address",
    "Article",
    "Buyer",
    "Client",
    "ClientDetails",
    "Conditions",
    "Delivery",
    "DuplicateExternalId",
    "HasLeft",
    "HeldPrice",
    "Hold",
    "IdempotencyMismatch",
    "InsufficientStock",
    "LineAccepted",
    "LineQuantity",
    "LineWanted",
    "LinkWithdrawn",
    "MayNotApprove",
    "Net",
    "OrderKey",
    "OrderRefused",
    "OrderWanted",
    "Placed",
    "PlannedOrder",
    "Price",
    "PriceChanged",
    "PriceQuote",
    "PricedLine",
    "QuotedLine",
    "Sale",
    "SamePerson",
    "TaxOfDelivery",
    "TaxOfRate",
    "TaxSum",
    "Taxes",
    "TooManyUnpaid",
    "Totals",
    "TotalsSeen",
    "WithdrawnFrom",
    "approve",
    "as_sold",
    "back_of",
    "book_lost_disputes",
    "cancel",
    "check_client",
    "check_link",
    "close_finished",
    "conditions",
    "deny",
    "end_goodwill",
    "estimated",
    "expire_unpaid",
    "forget_origins",
    "free",
    "give_back",
    "give_rest_back",
    "is_late",
    "limit_of",
    "line_of",
    "links_open_from",
    "local_day",
    "lock",
    "mark_paid",
    "net_of_order",
    "net_of_price",
    "payable_on",
    "place",
    "price",
    "price_for",
    "promised_on",
    "record_acceptance",
    "record_arrival",
    "record_delivery",
    "record_departure",
    "record_dispute",
    "record_refund",
    "record_shipment",
    "reduction",
    "refund",
    "replan",
    "settle_by_bank",
    "settle_refunds",
    "sold_under",
    "tax_notes",
    "text_problems",
    "unit_price",
    "unpaid_holds",
    "untaxed_unit",
    "withdraw",
    "withdraw_links",
    "withhold",
]

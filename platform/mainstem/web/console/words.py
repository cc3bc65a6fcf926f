"""What the console says: facts, steps and states in words. Every value is a message to translate."""

from __future__ import annotations

FACTS = {
    "account.changed": "Pay account changed",
    "account.overdue": "No word on the pay account: the gateway is asked",
    "affiliate.joined": "Affiliate joined",
    "clock.daily": "A day began",
    "clock.hourly": "An hour began",
    "clock.sweep": "Unpaid orders looked through",
    "clock.weekly": "A week began",
    "company.set_up": "Company set up",
    "commission.released": "Holds ended",
    "commission.settled": "Commission settled",
    "company.clock_moved": "Demo clock moved",
    "fact.revived": "Fact tried again",
    "dispute.overdue": "An open dispute: the gateway is asked",
    "fulfilment.packed": "Packed",
    "code.created": "Code given",
    "code.reassigned": "Code given to another affiliate",
    "code.retired": "Code retired",
    "fulfilment.parked": "Parked: the payment is disputed",
    "fulfilment.picked": "Picked",
    "fulfilment.picking": "Picking started",
    "fulfilment.resumed": "Goes on: the dispute is won",
    "gateway.received": "Letter from the gateway",
    "job.arrived": "Team arrived",
    "job.canceled": "Job called off",
    "job.departed": "Team set out",
    "job.disputed": "Client objected",
    "job.done": "Work done",
    "job.opened": "Job opened",
    "job.scheduled": "Job scheduled",
    "job.signed_off": "Signed off",
    "lead.asked_again": "Client asked again",
    "lead.duplicated": "Duplicate of an earlier lead",
    "lead.lost": "Lost",
    "lead.opened": "Request received",
    "lead.qualified": "Qualified",
    "lead.quoted": "Quote sent",
    "lead.reached": "Client reached",
    "lead.won": "Won",
    "membership.granted": "Role granted",
    "membership.revoked": "Role taken back",
    "order.canceled": "Order cancelled",
    "order.delivered": "Delivered",
    "order.disputed": "Dispute counted",
    "order.expired": "Order expired unpaid",
    "order.paid": "Order paid",
    "order.placed": "Order placed",
    "order.refunded": "Refund counted",
    "order.routed": "Routed",
    "order.shipped": "Shipped",
    "password.set": "Password set",
    "payment.captured": "Payment captured",
    "payment.disputed": "Payment disputed",
    "payment.fee_known": "Gateway's fee known",
    "payment.doubled": "Paid a second time: it goes back",
    "payment.return_asked": "Return of a second payment asked for again",
    "payment.return_failed": "A second payment could not be sent back",
    "payment.returned": "A second payment has gone back",
    "payment.overdue": "No word on the payment: the gateway is asked",
    "payment.refunded": "Payment refunded",
    "payout.called_off": "Payout called off",
    "payout.canceled": "Payout cancelled: it is payable again",
    "payout.failed": "Payout failed",
    "payout.held": "Payout put on hold",
    "payout.overdue": "No word on the payout: the gateway is asked",
    "payout.paid": "Payout paid",
    "payout.reserved": "Payout reserved",
    "payout.run": "Payout run by hand",
    "person.created": "Person created",
    "person.signed_in": "Signed in",
    "quote.declined": "Quote declined",
    "quote.expired": "Quote expired",
    "quote.viewed": "Quote opened by the client",
    "refund.failed": "Refund failed",
    "refund.overdue": "No word on the refund: the gateway is asked",
    "refund.requested": "Refund requested",
    "stock.counted": "Stock counted",
    "storefront_key.issued": "Storefront key issued",
    "storefront_key.revoked": "Storefront key revoked",
}

GOOD = {"order.paid", "order.delivered", "lead.won", "job.signed_off", "payout.paid"}
BAD = {
    "fulfilment.parked",
    "order.canceled",
    "order.expired",
    "order.disputed",
    "payment.disputed",
    "refund.failed",
    "payment.return_failed",
    "payout.called_off",
    "payout.failed",
    "payout.held",
    "lead.lost",
    "job.disputed",
    "quote.declined",
}

ACTORS = {
    "system": "Mainstem",
    "gateway": "Payment gateway",
    "client": "Client",
    "storefront": "Storefront",
    "person": "Somebody",
    "staff": "Staff",
    "affiliate": "Affiliate",
}

PAYMENT = {
    # status: label, tone
    "none": ("Not paid", "wait"),
    "paid": ("Paid", "good"),
    "partially_refunded": ("Partly refunded", "wait"),
    "refunded": ("Refunded", "still"),
    "disputed": ("Disputed", "bad"),
}
FULFILLMENT = {
    "unfulfilled": ("Nothing sent", "wait"),
    "partial": ("Partly sent", "live"),
    "shipped": ("Sent", "live"),
    "partially_delivered": ("Partly delivered", "live"),
    "delivered": ("Delivered", "good"),
    "canceled": ("Cancelled", "still"),
}
ATTRIBUTED = {
    "binding": "the client is hers from before",
    "code": "by her code",
    "storefront": "by her storefront",
    "link": "by her link",
    "staff": "set by staff",
}
EARNS = {
    "real_client": "A sale to a real client: it earns when it is delivered.",
    "buyer_is_participant": "The buyer is an affiliate herself: it earns nobody anything.",
    "nobody_eligible": "Nobody was eligible when it was sold: it earns nobody anything.",
}

ROUTED = {
    "whole_order_from_the_best_location": "One parcel from the best location.",
    "no_location_is_open": "No location is open, so it stays where it was promised.",
    "no_single_location_has_everything": "No location has everything, so the order is split.",
    "better_location_was_taken_meanwhile": "A better location was emptied a moment before.",
    "least_booked_of_those_who_can": "The least booked of those who can do it.",
    "no_team_has_the_skill": "No team can do it. Give one the skill, or cancel and refund.",
}
CANDIDATE = {
    "chosen": "Chosen",
    "lacks_lines": "Does not have every line",
    "abroad": "In another country",
    "later_in_order": "Comes later in the company's order",
    "more_booked": "Can do it, but is more booked",
    "lacks_skill": "Does not do this kind of work",
}

LOST = {
    "no_answer": "No answer",
    "too_expensive": "Too expensive",
    "chose_other": "Chose somebody else",
    "not_needed": "Not needed any more",
    "out_of_area": "Out of our area",
    "not_possible": "Cannot be done",
    "not_serious": "Not serious",
}

CONTACTS = {"phone": "By phone", "email": "By e-mail"}
REACHED = {"phone": "By phone", "email": "By e-mail", "link": "Opened the quote's link"}

LEAD_STATES = {
    "theirs": "theirs",
    "retired": "retired",
    "new": "New",
    "qualified": "Qualified",
    "quoted": "Quoted",
    "won": "Won",
    "lost": "Lost",
    "duplicate": "Duplicate",
}

PROVIDERS = {"stripe": "Stripe", "external": "Bank", "bank": "Bank"}
ACCOUNT_STATES = {
    # state of a pay account: label, tone
    "created": ("Created", "wait"),
    "onboarding": ("Being completed", "wait"),
    "active": ("Can be paid", "good"),
    "restricted": ("Restricted", "bad"),
    "rejected": ("Rejected", "bad"),
    "closed": ("Closed", "still"),
}
LEFT_OUT = {
    "debt": "In debt. The next commissions fill it.",
    "not_active": "Not active with us: payouts rest.",
    "no_account": "Has not told us where to be paid.",
    "other_currency": "Earned in {currency}, but the pay account is in {paid_in}.",
    "account_not_ready": "The pay account is not ready.",
    "under_way": "An earlier payout is still under way.",
    "paid_today": "Paid today already. The rest goes out in the next run.",
    "below_minimum": "Below {minimum}, from which we pay out.",
}
REFUND_STATES = {
    "requested": ("Asked for", "wait"),
    "submitted": ("With the gateway", "live"),
    "succeeded": ("Gone back", "good"),
    "failed": ("Failed", "bad"),
    "canceled": ("Cancelled", "still"),
}
PAYMENT_STATES = {
    "started": ("Begun", "wait"),
    "open": ("At the checkout", "wait"),
    "processing": ("On its way", "live"),
    "captured": ("Captured", "good"),
    "failed": ("Failed", "bad"),
    "expired": ("Expired", "still"),
    "duplicate": ("Paid twice", "bad"),
    "returned": ("Sent back", "still"),
}

ACCOUNTS = {
    "gateway_cash": "Cash at the gateway",
    "bank_cash": "Cash in the bank",
    "sales": "Sales, without tax",
    "tax": "Tax to hand on",
    "commission_expense": "Commission expense",
    "fees": "Gateway's fees",
    "disputes": "Disputes",
    "fx_difference": "Exchange differences",
    "write_off": "Debts given up",
    "suspense": "Not explained yet",
    "pending": "In the return window",
    "payable": "Payable",
    "payout_clearing": "On its way out",
}

# States and steps as they stand inside "This {what} is {state}; it cannot be {action} now."
STATES = {
    "returned": "sent back",
    "pending": "waiting to be paid",
    "placed": "placed",
    "closed": "closed",
    "canceled": "cancelled",
    "expired": "expired",
    "unrouted": "not routed",
    "released": "released",
    "picking": "being picked",
    "picked": "picked",
    "packed": "packed",
    "shipped": "shipped",
    "in_transit": "on its way",
    "delivered": "delivered",
    "new": "new",
    "qualified": "qualified",
    "quoted": "quoted",
    "won": "won",
    "lost": "lost",
    "duplicate": "a duplicate",
    "unscheduled": "not scheduled",
    "scheduled": "scheduled",
    "en_route": "under way",
    "on_site": "on site",
    "done": "done",
    "signed_off": "signed off",
    "disputed": "disputed",
    "reserved": "reserved",
    "transferring": "being transferred",
    "transferred": "transferred",
    "requested": "requested",
    "paid": "paid",
    "on_hold": "on hold",
    "failed": "failed",
    "unwinding": "being taken back",
}
STEPS = {
    "called off": "called off",
    "sent back": "sent back",
    "start pick": "started",
    "pick": "picked",
    "pack": "packed",
    "hand over": "handed over",
    "canceled": "cancelled",
    "set out for": "travelled to",
    "reached": "recorded as reached",
    "reassigned": "reassigned",
    "retired": "retired",
    "marked as a duplicate": "closed as a duplicate",
}

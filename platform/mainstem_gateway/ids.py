"""Ids that look like Stripe's and tell their kind by their prefix."""

import secrets
import string

LETTERS = string.ascii_letters + string.digits

PREFIXES = {
    "checkout.session": "cs_test_a1", "payment_intent": "pi_3", "charge": "ch_3",
    "refund": "re_3", "dispute": "du_1", "transfer": "tr_1", "transfer_reversal": "trr_1",
    "payout": "po_1", "balance_transaction": "txn_1", "event": "evt_1",
    "webhook_endpoint": "we_1", "topup": "tu_1", "v2.core.account": "acct_1",
    "v2.core.account_link": "link_", "v2.core.event": "evt_test_",
    "v2.core.event_destination": "ed_test_", "destination_payment": "py_1",
    "payment_refund": "pyr_1", "payment_method": "pm_1", "bank_account": "ba_1",
    "item": "li_1", "price": "price_1", "product": "prod_", "request": "req_",
}  # fmt: skip


def new_id(kind: str) -> str:
    length = 56 if kind == "checkout.session" else 14 if kind in {"request", "product"} else 22
    return PREFIXES[kind] + "".join(secrets.choice(LETTERS) for _ in range(length))


def new_secret() -> str:
    return "whsec_" + "".join(secrets.choice(LETTERS) for _ in range(32))

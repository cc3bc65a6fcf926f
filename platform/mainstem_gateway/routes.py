"""Which verb answers which operation."""

from collections.abc import Callable

from mainstem_gateway import (
    accounts,
    balance,
    checkout,
    disputes,
    endpoints,
    events,
    own_account,
    payments,
    payouts,
    refunds,
    transfers,
)  # fmt: skip
from mainstem_gateway.operations import OPERATIONS
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON

Verb = Callable[[UnitOfWork, JSON], JSON]

VERBS: dict[str, Verb] = {
    "post /v1/checkout/sessions": checkout.create,
    "get /v1/checkout/sessions": checkout.list_all,
    "get /v1/checkout/sessions/{session}": checkout.retrieve,
    "post /v1/checkout/sessions/{session}/expire": checkout.expire,
    "get /v1/checkout/sessions/{session}/line_items": checkout.line_items,
    "get /v1/payment_intents": payments.list_intents,
    "get /v1/payment_intents/{intent}": payments.retrieve_intent,
    "post /v1/payment_intents/{intent}/cancel": payments.cancel_intent,
    "get /v1/charges": payments.list_charges,
    "get /v1/charges/{charge}": payments.retrieve_charge,
    "post /v1/charges/{charge}": payments.update_charge,
    "post /v1/refunds": refunds.create,
    "get /v1/refunds": refunds.list_all,
    "get /v1/refunds/{refund}": refunds.retrieve,
    "post /v1/refunds/{refund}": refunds.update,
    "get /v1/disputes": disputes.list_all,
    "get /v1/disputes/{dispute}": disputes.retrieve,
    "post /v1/disputes/{dispute}": disputes.update,
    "post /v1/disputes/{dispute}/close": disputes.accept,
    "post /v1/transfers": transfers.create,
    "get /v1/transfers": transfers.list_all,
    "get /v1/transfers/{transfer}": transfers.retrieve,
    "post /v1/transfers/{transfer}": transfers.update,
    "post /v1/transfers/{id}/reversals": transfers.reverse,
    "get /v1/transfers/{id}/reversals": transfers.list_reversals,
    "get /v1/transfers/{transfer}/reversals/{id}": transfers.retrieve_reversal,
    "post /v1/payouts": payouts.create,
    "get /v1/payouts": payouts.list_all,
    "get /v1/payouts/{payout}": payouts.retrieve,
    "post /v1/payouts/{payout}": payouts.update,
    "post /v1/payouts/{payout}/cancel": payouts.cancel,
    "get /v1/balance": balance.retrieve,
    "get /v1/balance_settings": balance.settings,
    "post /v1/balance_settings": balance.update_settings,
    "get /v1/balance_transactions": balance.transactions,
    "get /v1/balance_transactions/{id}": balance.transaction,
    "post /v1/topups": balance.top_up,
    "get /v1/topups": balance.list_topups,
    "get /v1/topups/{topup}": balance.retrieve_topup,
    "get /v1/events": events.list_all,
    "get /v1/events/{id}": events.retrieve,
    "post /v1/webhook_endpoints": endpoints.create,
    "get /v1/webhook_endpoints": endpoints.list_all,
    "get /v1/webhook_endpoints/{webhook_endpoint}": endpoints.retrieve,
    "post /v1/webhook_endpoints/{webhook_endpoint}": endpoints.update,
    "delete /v1/webhook_endpoints/{webhook_endpoint}": endpoints.delete,
    "get /v1/account": own_account.retrieve,
    "get /v1/country_specs/{country}": own_account.country_spec,
    "get /v1/accounts/{account}/external_accounts": accounts.list_banks,
    "post /v2/core/accounts": accounts.create,
    "get /v2/core/accounts": accounts.list_all,
    "get /v2/core/accounts/{id}": accounts.retrieve,
    "post /v2/core/accounts/{id}": accounts.update,
    "post /v2/core/accounts/{id}/close": accounts.close,
    "post /v2/core/account_links": accounts.create_link,
    "post /v2/core/event_destinations": endpoints.create_destination,
    "get /v2/core/event_destinations": endpoints.list_destinations,
    "get /v2/core/event_destinations/{id}": endpoints.retrieve_destination,
    "post /v2/core/event_destinations/{id}": endpoints.update_destination,
    "post /v2/core/event_destinations/{id}/disable": endpoints.disable_destination,
    "post /v2/core/event_destinations/{id}/enable": endpoints.enable_destination,
    "delete /v2/core/event_destinations/{id}": endpoints.delete_destination,
    "get /v2/core/events": events.list_v2,
    "get /v2/core/events/{id}": events.retrieve_v2,
}

_TEMPLATES: dict[tuple[str, int], list[tuple[list[str], str]]] = {}
for _operation in OPERATIONS:
    _method, _path = _operation.split(" ")
    _segments = _path.strip("/").split("/")
    _TEMPLATES.setdefault((_method, len(_segments)), []).append((_segments, _operation))


def find(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The operation of a request and the ids in its path."""
    given = path.strip("/").split("/")
    for segments, operation in _TEMPLATES.get((method, len(given)), ()):
        ids = {}
        for wanted, segment in zip(segments, given, strict=True):
            if wanted.startswith("{"):
                ids[wanted[1:-1]] = segment
            elif wanted != segment:
                break
        else:
            return operation, ids
    return None

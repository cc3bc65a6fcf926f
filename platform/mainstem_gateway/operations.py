"""The operations of Stripe that the gateway simulates, and the parameters it acts upon.

Everything else that Stripe knows is answered 501. An operation is here with every parameter
that changes what the gateway does or shows; a parameter that Stripe would accept and the
gateway would have to ignore is refused, because an ignored parameter is a made-up answer.
"""

LIST = ("limit", "starting_after", "ending_before", "created")

# operation -> simulated parameters; a dotted name admits that branch only, `*` admits all.
OPERATIONS: dict[str, tuple[str, ...]] = {
    "post /v1/checkout/sessions": (
        "mode", "ui_mode", "line_items.price_data.currency", "line_items.price_data.unit_amount",
        "line_items.price_data.product_data.name", "line_items.price_data.product_data.description",
        "line_items.price_data.product_data.metadata", "line_items.price_data.product_data.images",
        "line_items.price_data.tax_behavior", "line_items.quantity", "line_items.metadata",
        "success_url", "cancel_url", "client_reference_id", "customer_email", "currency", "locale",
        "expires_at", "metadata", "submit_type", "allowed_payment_method_types",
        "payment_intent_data.description", "payment_intent_data.metadata",
        "payment_intent_data.transfer_group", "payment_intent_data.statement_descriptor",
        "payment_intent_data.statement_descriptor_suffix", "payment_intent_data.receipt_email",
        "payment_intent_data.capture_method", "custom_text.submit", "billing_address_collection",
        "branding_settings.display_name", "customer_creation", "payment_method_collection",
        "adaptive_pricing.enabled",
    ),
    "get /v1/checkout/sessions": (*LIST, "payment_intent", "status"),
    "get /v1/checkout/sessions/{session}": (),
    "post /v1/checkout/sessions/{session}/expire": (),
    "get /v1/checkout/sessions/{session}/line_items": LIST,
    "get /v1/payment_intents": LIST,
    "get /v1/payment_intents/{intent}": (),
    "post /v1/payment_intents/{intent}/cancel": ("cancellation_reason",),
    "get /v1/charges": (*LIST, "payment_intent", "transfer_group"),
    "get /v1/charges/{charge}": (),
    "post /v1/charges/{charge}": ("metadata", "description"),
    "post /v1/refunds": ("amount", "charge", "payment_intent", "reason", "metadata"),
    "get /v1/refunds": (*LIST, "charge", "payment_intent"),
    "get /v1/refunds/{refund}": (),
    "post /v1/refunds/{refund}": ("metadata",),
    "get /v1/disputes": (*LIST, "charge", "payment_intent"),
    "get /v1/disputes/{dispute}": (),
    "post /v1/disputes/{dispute}": ("evidence", "metadata", "submit", "intended_submission_method"),
    "post /v1/disputes/{dispute}/close": (),
    "post /v1/transfers": (
        "amount", "currency", "destination", "description", "metadata", "transfer_group",
        "source_transaction",
    ),
    "get /v1/transfers": (*LIST, "destination", "transfer_group"),
    "get /v1/transfers/{transfer}": (),
    "post /v1/transfers/{transfer}": ("metadata", "description"),
    "post /v1/transfers/{id}/reversals": ("amount", "description", "metadata"),
    "get /v1/transfers/{id}/reversals": LIST,
    "get /v1/transfers/{transfer}/reversals/{id}": (),
    "post /v1/payouts": (
        "amount", "currency", "description", "metadata", "method", "statement_descriptor",
    ),
    "get /v1/payouts": (*LIST, "status", "arrival_date"),
    "get /v1/payouts/{payout}": (),
    "post /v1/payouts/{payout}": ("metadata",),
    "post /v1/payouts/{payout}/cancel": (),
    "get /v1/balance": (),
    "get /v1/balance_settings": (),
    "post /v1/balance_settings": ("payments.payouts.schedule.interval",),
    "get /v1/balance_transactions": (*LIST, "currency", "source", "type"),
    "get /v1/balance_transactions/{id}": (),
    "post /v1/topups": (
        "amount", "currency", "description", "metadata", "statement_descriptor", "transfer_group",
    ),
    "get /v1/topups": LIST,
    "get /v1/topups/{topup}": (),
    "get /v1/events": (*LIST, "type", "types", "delivery_success"),
    "get /v1/events/{id}": (),
    "post /v1/webhook_endpoints": (
        "url", "enabled_events", "connect", "api_version", "description", "metadata",
    ),
    "get /v1/webhook_endpoints": LIST,
    "get /v1/webhook_endpoints/{webhook_endpoint}": (),
    "post /v1/webhook_endpoints/{webhook_endpoint}": (
        "url", "enabled_events", "description", "metadata", "disabled",
    ),
    "delete /v1/webhook_endpoints/{webhook_endpoint}": (),
    "get /v1/accounts/{account}/external_accounts": ("limit", "object"),
    "post /v2/core/accounts": (
        "contact_email", "display_name", "dashboard", "identity.country", "identity.entity_type",
        "identity.business_details.registered_name", "identity.business_details.phone",
        "defaults.currency", "defaults.locales", "defaults.responsibilities", "defaults.profile",
        "configuration.recipient", "metadata", "include",
    ),
    "get /v2/core/accounts": ("limit", "page", "applied_configurations", "closed"),
    "get /v2/core/accounts/{id}": ("include",),
    "post /v2/core/accounts/{id}": ("contact_email", "display_name", "metadata", "include"),
    "post /v2/core/accounts/{id}/close": ("applied_configurations",),
    "post /v2/core/account_links": ("account", "use_case"),
    "post /v2/core/event_destinations": (
        "name", "description", "type", "event_payload", "events_from", "enabled_events",
        "webhook_endpoint.url", "include", "metadata", "snapshot_api_version",
    ),
    "get /v2/core/event_destinations": ("limit", "page", "include"),
    "get /v2/core/event_destinations/{id}": ("include",),
    "delete /v2/core/event_destinations/{id}": (),
    "get /v2/core/events": ("limit", "page", "object_id", "types"),
    "get /v2/core/events/{id}": (),
}  # fmt: skip

"""The embedded gateway: a local server that speaks Stripe's wire protocol, in test mode only.

It is an island: it imports nothing else of Mainstem, and nothing else imports it but what
starts it. The application keeps using the Stripe SDK; which Stripe answers is configuration.

    GATEWAY_WEBHOOK_SECRET=whsec_... GATEWAY_WEBHOOK_SECRET_CONNECT=whsec_... \\
    GATEWAY_WEBHOOK_SECRET_THIN=whsec_... \\
    python -m mainstem_gateway --store .data/gateway.sqlite --port 8420 \\
        --webhook http://127.0.0.1:8000/webhooks/stripe/platform \\
        --webhook-connect http://.../connect --webhook-thin http://.../v2

Whoever started it may ask it to prove who it is: `/__gateway/proof?nonce=...` answers with the
HMAC-SHA256 of the nonce under GATEWAY_PROOF_SECRET. People find its controls at /__gateway/.
`requests.json` is Stripe's own description of what may be sent (MIT, requests.LICENSE). What the
gateway only assumes: tests/contract/README.md.
"""

from mainstem_gateway.running import NotLoopback, Webhook, build_app, running, serve
from mainstem_gateway.store import StoreInUse
from mainstem_gateway.unit_of_work import Settings

__all__ = ["NotLoopback", "Settings", "StoreInUse", "Webhook", "build_app", "running", "serve"]

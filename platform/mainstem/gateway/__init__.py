"""The embedded gateway: a local server that speaks Stripe's wire protocol, in test mode only.

It is an island: it imports nothing else of Mainstem, and nothing else imports it but what
starts it. The application keeps using the Stripe SDK; which Stripe answers is configuration.
"""

from mainstem.gateway.running import NotLoopback, Webhook, build_app, running, serve
from mainstem.gateway.store import StoreInUse
from mainstem.gateway.turn import Settings

__all__ = ["NotLoopback", "Settings", "StoreInUse", "Webhook", "build_app", "running", "serve"]

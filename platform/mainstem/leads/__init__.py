"""Leads: a client asks for a service, the desk quotes, the client's yes becomes an order."""

from mainstem.leads import queries
from mainstem.leads.model import ConsentGiven, Lead, LeadWanted, Opened, Quote
from mainstem.leads.rules import (
    LEAD,
    LOST_REASONS,
    PROTECTED,
    QUOTE,
    ExternalIdTaken,
    NoDraft,
    QuoteNoLongerValid,
    allowed_actions,
    quote_actions,
)
from mainstem.leads.service import (
    accept_quote,
    decline_quote,
    draft_quote,
    expire_quotes,
    forget_claims,
    lose,
    note,
    open,
    qualify,
    send_quote,
    view_quote,
)

__all__ = [
    "LEAD",
    "LOST_REASONS",
    "PROTECTED",
    "QUOTE",
    "ConsentGiven",
    "ExternalIdTaken",
    "Lead",
    "LeadWanted",
    "NoDraft",
    "Opened",
    "Quote",
    "QuoteNoLongerValid",
    "accept_quote",
    "allowed_actions",
    "decline_quote",
    "draft_quote",
    "expire_quotes",
    "forget_claims",
    "lose",
    "note",
    "open",
    "qualify",
    "queries",
    "quote_actions",
    "send_quote",
    "view_quote",
]

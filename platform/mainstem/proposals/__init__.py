"""A plan is proposed by one person and published by another; the first one, and that of whoever is alone, at once."""

from mainstem.proposals.deciding import MayNotPublish, deny, publish, withdraw
from mainstem.proposals.proposing import ProposalWaits, Proposed, propose
from mainstem.proposals.queries import Proposal, document_of, proposal, proposals, waiting
from mainstem.proposals.rules import MAY_PUBLISH, publishes_at_once

__all__ = [
    "MAY_PUBLISH",
    "MayNotPublish",
    "Proposal",
    "ProposalWaits",
    "Proposed",
    "deny",
    "document_of",
    "proposal",
    "proposals",
    "propose",
    "publish",
    "publishes_at_once",
    "waiting",
    "withdraw",
]

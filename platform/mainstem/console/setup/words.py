"""What set-up calls the values that a document names by a word."""

from __future__ import annotations

CHOICES: dict[str, str] = {
    "en": "English",
    "sv": "Swedish",
    "picker": "Picks and packs",
    "lead_desk": "Leads, quotes and jobs",
    "finance": "Money",
    "admin": "Everything, and set-up",
    "active": "Active",
    "paused": "Paused",
    "suspended": "Suspended",
    "terminated": "Ended",
    "terms": "Terms of sale",
    "privacy": "Privacy",
    "accessibility": "Accessibility",
    "programme": "Programme terms",
    "delivered_sale": "A delivered sale",
    "off": "Never",
    "threshold": "From the threshold on",
    "on": "Always",
    "line": "By line",
    "sum_by_net": "By the sum of the nets",
    "sum_by_net_keep_gross": "By the sum, and the prices stand",
    "shared_by_value": "Shared by the value of the goods",
    "rate": "The standard rate",
    "without_tax": "The price without tax",
    "same_price": "The same price",
    "weight": "Weight",
    "value": "Value",
    "pieces": "Pieces",
}

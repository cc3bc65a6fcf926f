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
    "setup:read": "Read set-up",
    "setup:write": "Change set-up",
    "delivered_sale": "A delivered sale",
}

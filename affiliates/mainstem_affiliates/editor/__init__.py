"""The storefront editor: drafts of an affiliate's own shop, what was published, and who approved it."""

from mainstem_affiliates.editor.documents import FEATURED_MAX, TEXTS, StorefrontDraft
from mainstem_affiliates.editor.drafts import begin, discard, recall, restore, save
from mainstem_affiliates.editor.errors import (
    DraftChanged,
    DraftClosed,
    DraftWaits,
    NothingToPublish,
    NotWaiting,
)
from mainstem_affiliates.editor.first import disclosure_of, first_draft
from mainstem_affiliates.editor.live import name_of, texts_with
from mainstem_affiliates.editor.live import read as read_live
from mainstem_affiliates.editor.model import StorefrontVersion
from mainstem_affiliates.editor.model import get as get_version
from mainstem_affiliates.editor.names import is_reserved, name_problems
from mainstem_affiliates.editor.publishing import (
    Outcome,
    approve,
    merged,
    needs_approval,
    publish,
    return_draft,
)
from mainstem_affiliates.editor.queries import (
    OwnStorefront,
    PublishedVersion,
    WaitingDraft,
    own,
    storefront_named,
    versions,
    waiting,
)
from mainstem_affiliates.editor.rules import LIBRARY, SERVICES, departments, unreadable

__all__ = [
    "FEATURED_MAX",
    "LIBRARY",
    "SERVICES",
    "TEXTS",
    "DraftChanged",
    "DraftClosed",
    "DraftWaits",
    "NotWaiting",
    "NothingToPublish",
    "Outcome",
    "OwnStorefront",
    "PublishedVersion",
    "StorefrontDraft",
    "StorefrontVersion",
    "WaitingDraft",
    "approve",
    "begin",
    "departments",
    "discard",
    "disclosure_of",
    "first_draft",
    "get_version",
    "is_reserved",
    "merged",
    "name_of",
    "name_problems",
    "needs_approval",
    "own",
    "publish",
    "read_live",
    "recall",
    "restore",
    "return_draft",
    "save",
    "storefront_named",
    "texts_with",
    "unreadable",
    "versions",
    "waiting",
]

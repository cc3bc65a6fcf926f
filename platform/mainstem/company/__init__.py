"""The company itself: who it is, how it is reached, and what its clients and affiliates agree to."""

from mainstem.company.documents import (
    KINDS,
    CompanyDocument,
    publish_document,
    published_documents,
)
from mainstem.company.profile import (
    SELLER,
    Colour,
    CompanyProfile,
    Face,
    Logo,
    Profile,
    accent,
    face,
    profile,
    save_profile,
    seller,
    zone_of,
)

__all__ = [
    "KINDS",
    "SELLER",
    "Colour",
    "CompanyDocument",
    "CompanyProfile",
    "Face",
    "Logo",
    "Profile",
    "accent",
    "face",
    "profile",
    "publish_document",
    "published_documents",
    "save_profile",
    "seller",
    "zone_of",
]

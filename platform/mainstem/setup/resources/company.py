"""The company's profile and its documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstem import company
from mainstem.company import CompanyDocument, Profile
from mainstem.kit.work import Work
from mainstem.setup.resource import ONLY, Resource


def _profile(work: Work, keys: Sequence[str] | None) -> Mapping[str, Profile]:
    found = company.profile(work)
    return {ONLY: found} if found else {}


def _documents(work: Work, keys: Sequence[str] | None) -> Mapping[str, CompanyDocument]:
    found = company.published_documents(work)
    return found if keys is None else {key: found[key] for key in keys if key in found}


PROFILE = Resource(
    name="company",
    title="Company",
    one="company",
    model=Profile,
    key="",
    read=_profile,
    save=lambda work, before, said: company.save_profile(work, said),
    help="Who sells: in every shop, in every mail, on every receipt.",
)

DOCUMENTS = Resource(
    name="documents",
    title="Documents",
    one="document",
    model=CompanyDocument,
    key="kind",
    read=_documents,
    save=company.publish_document,
    columns=("kind",),
    empty="Clients look for your terms and for what you do with their data: write these two first.",
    help="Each change is a new version; the earlier ones are kept as they were agreed to.",
)

"""The programme: how companies become affiliates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstem import joining
from mainstem.joining import Programme
from mainstem.kit.work import Work
from mainstem.setup.resource import ONLY, Resource


def _programme(work: Work, keys: Sequence[str] | None) -> Mapping[str, Programme]:
    found = joining.read_programme(work)
    return {ONLY: found} if found else {}


PROGRAMME = Resource(
    name="programme",
    title="Programme",
    one="programme",
    model=Programme,
    key="",
    read=_programme,
    save=joining.save_programme,
    help="How companies become your affiliates: the page that they read, what you ask of them, and who may"
    " bring others in. Joining costs nothing and earns nobody anything.",
)

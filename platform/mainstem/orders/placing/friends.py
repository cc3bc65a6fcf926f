"""Which client sent whoever ordered: what was typed, or led there, and is no affiliate's code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from mainstem import referrals
from mainstem.attribution import Evidence
from mainstem.kit.contact import mailbox_of
from mainstem.kit.work import Work
from mainstem.orders.placing.draft import Draft
from mainstem.orders.placing.known import Known
from mainstem.referrals import FriendAsked


def keep(work: Work, drafts: list[Draft], known: Known, evidence: Evidence) -> None:
    """Keep it for those of these orders where there is something to look up: for most there is not."""
    asked = [*_asked(drafts, known, evidence.codes, evidence.participants)]
    if asked:
        referrals.keep_referrals(work, asked)


def _asked(
    drafts: list[Draft],
    known: Known,
    codes: Mapping[str, tuple[int, str]],
    participants: Mapping[str, int],
) -> Iterator[FriendAsked]:
    for draft in drafts:
        texts = [text for text in _said(draft, known) if text and text not in codes]
        if not texts:
            continue
        client = draft.client
        assert client is not None, "an order is checked before it is written"
        takes_part = mailbox_of(client.key) in participants or client.phone_key in participants
        yield FriendAsked(
            draft.wanted.home_id, draft.id, texts, client.key, client.phone_key,
            msgspec.to_builtins(client.address), takes_part, draft.at,
        )  # fmt: skip


def _said(draft: Draft, known: Known) -> Iterator[str]:
    yield draft.wanted.code.strip().upper()
    yield draft.wanted.link.strip().upper()
    lead = known.attribution_requests[draft.id].lead_credit
    if lead is not None:
        for signal in ("code", "link"):
            yield str((lead.signals.get(signal) or [""])[0]).strip().upper()

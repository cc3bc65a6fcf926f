"""Repeats: a request that has come before gets the answer that it got then."""

from __future__ import annotations

from dataclasses import replace

from mainstem.kit.errors import Refused
from mainstem.orders.errors import DuplicateExternalId, IdempotencyMismatch
from mainstem.orders.model import Placed, Totals
from mainstem.orders.placing.draft import Draft, answered
from mainstem.orders.placing.known import Known, Named, external_of, key_of


def find_repeats(
    drafts: list[Draft], known: Known
) -> tuple[list[Draft], list[tuple[Draft, Draft]]]:
    """Answer what was answered before; what is new, and (repeat, first) for repeats within."""
    first: dict[tuple[str, Named], Draft] = {}
    live, repeats = [], []
    for draft in drafts:
        draft.answer = _answer_before(draft, known)
        if draft.answer:
            continue
        names = [("key", key_of(draft))]
        if draft.wanted.external_id is not None:
            names.append(("external_id", external_of(draft)))
        before = next((first[name] for name in names if name in first), None)
        if before:
            repeats.append((draft, before))
        else:
            live.append(draft)
            first |= dict.fromkeys(names, draft)
    return live, repeats


def _answer_before(draft: Draft, known: Known) -> Placed | Refused | None:
    """The answer that this request has had before, if it has come before."""
    row = known.keys.get(key_of(draft))
    if row is None:
        number = known.externals.get(external_of(draft))
        if number is None:
            return None
        return DuplicateExternalId(external_id=draft.wanted.external_id, number=number)
    if row.fingerprint != draft.wanted.fingerprint:
        return IdempotencyMismatch()
    totals = Totals(row.items_minor, row.shipping_minor, row.tax_minor, row.total_minor)
    return Placed(row.home_id, row.id, row.number, row.currency, totals, row.pay_by, replayed=True)


def answer_repeat(repeat: Draft, first: Draft) -> bool:
    """Answer a repeat within the batch as if it had come after the first; whether it could be."""
    answer = answered(first)
    if repeat.wanted.key != first.wanted.key:
        if isinstance(answer, Refused):
            return False  # the external id is free again
        repeat.answer = DuplicateExternalId(
            external_id=repeat.wanted.external_id, number=answer.number
        )
    elif isinstance(answer, Refused):
        if repeat.wanted.fingerprint != first.wanted.fingerprint:
            return False  # so is the key
        repeat.answer = answer
    elif repeat.wanted.fingerprint != first.wanted.fingerprint:
        repeat.answer = IdempotencyMismatch()
    else:
        repeat.answer = replace(answer, replayed=True)
    return True

"""Which law something would have broken that cannot be said in a plan.

The document is closed, so what pays for recruiting or for own purchases is an unknown field or an unknown
choice. By the words in its name it is told as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mainstem.kit.errors import Problem

_RECRUITING = {
    "activate", "activated", "activation", "approval", "approve", "approved", "downline", "enrol",
    "enroll", "enrolled", "enrolment", "enrollment", "enrollments", "enrolments", "invitation",
    "invite", "invited", "join", "joined", "joining", "members", "recruit", "recruited", "recruiting",
    "recruits", "sign", "signup", "sponsored",
}  # fmt: skip
_BUYING = {
    "bought", "buy", "fee", "fees", "kit", "own", "personal", "purchase", "purchases", "subscription",
    "subscriptions", "training",
}  # fmt: skip
_STOCK = {"autoship", "goods", "inventory", "stock"}
_QUALIFYING = {"active", "least", "min", "minimum", "needs", "qualification", "qualifies", "rank"}


def unlawful(problem: Problem, sent: Mapping[str, Any]) -> str | None:
    """Which law something that cannot be said would have broken; None for a plain mistake."""
    *path, last = problem.pointer.split("/")
    if last == "hold_days":
        return "not_held" if problem.code == "missing" else "paid_before_it_is_sure"
    if problem.code == "unknown_field":
        return _of_words(_words(last), path, _levels(sent))
    if last == "pays_on":
        said = _at(sent, problem.pointer)
        found = _of_words(_words(said), [], 1) if isinstance(said, str) else None
        return found or "paid_before_it_is_sure"
    return None


def _of_words(words: set[str], path: Sequence[str], levels: int) -> str | None:
    if words & {"lead", "leads", "submission", "submitted"}:
        return "pays_for_a_lead"
    if "stock" in words and words & {"programme", "program", "starter"}:
        return "stock_without_buy_back"
    if words & _STOCK or {"auto", "ship"} <= words or {"purchase", "credit"} <= words:
        return "paid_in_stock"
    if words & {"exempt", "unheld"}:
        return "not_held"
    if ("uplines" in path or words & _QUALIFYING) and words & (_RECRUITING | _BUYING):
        return "qualifies_by_purchase_or_recruit"
    if words & {"fee", "fees", "kit"}:
        return "fee_with_levels" if levels > 1 else "pays_on_own_purchase"
    if words & _RECRUITING:
        return "pays_for_recruiting"
    if words & _BUYING:
        own = words & {"own", "personal"} and words & {"rate", "bp", "percent", "earn", "earns"}
        return "own_purchases_earn" if own else "pays_on_own_purchase"
    return None


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z]+", name.lower()))


def _levels(sent: Mapping[str, Any]) -> int:
    rules = sent.get("rules")
    listed = rules if isinstance(rules, list) else []
    return max(
        (len(rule.get("levels") or ()) for rule in listed if isinstance(rule, dict)), default=0
    )


def _at(sent: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        if isinstance(sent, list) and part.isdigit() and int(part) < len(sent):
            sent = sent[int(part)]
        elif isinstance(sent, Mapping):
            sent = sent.get(part.replace("~1", "/").replace("~0", "~"))
        else:
            return None
    return sent

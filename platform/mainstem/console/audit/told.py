"""Facts as the audit log tells them: in words, with where the thing is and what was different."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote
from uuid import UUID

import msgspec

from mainstem import setup
from mainstem.console import lists
from mainstem.console.setup.history import in_words
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.staff.layout import fact_in_words, names_of

KINDS = {
    "account": "Payout accounts",
    "affiliate": "Affiliates",
    "api_key": "API keys",
    "application": "Applications",
    "approval": "Approvals",
    "audit": "Audits of commissions",
    "binding_change": "Clients tied to another",
    "catalogue": "Catalogue files",
    "check": "Checks",
    "clock": "The clock",
    "code": "Codes",
    "commission": "Commissions",
    "company": "The company",
    "department": "Departments",
    "device": "Devices",
    "domain": "Own domains",
    "fact": "Failed tasks",
    "fulfilment": "Picking and packing",
    "goodwill": "Goodwill",
    "inquiry": "Questions about commissions",
    "job": "Jobs",
    "lead": "Leads",
    "mail": "Mail",
    "membership": "Roles",
    "network": "Network files",
    "order": "Orders",
    "password": "Passwords",
    "payment": "Payments",
    "payout": "Payouts",
    "period": "Periods",
    "person": "People",
    "picture": "Pictures",
    "plan": "Plan",
    "plan_proposal": "Proposed plans",
    "backtest": "Backtests",
    "product": "Products",
    "programme": "Programme",
    "quote": "Quotes",
    "rate": "Exchange rates",
    "reattribution": "Orders credited to another",
    "reward": "Rewards for friends",
    "receipt": "Receipts",
    "reconcile": "Asked again of the gateway",
    "recovery_code": "Recovery codes that were used",
    "recovery_codes": "Recovery codes",
    "refund": "Refunds",
    "retry": "Tried again",
    "second_factor": "Second factors",
    "session": "Sessions",
    "sessions": "Sessions, all of somebody",
    "setup": "Set-up",
    "sponsor_move": "Moves in the network",
    "stock": "Stock",
    "store_credit": "Store credit",
    "storefront": "Storefronts",
    "storefront_key": "Storefront keys",
    "webhook": "Webhook events",
    "withdrawal": "Withdrawals",
}
"""The kinds of facts, as the filter calls them."""

_PAGES = {
    "person": "/console/setup/people",
    "membership": "/console/setup/people",
    "password": "/console/setup/people",
    "api_key": "/console/setup/keys",
    "storefront_key": "/console/setup/keys",
    "rate": "/console/rates",
    "plan": "/console/plan",
    "plan_proposal": "/console/plan/proposals",
    "backtest": "/console/plan/lab",
    "check": "/console/ledger",
}
"""Where the things of a kind stand together."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class AuditRow(msgspec.Struct, frozen=True):
    """One thing that happened. `fields` are what was different, as (what, before, after)."""

    id: UUID
    at: datetime
    recorded_at: datetime
    name: str
    what: str
    subject: str
    home_id: int
    url: str
    who: str
    actor: str
    fields: list[tuple[str, str, str]]


def told(work: Work, language: Language, rows: Sequence[lists.FactRow]) -> list[AuditRow]:
    """These facts, each with its actor by name and what it changed of set-up."""
    who = names_of(work, language, [row.actor for row in rows])
    changed = _changes(work, language, rows)
    return [
        AuditRow(
            row.id,
            row.happened_at,
            row.recorded_at,
            row.name,
            fact_in_words(language, row.name),
            row.subject,
            row.home_id,
            url_of(row.name, row.home_id, row.subject),
            who.get(row.actor, row.actor),
            row.actor,
            changed.get(row.id, []),
        )
        for row in rows
    ]


def _changes(
    work: Work, language: Language, rows: Sequence[lists.FactRow]
) -> Mapping[UUID, list[tuple[str, str, str]]]:
    """What each fact of set-up made different. What is new or retired differs as a whole."""
    things = {}
    for row in rows:
        resource, slash, key = row.subject.partition("/")
        if row.name == "setup.changed" and slash and resource in setup.RESOURCES:
            things[row.id] = (resource, key, row.work_id)
    found = setup.changes_of_works(work, list(things.values()))
    return {
        id: in_words(language, setup.RESOURCES[thing[0]], found[thing])
        for id, thing in things.items()
        if thing in found
    }


def url_of(name: str, home_id: int, subject: str) -> str:
    """Where what a fact is about is seen; of what has no page of its own, all that happened to it."""
    kind = name.partition(".")[0]
    if home_id and (url := _in_home(kind, home_id, subject)):
        return url
    if kind == "setup" and "/" in subject:
        resource, _, key = subject.partition("/")
        if resource in setup.RESOURCES:
            single = setup.RESOURCES[resource].single
            edit = "" if single else f"/edit?key={quote(key, safe='')}"
            return f"/console/setup/{resource}{edit}"
    if kind in ("affiliate", "account") and subject.isdecimal():
        return f"/console/affiliates/{subject}"
    if kind == "code":
        return f"/console/codes?q={quote(subject, safe='')}"
    if kind in ("product", "department"):
        return f"/console/setup/{kind}s/edit?key={quote(subject, safe='')}"
    if kind in _PAGES:
        return _PAGES[kind]
    return f"/console/audit?about={quote(subject, safe='')}"


def _in_home(kind: str, home_id: int, subject: str) -> str:
    if kind in ("order", "commission") and _ID.fullmatch(subject):
        return f"/console/orders/{home_id}/{subject}"
    if kind in ("lead", "quote") and _ID.fullmatch(subject):
        return f"/desk/leads/{home_id}/{subject}"
    if kind == "payout" and _ID.fullmatch(subject):
        return f"/console/payouts/{home_id}/{subject}"
    order, apart, no = re.split(r"([:/])", f"{subject}::", maxsplit=1)
    no = no.strip(":")
    if _ID.fullmatch(order) and no.isdecimal():
        return {
            ("fulfilment", ":"): f"/desk/ship/{home_id}/{order}/{no}",
            ("job", "/"): f"/desk/jobs/{home_id}/{order}/{no}",
        }.get((kind, apart), "")
    return ""

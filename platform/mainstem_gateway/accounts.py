"""Connected accounts of the recipient kind, and the links that lead to their onboarding page."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import envelope
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import PLATFORM, UnitOfWork, timestamp
from mainstem_gateway.wire import JSON, invalid, missing, not_simulated, refused

LINK_MINUTES = 10
INCLUDABLE = ("configuration", "defaults", "identity", "requirements", "future_requirements")
CAPABILITIES = ("stripe_transfers", "payouts")

# What the page and the controls can make of an account.
STANDINGS = ("new", "active", "needs_document", "restricted")
DETAILS = {
    "new": ("requirements_past_due", "provide_info"),
    "needs_document": ("requirements_past_due", "provide_info"),
    "restricted": ("restricted_other", "contact_stripe"),
}
ASKED = {
    "new": ("identity", "terms_of_service", "external_account"),
    "needs_document": ("identity.individual.documents.primary_verification",),
}


def create(unit: UnitOfWork, params: JSON) -> JSON:
    if unit.account != PLATFORM:
        raise not_simulated("accounts made by a connected account")
    recipient = params.get("configuration", {}).get("recipient")
    wanted = (recipient or {}).get("capabilities", {}).get("stripe_balance", {})
    responsibilities = (params.get("defaults") or {}).get("responsibilities") or {}
    if responsibilities.get("losses_collector") == "stripe":
        raise not_simulated("accounts whose losses Stripe collects")
    id = new_id("v2.core.account")
    body = {
        "id": id,
        "object": "v2.core.account",
        "applied_configurations": ["recipient"] if recipient is not None else [],
        "closed": False,
        "created": timestamp(unit.now),
        "livemode": False,
        "metadata": params.get("metadata") or {},
    }
    for name in ("contact_email", "display_name", "dashboard"):
        if name in params:
            body[name] = params[name]
    account = unit.add(
        "v2.core.account",
        body,
        standing="new",
        bank=None,
        transfers=wanted.get("stripe_transfers", {}).get("requested", False),
        identity=params.get("identity") or {},
        defaults=params.get("defaults") or {},
    )
    _tell(unit, account, "created")
    return shown(account, params.get("include"))


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    return shown(_account(unit, unit.ids["id"]), params.get("include"))


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    closed = params.get("closed", False)
    wanted = params.get("applied_configurations")
    found = [
        a
        for a in unit.store.find("v2.core.account")
        if a.body["closed"] == closed
        and (not wanted or set(wanted) & set(a.body["applied_configurations"]))
    ]
    return v2_page(
        params, "/v2/core/accounts", ((a.seq, a) for a in found), lambda a: shown(a, None)
    )


def update(unit: UnitOfWork, params: JSON) -> JSON:
    account = _open_account(unit, unit.ids["id"])
    for name in ("contact_email", "display_name"):
        if name in params:
            account.body[name] = params[name]
    merged = account.body["metadata"] | params.get("metadata", {})
    account.body["metadata"] = {k: v for k, v in merged.items() if v}
    unit.store.save(account)
    _tell(unit, account, "updated")
    return shown(account, params.get("include"))


def close(unit: UnitOfWork, params: JSON) -> JSON:
    account = _open_account(unit, unit.ids["id"])
    owed = unit.store.db.execute(
        "SELECT 1 FROM totals WHERE account = ? AND total != 0", (account.id,)
    ).fetchone()
    if owed:
        raise refused("This account cannot be closed while it has a balance.", "account_balance")
    account.body["closed"] = True
    account.body["applied_configurations"] = []
    account.hidden["standing"] = "restricted"
    unit.store.save(account)
    _tell(unit, account, "closed")
    return shown(account, None)


def create_link(unit: UnitOfWork, params: JSON) -> JSON:
    """A page for the account's owner; it opens once and for a few minutes."""
    account = _open_account(unit, params["account"], "account")
    use_case = params["use_case"]
    if (asked := use_case.get(use_case["type"])) is None:
        where = f"use_case[{use_case['type']}]"
        raise invalid(f"Missing required param: {where}.", param=where, code="parameter_missing")
    for name in ("refresh_url", "return_url"):
        given = asked.get(name)
        if given is not None and urlsplit(given).scheme not in {"http", "https"}:
            where = f"use_case[{use_case['type']}][{name}]"
            raise invalid("Not a valid URL", param=where, code="url_invalid")
    id = new_id("v2.core.account_link")
    expires = unit.now + LINK_MINUTES * 60
    body = {
        "account": account.id,
        "created": timestamp(unit.now),
        "expires_at": timestamp(expires),
        "livemode": False,
        "object": "v2.core.account_link",
        "url": f"{unit.base_url}/setup/{id}",
        "use_case": use_case,
    }
    unit.add(
        "v2.core.account_link", {"id": id}, account_id=account.id, expires_at=expires,
        return_url=asked.get("return_url"), refresh_url=asked["refresh_url"], used=False,
    )  # fmt: skip
    return body


# -- what others ask ------------------------------------------------------------------------------


def may_receive(account: Record) -> bool:
    return bool(capabilities(account)["stripe_transfers"]["status"] == "active")


def may_pay_out(account: Record) -> bool:
    return bool(capabilities(account)["payouts"]["status"] == "active")


def capabilities(account: Record) -> dict[str, JSON]:
    """Each capability's status, from the account's standing and whether its bank still pays."""
    standing = account.hidden["standing"]
    code = DETAILS.get(standing)
    statuses = {}
    for name in CAPABILITIES:
        blocked = code
        if name == "payouts" and standing == "active" and not banks(account):
            blocked = DETAILS["new"]
        details = [{"code": blocked[0], "resolution": blocked[1]}] if blocked else []
        statuses[name] = {
            "status": "restricted" if blocked else "active",
            "status_details": details,
        }
    if not account.hidden["transfers"]:
        statuses["stripe_transfers"] = {
            "status": "unsupported",
            "status_details": [{"code": "restricted_other", "resolution": "no_resolution"}],
        }
    return statuses


# -- what the onboarding page and the controls do ---------------------------------------------------


def come_to(unit: UnitOfWork, account: Record, standing: str) -> None:
    """Move the account to a standing and tell every capability and requirement that changed."""
    if standing not in STANDINGS:
        raise invalid(f"An account's standing is one of {', '.join(STANDINGS)}.", param="standing")
    if account.body["closed"]:
        raise refused("This account is closed.", None)
    before = capabilities(account)
    account.hidden["standing"] = standing
    if standing == "active" and not banks(account):
        account.hidden["bank"] = new_id("bank_account")
    _tell_changes(unit, account, before)


def lose_bank(unit: UnitOfWork, account_id: str, currency: str) -> None:
    """A payout came back: Stripe asks for another bank account before the next one."""
    account = _account(unit, account_id)
    before = capabilities(account)
    if currency == main_currency(account):
        account.hidden["bank"] = None
    else:
        account.hidden["more_banks"] = {
            other: bank for other, bank in banks(account).items()
            if other not in (currency, main_currency(account))
        }  # fmt: skip
    _tell_changes(unit, account, before)


def add_bank(unit: UnitOfWork, account: Record, currency: str) -> None:
    """The owner adds a bank account in another currency, at their own pages."""
    before = capabilities(account)
    if currency == main_currency(account):
        account.hidden["bank"] = new_id("bank_account")
    else:
        more = account.hidden.get("more_banks", {})
        account.hidden["more_banks"] = more | {currency: new_id("bank_account")}
    _tell_changes(unit, account, before)


def main_currency(account: Record) -> str:
    """The currency of the first bank account."""
    return str(account.hidden["defaults"].get("currency") or "eur").lower()


def banks(account: Record) -> dict[str, str]:
    """The bank accounts by currency: a payout goes to the one in its own."""
    first = account.hidden["bank"]
    found = {main_currency(account): first} if first else {}
    more: dict[str, str] = account.hidden.get("more_banks", {})
    return found | more


def list_banks(unit: UnitOfWork, params: JSON) -> JSON:
    """The bank accounts, as the platform of an account with Stripe's own pages sees them."""
    account = _account(unit, unit.ids["account"], "account")
    country = str(account.hidden["identity"].get("country") or "se").upper()
    data: list[JSON] = [
        {
            "id": bank,
            "object": "bank_account",
            "account": account.id,
            "account_holder_name": None,
            "account_holder_type": "company",
            "account_type": None,
            "available_payout_methods": ["standard"],
            "bank_name": "STRIPE TEST BANK",
            "country": country,
            "currency": currency,
            "customer": None,
            "default_for_currency": True,
            "fingerprint": bank[-16:],
            "last4": "3000",
            "metadata": {},
            "routing_number": None,
            "status": "new",
        }
        for currency, bank in sorted(banks(account).items())
    ]
    limit = params.get("limit", 10)
    url = f"/v1/accounts/{account.id}/external_accounts"
    return envelope(data[:limit], len(data) > limit, url)


def returned(unit: UnitOfWork, link: Record) -> None:
    """The owner went through the link."""
    account = _account(unit, link.hidden["account_id"])
    unit.emit_thin(
        "v2.core.account_link.returned", account.id, _related(account),
        {"account_id": account.id, "configurations": ["recipient"],
         "use_case": "account_onboarding"},
    )  # fmt: skip


def _tell_changes(unit: UnitOfWork, account: Record, before: dict[str, JSON]) -> None:
    unit.store.save(account)
    for name, now in capabilities(account).items():
        if now["status"] != before[name]["status"]:
            _tell(
                unit, account, "[configuration.recipient].capability_status_updated",
                {"updated_capability": f"stripe_balance.{name}"},
            )  # fmt: skip
    _tell(unit, account, "[requirements].updated")
    _tell(unit, account, "updated")


def _tell(unit: UnitOfWork, account: Record, what: str, data: JSON | None = None) -> None:
    joint = "" if what.startswith("[") else "."
    unit.emit_thin(f"v2.core.account{joint}{what}", account.id, _related(account), data)


def _related(account: Record) -> JSON:
    url = f"/v2/core/accounts/{account.id}"
    return {"id": account.id, "type": "v2.core.account", "url": url}


# -- how an account is shown ----------------------------------------------------------------------


def shown(account: Record, include: list[str] | None) -> JSON:
    """The account; the larger parts are absent unless asked for, as v2 does."""
    body = dict(account.body)
    for part in include or []:
        match part:
            case "configuration.recipient":
                body["configuration"] = _configuration(account)
            case "identity":
                body["identity"] = account.hidden["identity"]
            case "defaults":
                body["defaults"] = _defaults(account)
            case "requirements":
                body["requirements"] = _requirements(account)
            case "future_requirements":
                body["future_requirements"] = {"entries": []}
    return body


def _configuration(account: Record) -> JSON:
    if "recipient" not in account.body["applied_configurations"]:
        return {}
    return {
        "recipient": {
            "applied": True,
            "capabilities": {"stripe_balance": capabilities(account)},
        }
    }


def _defaults(account: Record) -> JSON:
    given: dict[str, Any] = dict(account.hidden["defaults"])
    responsibilities = given.get("responsibilities") or {}
    given["responsibilities"] = responsibilities | {"requirements_collector": "stripe"}
    return given


def _requirements(account: Record) -> JSON:
    standing = account.hidden["standing"]
    asked = list(ASKED.get(standing, ()))
    if standing == "active" and not banks(account):
        asked.append("external_account")
    if not asked:
        return {"entries": []}
    due = {"status": "past_due"}
    entries = [
        {
            "awaiting_action_from": "user",
            "description": what,
            "errors": [],
            "impact": {
                "restricts_capabilities": [
                    {
                        "capability": f"stripe_balance.{name}",
                        "configuration": "recipient",
                        "deadline": due,
                    }
                    for name in CAPABILITIES
                ]
            },
            "minimum_deadline": due,
            "requested_reasons": [{"code": "routine_onboarding"}],
        }
        for what in asked
    ]
    return {"entries": entries, "summary": {"minimum_deadline": due}}


def _account(unit: UnitOfWork, id: str, param: str = "id") -> Record:
    account = unit.store.get(id, "v2.core.account")
    if account is None:
        raise missing("account", id, param)
    return account


def _open_account(unit: UnitOfWork, id: str, param: str = "id") -> Record:
    account = _account(unit, id, param)
    if account.body["closed"]:
        raise refused(f"Account {id} is closed.", "account_closed")
    return account


def v2_page(
    params: JSON, url: str, found: Iterable[tuple[int, Any]], show: Callable[[Any], JSON]
) -> JSON:
    """v2 lists: newest first, `page` a token, the next page as an address.

    `found` is read no further than the page needs; a position goes with each thing.
    """
    limit, token = params.get("limit", 20), params.get("page", "")
    if token and not token.isdecimal():
        raise invalid("Invalid page token.", param="page")
    rest = (pair for pair in found if not token or pair[0] < int(token))
    shown_now = list(islice(rest, limit))
    more = next(rest, None) is not None
    return {
        "data": [show(thing) for _, thing in shown_now],
        "next_page_url": f"{url}?limit={limit}&page={shown_now[-1][0]}" if more else None,
        "previous_page_url": None,
    }

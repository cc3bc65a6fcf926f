"""The checklist: the steps from an empty company to one that sells, each by what is there."""

from __future__ import annotations

from typing import NamedTuple

from mainstem.kit.work import Work
from mainstem_fulfillment import jobs


class Step(NamedTuple):
    """One step. `blocks` says what cannot be done before it is; a company sells without an optional one."""

    name: str
    title: str
    url: str
    blocks: str
    is_done: bool
    is_optional: bool = False


_SET = "/console/setup"
_OPTIONAL = {"programme"}
"""Not every company wants to be applied to."""

_STEPS: tuple[tuple[str, str, str, str, str], ...] = (
    ("company", "Say who the company is", f"{_SET}/company",
     "Shops do not say who sells, and mails not who writes.",
     "EXISTS (SELECT 1 FROM company_profile)"),
    ("tax", "Say whose tax you charge", f"{_SET}/tax",
     "Every article is taxed by its own rate, wherever it goes.",
     "EXISTS (SELECT 1 FROM tax_settings)"),
    ("delivery", "Say what delivery costs", f"{_SET}/delivery-zones",
     "Nothing can be ordered.",
     "EXISTS (SELECT 1 FROM shipping_rate) OR EXISTS (SELECT 1 FROM delivery_zone)"),
    ("locations", "Name a place that goods leave from", f"{_SET}/locations",
     "Nothing can be sent.",
     "EXISTS (SELECT 1 FROM location WHERE active)"),
    ("products", "Enter what you sell", f"{_SET}/products",
     "Shops are empty.",
     "EXISTS (SELECT 1 FROM product WHERE active)"),
    ("stock", "Receive what lies on your shelves", f"{_SET}/stock",
     "Goods show as sold out.",
     """EXISTS (SELECT 1 FROM stock_level WHERE on_hand > 0)
        OR NOT EXISTS (SELECT 1 FROM product WHERE active AND kind = 'goods')
           AND EXISTS (SELECT 1 FROM product WHERE active)"""),
    ("visits", "Say how long each service takes", f"{_SET}/products",
     "Its visits cannot be booked.",
     """EXISTS (SELECT 1 FROM product WHERE active) AND NOT EXISTS (
           SELECT 1 FROM product WHERE kind = 'service' AND active AND visit_minutes = 0)"""),
    ("teams", "Make a team for each service", f"{_SET}/teams",
     "Services cannot be booked.",
     f"""EXISTS (SELECT 1 FROM product WHERE active) AND NOT EXISTS (
           SELECT 1 FROM product p WHERE p.kind = 'service' AND p.active
              AND NOT EXISTS (
                     SELECT 1 FROM team t
                      WHERE t.active AND {jobs.PERFORMS}
                        AND t.day_ends - t.day_starts >= make_interval(mins => p.visit_minutes)))"""),
    ("plan", "Publish how affiliates are paid", f"{_SET}/plan",
     "No order can be taken.",
     "EXISTS (SELECT 1 FROM plan_version)"),
    ("affiliates", "Make the first affiliate", f"{_SET}/affiliates",
     "Nobody sells.",
     "EXISTS (SELECT 1 FROM affiliate WHERE state = 'active')"),
    ("storefronts", "Open the first storefront", f"{_SET}/storefronts",
     "There is nowhere to buy.",
     "EXISTS (SELECT 1 FROM storefront WHERE active)"),
    ("payments", "Connect your payments", f"{_SET}/payments",
     "No client can pay.",
     "coalesce((SELECT passed FROM payment_check ORDER BY id DESC LIMIT 1), false)"),
    ("documents", "Write your terms and what you do with data", f"{_SET}/documents",
     "Clients do not find what the law wants them told.",
     """(SELECT count(DISTINCT kind) FROM company_document WHERE kind IN ('terms', 'privacy')) = 2"""),
    ("mail", "Say who the mail is from", f"{_SET}/mail",
     "Clients, affiliates and colleagues are told nothing by mail.",
     "EXISTS (SELECT 1 FROM mail_settings)"),
    ("programme", "Open your programme", f"{_SET}/programme",
     "Companies cannot apply: you make each affiliate yourself.",
     "EXISTS (SELECT 1 FROM programme WHERE is_open)"),
    ("staff", "Invite your colleagues", f"{_SET}/people",
     "You pick, pack and pay alone.",
     "(SELECT count(DISTINCT person_id) FROM membership WHERE role <> 'affiliate' AND revoked_at IS NULL) > 1"),
)  # fmt: skip


def steps(work: Work) -> list[Step]:
    """Every step, done or not. Each looks whether there is anything at all, and counts nothing."""
    conditions = ", ".join(f"({condition}) AS {name}" for name, *_, condition in _STEPS)
    found = work.row(f"SELECT {conditions}")
    assert found is not None, "a row without a table"
    return [
        Step(name, title, url, blocks, bool(getattr(found, name)), name in _OPTIONAL)
        for name, title, url, blocks, _ in _STEPS
    ]

"""The demo company row by row, without ids and times: what stands in each table, by its own names."""

from __future__ import annotations

import hashlib
import json

from mainstem.kit.work import Work

TABLES: dict[str, str] = {
    "department": "SELECT slug, names, position, hidden, active FROM department",
    "product": """SELECT slug, kind, category, tax_bp, commissionable_bp, picture, position, active
                    FROM product""",
    "product_text": """SELECT p.slug, t.locale, t.name, t.summary, t.description
                         FROM product_text t JOIN product p ON p.id = t.product_id""",
    "variant": """SELECT v.sku, p.slug, v.name_en, v.name_sv, v.weight_g, v.position, v.active
                    FROM variant v JOIN product p ON p.id = v.product_id""",
    "price": """SELECT DISTINCT ON (v.sku, c.currency) v.sku, c.currency, c.amount_minor
                  FROM price c JOIN variant v ON v.id = c.variant_id
                 ORDER BY v.sku, c.currency, c.valid_from DESC""",
    "location": "SELECT code, name, country, position, active FROM location",
    "stock_level": """SELECT v.sku, l.code, s.on_hand, s.reserved FROM stock_level s
                        JOIN variant v ON v.id = s.variant_id JOIN location l ON l.id = s.location_id
                       WHERE s.on_hand > 0""",
    "stock_movement": """SELECT v.sku, l.code, s.delta, s.reason, s.reference FROM stock_movement s
                           JOIN variant v ON v.id = s.variant_id
                           JOIN location l ON l.id = s.location_id""",
    "team": "SELECT code, name, skills, day_starts::text, day_ends::text, active FROM team",
    "affiliate": """SELECT a.slug, a.name, a.email_key, a.country, a.locale, a.state,
                           ARRAY(SELECT b.slug FROM unnest(a.upline) WITH ORDINALITY AS u (id, no)
                                   JOIN affiliate b ON b.id = u.id ORDER BY u.no) AS upline
                      FROM affiliate a""",
    "person": "SELECT email, name FROM person",
    "membership": """SELECT p.email, m.role, coalesce(a.slug, '') AS affiliate FROM membership m
                       JOIN person p ON p.id = m.person_id
                       LEFT JOIN affiliate a ON a.id = m.affiliate_id WHERE m.revoked_at IS NULL""",
    "storefront": """SELECT s.slug, a.slug AS affiliate, s.name, s.theme, s.locales, s.currency, s.active,
                            ARRAY(SELECT p.slug FROM unnest(s.product_ids) WITH ORDINALITY AS u (id, no)
                                    JOIN product p ON p.id = u.id ORDER BY u.no) AS products,
                            (s.texts->'sv') - 'categories' AS sv, (s.texts->'en') - 'categories' AS en
                       FROM storefront s JOIN affiliate a ON a.id = s.home_id""",
    "referral_code": """SELECT c.code, a.slug, c.kind FROM referral_code c
                          JOIN affiliate a ON a.id = c.affiliate_id WHERE c.retired_at IS NULL""",
    "plan_version": "SELECT version, document FROM plan_version",
    "mail_settings": "SELECT sender_name, sender_address, reply_to FROM mail_settings",
}  # fmt: skip


def rows(work: Work) -> dict[str, dict[str, str]]:
    """What each row says, as a short hash, by table and by the row's own name."""
    return {
        table: {_name(row): _hash(row) for row in work.rows(query)}
        for table, query in TABLES.items()
    }


def _name(row: tuple[object, ...]) -> str:
    return "/".join(str(part) for part in row[:3] if isinstance(part, str | int))


def _hash(row: tuple[object, ...]) -> str:
    said = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]

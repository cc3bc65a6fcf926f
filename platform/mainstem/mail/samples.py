"""Believable data for every message: what the preview shows, and the tests render.

A shop of the demo company, whose people are invented.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from mainstem.mail import contexts
from mainstem.mail.contexts import Context
from mainstem.money import Money

_ID = UUID("01936f2a-7c00-7000-8000-000000000001")
_AT = datetime(2026, 3, 2, 8, 40, tzinfo=UTC)
_SHOP = contexts.Shop(
    name="Långkok",
    slug="langkok",
    seller="Härdviks Gjuteri AB",
    number="556123-4567",
    address="Gjutarvägen 3, 821 41 Bollnäs",
    email="hej@hardvik.example.com",
)
_ORDER = contexts.OrderRef(home_id=2, id=_ID, number="7K3Q-9FMD")
_ADDRESS = ["Storgatan 4", "821 30 Bollnäs"]
_CLIENT: dict[str, Any] = {"name": "Ylva Ström", "shop": _SHOP}
_OF_ORDER: dict[str, Any] = {**_CLIENT, "order": _ORDER}
_AFFILIATE = {"name": "Samir Haddad", "affiliate": "Långkok"}
_STAFF = "Amina Warsame"


def _sek(minor: int) -> Money:
    return Money(minor, "SEK")


_PARCEL: dict[str, Any] = {
    **_OF_ORDER,
    "carrier": "PostNord",
    "tracking": "UB104523871SE",
    "contents": [
        contexts.Content(name="Gjutjärnsgryta, 5 liter", quantity=1),
        contexts.Content(name="Grytlapp i läder", quantity=2),
    ],
    "promised_on": date(2026, 3, 9),
}
_QUOTE = contexts.QuoteMail(
    **_CLIENT,
    home_id=2,
    lead_id=_ID,
    number="4H8T-2WXA-1",
    service="Renovering av kakelugn",
    amount=_sek(1_480_000),
    scope="Nya fogar och rosterjärn, sotning och provtryckning.\nMaterial och resa ingår.",
    valid_until=datetime(2026, 3, 16, 22, 59, tzinfo=UTC),
)
_VISIT = contexts.VisitMail(
    **_OF_ORDER,
    service="Installation av kamin",
    team="Montörer norr",
    starts_at=datetime(2026, 3, 5, 8, 0, tzinfo=UTC),
    ends_at=datetime(2026, 3, 5, 11, 30, tzinfo=UTC),
    address=_ADDRESS,
    report="Kaminen är monterad och provtänd. Draget är bra, 14 Pa.",
)
_PAYOUT = contexts.PayoutMail(**_AFFILIATE, payout_id=_ID, number="P-2026-09", amount=_sek(412_050))


def _application(why: str = "") -> contexts.ApplicationStep:
    return contexts.ApplicationStep(**_AFFILIATE, application_id=_ID, why=why)


SAMPLES: dict[str, Context] = {
    "order_confirmed": contexts.OrderConfirmed(
        **_OF_ORDER,
        placed_at=_AT,
        lines=[
            contexts.Line(name="Gjutjärnsgryta, 5 liter", quantity=1, total=_sek(189_500)),
            contexts.Line(name="Grytlapp i läder", quantity=2, total=_sek(39_800)),
            contexts.Line(name="Kokbok: Långsamt och snabbt", quantity=1, total=_sek(24_900)),
        ],
        shipping=_sek(6_900),
        total=_sek(261_100),
        taxes=[
            contexts.Tax(rate_bp=2500, amount=_sek(47_240)),
            contexts.Tax(rate_bp=600, amount=_sek(1_409)),
        ],
        address=_ADDRESS,
        country="SE",
        phone="070-174 06 21",
        promised_on=date(2026, 3, 9),
        has_goods=True,
        has_services=True,
        guarantees=[
            contexts.ProducerGuarantee(
                name="Gjutjärnsgryta, 5 liter",
                sku="HV-106-5",
                producer="Härdviks Gjuteri AB",
                months=120,
            )
        ],
    ),
    "payment_failed": contexts.PaymentFailed(
        **_OF_ORDER, total=_sek(261_100), pay_by=datetime(2026, 3, 3, 8, 40, tzinfo=UTC)
    ),
    "parcel_sent": contexts.ParcelMail(**_PARCEL, withdraw_until=None),
    "parcel_delivered": contexts.ParcelMail(**_PARCEL, withdraw_until=date(2026, 3, 23)),
    "quote_sent": _QUOTE,
    "quote_reminder": _QUOTE,
    "visit_booked": _VISIT,
    "visit_reminder": _VISIT,
    "team_on_the_way": _VISIT,
    "sign_off": _VISIT,
    "refund_sent": contexts.RefundSent(**_OF_ORDER, amount=_sek(39_800)),
    "order_receipt": contexts.OrderReceipt(
        **_OF_ORDER,
        placed_at=_AT,
        lines=[
            contexts.Line(name="Gjutjärnsgryta, 5 liter", quantity=1, total=_sek(189_500)),
            contexts.Line(name="Grytlapp i läder", quantity=2, total=_sek(39_800)),
        ],
        shipping=_sek(6_900),
        total=_sek(236_200),
        taxes=[contexts.Tax(rate_bp=2500, amount=_sek(47_240))],
        address=_ADDRESS,
        country="SE",
        has_goods=True,
        paid_at=_AT,
        by_bank=False,
        refunded=_sek(0),
    ),
    "withdrawal_received": contexts.WithdrawalReceived(
        **_CLIENT,
        home_id=2,
        id=_ID,
        number="7K3Q-9FMD",
        contact="ylva@example.com",
        parts="",
        pieces=[contexts.Content(name="Grytlapp i läder", quantity=1)],
        received_at=_AT,
    ),
    "withdrawal_answered": contexts.WithdrawalAnswered(
        **_CLIENT,
        number="7K3Q-9FMD",
        received_at=_AT,
        state="partly_accepted",
        why="out_of_time",
        refunded=_sek(39_800),
        deducted=None,
        kept=[contexts.Content(name="Gjutjärnsgryta, 5 liter", quantity=1)],
    ),
    "order_canceled": contexts.OrderCanceled(**_OF_ORDER, paid=_sek(261_100)),
    "programme_invitation": contexts.ProgrammeInvitation(
        name="Samir Haddad",
        company="Härdvik",
        invited_by="Amina Warsame",
        sponsor="Kulla Hus",
        invitation_id=_ID,
        expires_at=datetime(2026, 5, 1, 8, 40, tzinfo=UTC),
    ),
    "application_confirm": contexts.ConfirmApplication(
        **_AFFILIATE, reference=_ID, expires_at=datetime(2026, 3, 4, 8, 40, tzinfo=UTC)
    ),
    "application_received": _application(),
    "application_in_review": _application(),
    "application_question": contexts.ApplicationQuestion(
        **_AFFILIATE,
        application_id=_ID,
        question="Har ni en lokal dit kunder kan komma, eller säljer ni bara på nätet?",
    ),
    "application_approved": _application(),
    "application_declined": _application("Vi har redan två butiker i samma stad."),
    "affiliate_state": contexts.AffiliateState(
        **_AFFILIATE,
        state="suspended",
        why="Butiken lovar leveranstider som vi inte håller. Ändra texten, så öppnar vi igen.",
    ),
    "first_sale": contexts.FirstSale(**_AFFILIATE, amount=_sek(20_336), number="7K3Q-9FMD"),
    "credit_digest": contexts.CreditDigest(
        **_AFFILIATE,
        period="weekly",
        since=date(2026, 2, 23),
        until=date(2026, 3, 1),
        sums=[
            contexts.CreditedSum(orders=7, credited=_sek(84_215), reversed=_sek(3_980)),
            contexts.CreditedSum(orders=1, credited=Money(1_290, "EUR"), reversed=Money(0, "EUR")),
        ],
    ),
    "payout_sent": _PAYOUT,
    "payout_failed": _PAYOUT,
    "inquiry_answered": contexts.InquiryAnswered(
        **_AFFILIATE,
        number="7K3Q-9FMD",
        asked_at=_AT,
        state="declined",
        answer="Kunden angav en kod i kassan. Den går före butiken, så ordern krediterades den som gav koden.",
    ),
    "account_needs_you": contexts.AccountNeedsYou(**_AFFILIATE, currency="SEK"),
    "storefront_opened": contexts.StorefrontMail(
        **_AFFILIATE, storefront="Långkok", slug="langkok"
    ),
    "storefront_returned": contexts.StorefrontMail(
        **_AFFILIATE,
        storefront="Långkok",
        slug="langkok",
        why="Rubriken lovar leverans på en dag. Ta bort det, så publicerar vi.",
    ),
    "storefront_waiting": contexts.StorefrontWaiting(
        name=_STAFF, affiliate="Långkok", storefront="Långkok", home_id=2, draft_id=_ID
    ),
    "domain_proved": contexts.DomainMail(
        **_AFFILIATE, storefront="Långkok", slug="langkok", host="butik.långkok.example.com"
    ),
    "domain_paused": contexts.DomainMail(
        **_AFFILIATE, storefront="Långkok", slug="langkok", host="butik.långkok.example.com"
    ),
    "sponsor_changed": contexts.SponsorChanged(
        **_AFFILIATE, told_as="moved", moved="Långkok", sponsor="Kulla Hushåll"
    ),
    "reattributed": contexts.Reattributed(**_AFFILIATE, told_as="gets", number="7K3Q-9FMD"),
    "staff_invitation": contexts.Invitation(
        name="Tuva Norling",
        company="Härdvik",
        invited_by="Nils Åkerblom",
        reference=UUID(int=1),
        expires_at=datetime(2026, 3, 9, 8, 40, tzinfo=UTC),
    ),
    "password_reset": contexts.PasswordReset(
        name=_STAFF, reference=UUID(int=1), expires_at=datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
    ),
    "new_device": contexts.NewDevice(
        name=_STAFF, at=_AT, browser="Firefox", system="Windows", place="203.0.113.x"
    ),
    "credentials_changed": contexts.CredentialsChanged(
        name=_STAFF, what="recovery_code.used", at=_AT, codes_left=9
    ),
    "new_application": contexts.NewApplication(
        name=_STAFF, affiliate="Fjällglöd", country="SE", sponsor="Kulla Hus", application_id=_ID
    ),
    "dead_letters": contexts.DeadLetters(
        name=_STAFF,
        count=3,
        tasks=[
            contexts.FailedTask(task="refund.requested → gateway", count=2),
            contexts.FailedTask(task="order.paid → fulfillment", count=1),
        ],
    ),
    "low_stock": contexts.LowStock(
        name=_STAFF,
        shelves=[
            contexts.LowShelf(
                sku="HV-106-5", name="Cast iron pot, 5 l", location="Bollnäs", free=3, mark=8
            ),
            contexts.LowShelf(sku="HV-304", name="Lantern", location="Malmö", free=0, mark=4),
        ],
    ),
    "failed_payout": contexts.FailedPayout(
        name=_STAFF,
        affiliate="Långkok",
        payout_id=_ID,
        home_id=2,
        number="P-2026-09",
        amount=_sek(412_050),
    ),
    "weekly_summary": contexts.WeeklySummary(
        name=_STAFF,
        since=date(2026, 2, 23),
        until=date(2026, 3, 1),
        sums=[
            contexts.CurrencySum(
                orders=41, sold=_sek(7_412_300), commission=_sek(613_480), paid_out=_sek(412_050)
            ),
            contexts.CurrencySum(
                orders=3,
                sold=Money(48_700, "EUR"),
                commission=Money(3_896, "EUR"),
                paid_out=Money(0, "EUR"),
            ),
        ],
        leads=4,
        failed_tasks=1,
    ),
}
"""A context for each message, by its reason."""

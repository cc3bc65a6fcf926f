"""The verbs of leads: from a client's request to an accepted quote, which becomes an order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from mainstem import attribution, orders
from mainstem.attribution import AttributionRequest
from mainstem.kit import idempotency
from mainstem.kit.bulk import RowKey
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record, record_all
from mainstem.kit.ids import new_id, short
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import COMPANY, Work
from mainstem.leads import rules
from mainstem.leads.model import Consent, Lead, LeadNote, LeadWanted, Opened, Quote
from mainstem.leads.priced import sku_of
from mainstem.leads.rules import LEAD, QUOTE, Checked, Counter
from mainstem.money import Money
from mainstem.network import ELIGIBLE
from mainstem.orders import Address, ClientDetails, LineWanted, OrderWanted, Placed, Totals

# ------------------------------------------------------------------------- a request comes in


def open(work: Work, wanted: LeadWanted) -> Opened:
    """The lead that came of a request, whether it is new, a duplicate, or was sent before.

    Raises InvalidInput with every problem at once; IdempotencyMismatch for a key that was used
    for another request; ExternalIdTaken. A refusal leaves the key free, as the Work is undone.
    """
    assert work.home == COMPANY, "whether a client is known is asked across all homes"
    counter = _counter(work, wanted)
    checked = rules.check(wanted, counter)
    if not rules.key_fits(wanted.key):
        assert isinstance(checked, list), "a key that does not fit is a problem"
        raise InvalidInput(*checked)
    lead_id = new_id()
    before = idempotency.claim(
        work,
        home_id=wanted.home_id,
        storefront_id=wanted.storefront_id,
        route="leads",
        key=wanted.key,
        fingerprint=wanted.fingerprint,
        subject_id=lead_id,
    )
    if before:
        # Asked before the problems: what was right then may name a day that has passed since.
        return _opened(work.get(Lead, (wanted.home_id, before)), replayed=True)
    if not isinstance(checked, Checked):
        raise InvalidInput(*checked)
    _refuse_taken_external_id(work, wanted)
    _refuse_a_flood(work, wanted)
    lead = _write(work, wanted, checked, counter, lead_id)
    first = _claim_contacts(work, lead, rules.contact_keys(lead))
    if first:
        _mark_duplicate(work, lead, first)
    else:
        record(work, "lead.opened", lead.id, home=lead.home_id)
    return _opened(lead)


def _counter(work: Work, wanted: LeadWanted) -> Counter:
    """What the storefront offers and the product asked for, as they are now."""
    row = work.row(
        """SELECT s.currency, s.locales, s.active AND a.state = ANY(%(eligible)s) AS takes,
                  p.id AS product_id,
                  s.product_ids IS NULL OR p.id = ANY(s.product_ids) AS sells
             FROM storefront s
             JOIN affiliate a ON a.id = s.home_id
             LEFT JOIN product p ON p.slug = %(slug)s AND p.kind = 'service' AND p.active
            WHERE s.home_id = %(home)s AND s.id = %(storefront)s""",
        home=wanted.home_id,
        storefront=wanted.storefront_id,
        slug=wanted.product,
        eligible=list(ELIGIBLE),
    )
    if row is None:
        raise NotFound("storefront")
    return Counter(
        currency=row.currency,
        locales=row.locales,
        takes=row.takes,
        product_id=row.product_id,
        sells=bool(row.sells),
        today=work.now().astimezone(work.tools.zone).date(),
    )


def _refuse_taken_external_id(work: Work, wanted: LeadWanted) -> None:
    if wanted.external_id is None:
        return
    # Two requests with one external id wait here for each other, so that the later one is told.
    work.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))",
        name=f"lead:{wanted.home_id}:{wanted.storefront_id}:{wanted.external_id}",
    )
    number = work.value(
        """SELECT number FROM lead
            WHERE home_id = %(home)s AND storefront_id = %(storefront)s
              AND external_id = %(external)s""",
        home=wanted.home_id,
        storefront=wanted.storefront_id,
        external=wanted.external_id,
    )
    if number:
        raise rules.ExternalIdTaken(wanted.external_id, number)


def _refuse_a_flood(work: Work, wanted: LeadWanted) -> None:
    """More from one network address than a household or an office would ask in an hour."""
    if not wanted.ip_address:
        return
    lately = work.value(
        """SELECT count(*) FROM (SELECT FROM consent WHERE address = %(address)s
                                    AND given_at > %(since)s LIMIT %(most)s) AS asked""",
        address=wanted.ip_address,
        since=work.now() - timedelta(hours=1),
        most=rules.ASKED_PER_HOUR_MAX,
    )
    if lately >= rules.ASKED_PER_HOUR_MAX:
        raise rules.AskedTooOften


def _write(
    work: Work, wanted: LeadWanted, checked: Checked, counter: Counter, lead_id: UUID
) -> Lead:
    """The lead, credited as is decided now, with the evidence of consent."""
    assert counter.product_id is not None
    now = work.now()
    request = AttributionRequest(
        storefront_id=wanted.storefront_id,
        home_id=wanted.home_id,
        client_key=checked.client.key,
        phone_key=checked.client.phone_key,
        code=wanted.code,
        link=wanted.link,
        at=now,
    )
    [decision] = attribution.decide(work, [request])
    lead = Lead(
        home_id=wanted.home_id,
        id=lead_id,
        number=short(lead_id),
        storefront_id=wanted.storefront_id,
        channel=wanted.channel,
        external_id=wanted.external_id,
        product_id=counter.product_id,
        state="new",
        currency=wanted.currency,
        locale=wanted.locale,
        client_key=checked.client.key,
        phone_key=checked.client.phone_key,
        client=msgspec.to_builtins(checked.client.details),
        address=msgspec.to_builtins(checked.client.address),
        message=checked.message,
        wanted_on=wanted.wanted_on,
        seller_id=decision.seller_id,
        attributed_by=decision.attributed_by,
        attribution=decision.signals,
        created_at=now,
    )
    work.add(lead)
    work.add(
        Consent(
            home_id=lead.home_id,
            id=new_id(),
            lead_id=lead.id,
            purpose="contact",
            text_version=wanted.consent.text_version.strip(),
            words=wanted.consent.words.strip(),
            given_at=now,
            address=wanted.ip_address,
        )
    )
    return lead


def _claim_contacts(work: Work, lead: Lead, keys: list[str]) -> Any | None:
    """Hold the person's contacts for this service in this storefront; the lead that came first,
    where they have asked here before or are already another's client for it.

    The rows are the lock: of two requests at the same instant one waits here for the other, and
    keys are taken in order, so that two never wait for each other.
    """
    now = work.now()
    work.run(
        """INSERT INTO lead_claim (product_id, contact_key, storefront_id, home_id, lead_id, until)
           SELECT %(product)s, key, %(storefront)s, %(home)s, %(lead)s, %(until)s
             FROM unnest(%(keys)s::text[]) AS key ORDER BY key
           ON CONFLICT (product_id, contact_key, storefront_id) DO UPDATE
              SET home_id = excluded.home_id, lead_id = excluded.lead_id, until = excluded.until,
                  protected_at = NULL
            WHERE lead_claim.until <= %(now)s""",
        product=lead.product_id,
        storefront=lead.storefront_id,
        home=lead.home_id,
        lead=lead.id,
        keys=keys,
        until=now + rules.PROTECTED,
        now=now,
    )
    return work.row(
        """SELECT l.home_id, l.id, l.number
             FROM lead_claim c JOIN lead l ON l.home_id = c.home_id AND l.id = c.lead_id
            WHERE c.product_id = %(product)s AND c.contact_key = ANY(%(keys)s::text[])
              AND c.lead_id <> %(lead)s AND c.until > %(now)s
              AND (c.storefront_id = %(storefront)s OR c.protected_at IS NOT NULL)
            ORDER BY l.created_at, l.id LIMIT 1""",
        product=lead.product_id,
        keys=keys,
        lead=lead.id,
        storefront=lead.storefront_id,
        now=now,
    )


def _mark_duplicate(work: Work, lead: Lead, first: Any) -> None:
    """Close a lead in favour of another, with any quote that is open."""
    lead.state = LEAD.step(lead.state, "mark_duplicate")
    lead.duplicate_of = first.id
    lead.attribution = rules.asked_again(lead.attribution, first.number)
    lead.closed_at = work.now()
    _withdraw_quotes(work, lead)
    _free_contacts(work, lead)
    record(work, "lead.duplicated", lead.id, home=lead.home_id)
    record(work, "lead.asked_again", first.id, home=first.home_id)


def _free_contacts(work: Work, lead: Lead) -> None:
    # In the order in which they are taken, or the two could wait for each other.
    work.run(
        """DELETE FROM lead_claim c USING (
             SELECT product_id, contact_key, storefront_id FROM lead_claim
              WHERE product_id = %(product)s AND contact_key = ANY(%(keys)s::text[])
                AND home_id = %(home)s AND lead_id = %(lead)s
              ORDER BY contact_key FOR UPDATE) mine
            WHERE c.product_id = mine.product_id AND c.contact_key = mine.contact_key
              AND c.storefront_id = mine.storefront_id""",
        product=lead.product_id,
        keys=rules.contact_keys(lead),
        home=lead.home_id,
        lead=lead.id,
    )


def _opened(lead: Lead, *, replayed: bool = False) -> Opened:
    return Opened(lead.home_id, lead.id, lead.number, lead.state, replayed)


# ------------------------------------------------------------------------- the desk works on it


def qualify(work: Work, home_id: int, lead_id: UUID, *, assigned_to: str = "") -> None:
    """The request is real and ours to do; whoever says so keeps it, unless another is named."""
    lead = work.take(Lead, (home_id, lead_id))
    lead.state = LEAD.step(lead.state, "qualify")
    lead.assigned_to = assigned_to or str(work.actor)
    record(work, "lead.qualified", lead.id, home=home_id)


def reach(work: Work, home_id: int, lead_id: UUID, *, by: str) -> None:
    """Staff have reached the client by `phone` or `email`: the request is theirs.

    From here on they are this lead's client for the service, by that contact: what comes for it
    under it through another storefront in the next thirty days is a duplicate of this.
    """
    lead = work.take(Lead, (home_id, lead_id))
    LEAD.step(lead.state, "reach")
    keys = rules.contact_keys(lead, by=by) if by in ("phone", "email") else []
    if not keys:
        raise InvalidInput(
            Problem("/by", "invalid_field", "Choose by which contact the client was reached.")
        )
    _reached(work, lead, by, keys)
    record(work, "lead.reached", lead.id, home=home_id)


def _reached(work: Work, lead: Lead, by: str, keys: list[str]) -> None:
    """Protect these contacts for this lead, unless another protects them already."""
    if lead.reached_at is None:
        lead.reached_at, lead.reached_by = work.now(), by
    for key in keys:
        # Beside another lead's client who is being reached, one waits here for the other.
        work.run(
            "SELECT pg_advisory_xact_lock(hashtextextended(%(name)s, 0))",
            name=f"lead client:{lead.product_id}:{key}",
        )
    given = {"product": lead.product_id, "keys": keys, "now": work.now()}
    work.run(
        """DELETE FROM lead_claim WHERE product_id = %(product)s
              AND contact_key = ANY(%(keys)s::text[]) AND until <= %(now)s""",
        **given,
    )
    work.run(
        """INSERT INTO lead_claim AS c
             (product_id, contact_key, storefront_id, home_id, lead_id, until, protected_at)
           SELECT %(product)s, key, %(storefront)s, %(home)s, %(lead)s, %(until)s, %(now)s
             FROM unnest(%(keys)s::text[]) AS key
            WHERE NOT EXISTS (SELECT FROM lead_claim o WHERE o.product_id = %(product)s
                                 AND o.contact_key = key AND o.protected_at IS NOT NULL)
            ORDER BY key
           ON CONFLICT (product_id, contact_key, storefront_id) DO UPDATE
              SET until = excluded.until, protected_at = excluded.protected_at
            WHERE c.home_id = excluded.home_id AND c.lead_id = excluded.lead_id""",
        storefront=lead.storefront_id,
        home=lead.home_id,
        lead=lead.id,
        until=work.now() + rules.PROTECTED,
        **given,
    )


def mark_duplicate(work: Work, home_id: int, lead_id: UUID, *, of: RowKey) -> None:
    """The same request as another lead (home, id), which goes on: this one is closed.

    Raises NotTheSameRequest for a lead of another service or client, or one that is over itself.
    """
    # In one order, whichever of the two is to be closed.
    taken = {key: work.take(Lead, key) for key in sorted({(home_id, lead_id), of})}
    lead, other = taken[home_id, lead_id], taken[of]
    LEAD.step(lead.state, "mark_duplicate")
    shared = set(rules.contact_keys(lead)) & set(rules.contact_keys(other))
    if lead is other or lead.product_id != other.product_id or not shared:
        raise rules.NotTheSameRequest(number=other.number)
    if other.state in ("lost", "duplicate"):
        raise rules.NotTheSameRequest(number=other.number)
    _mark_duplicate(work, lead, other)


def lose(work: Work, home_id: int, lead_id: UUID, *, reason: str, words: str = "") -> None:
    """Nothing comes of it, for one of LOST_REASONS; any open quote falls with it."""
    lead = work.take(Lead, (home_id, lead_id))
    lead.state = LEAD.step(lead.state, "lose")
    if reason not in rules.LOST_REASONS:
        raise InvalidInput(Problem("/reason", "invalid_field", "Choose a reason from the list."))
    lead.lost_reason = reason
    lead.closed_at = work.now()
    _withdraw_quotes(work, lead)
    if words.strip():
        refuse_unseen("/why", words, lines=True)
        _note(work, lead, words)
    _free_contacts(work, lead)
    record(work, "lead.lost", lead.id, home=home_id)


def note(work: Work, home_id: int, lead_id: UUID, *, words: str) -> None:
    """Write something down about a lead. Notes are never changed; affiliates do not see them."""
    lead = work.take(Lead, (home_id, lead_id))
    LEAD.step(lead.state, "note")
    if not 0 < len(words.strip()) <= rules.MESSAGE_MAX:
        raise InvalidInput(
            Problem(
                "/words",
                "invalid_field",
                "Write a note of at most {max} characters.",
                {"max": rules.MESSAGE_MAX},
            )
        )
    refuse_unseen("/words", words, lines=True)
    _note(work, lead, words)


def _note(work: Work, lead: Lead, words: str) -> None:
    work.add(
        LeadNote(
            home_id=lead.home_id,
            id=new_id(),
            lead_id=lead.id,
            words=words.strip(),
            actor=str(work.actor),
            at=work.now(),
        )
    )


# ------------------------------------------------------------------------- quotes


def draft_quote(
    work: Work, home_id: int, lead_id: UUID, *, amount: Money, scope: str, valid_days: int
) -> int:
    """Write the next version of the quote, or write the unsent one anew; its number.

    A version that was sent stands as it is beside the draft, until the draft is sent.
    """
    lead = work.take(Lead, (home_id, lead_id))
    LEAD.step(lead.state, "draft_quote")
    _refuse(rules.quote_problems(amount, scope, valid_days, currency=lead.currency))
    quote = next(iter(_quotes(work, lead, "draft")), None)
    now = work.now()
    if quote is None:
        quote = Quote(
            home_id=home_id,
            lead_id=lead_id,
            no=_next_no(work, lead),
            state="draft",
            currency=lead.currency,
            amount_minor=amount.minor,
            scope=scope.strip(),
            valid_until=now + timedelta(days=valid_days),
            created_by=str(work.actor),
            created_at=now,
        )
        work.add(quote)
        return quote.no
    QUOTE.step(quote.state, "edit")
    quote.amount_minor, quote.scope = amount.minor, scope.strip()
    quote.created_by, quote.created_at = str(work.actor), now
    quote.valid_until = now + timedelta(days=valid_days)
    return quote.no


def send_quote(work: Work, home_id: int, lead_id: UUID) -> int:
    """Give the draft to the client, in place of any version before it; its number.

    From here on its words stand. Its days begin now, not when it was written.
    """
    lead = work.take(Lead, (home_id, lead_id))
    lead.state = LEAD.step(lead.state, "send_quote")
    draft = next(iter(_quotes(work, lead, "draft")), None)
    if draft is None:
        raise rules.NoDraft
    for before in _quotes(work, lead, *rules.STANDING):
        before.state = QUOTE.step(before.state, "supersede")
    work.session.flush()
    now = work.now()
    draft.valid_until = now + (draft.valid_until - draft.created_at)
    draft.state = QUOTE.step(draft.state, "send")
    draft.sent_at = now
    record(work, "lead.quoted", lead.id, home=home_id)
    return draft.no


def view_quote(work: Work, home_id: int, lead_id: UUID, no: int) -> None:
    """The client has opened the quote; only the first time is a fact.

    Its link was sent to their e-mail address: they are reached by that, and the request is theirs.
    """
    lead = work.take(Lead, (home_id, lead_id))
    quote = _take_quote(work, lead, no)
    if quote.state == "sent":
        quote.state = QUOTE.step(quote.state, "view")
        _reached(work, lead, "link", rules.contact_keys(lead, by="email"))
        record(work, "quote.viewed", lead_id, home=home_id)


def accept_quote(
    work: Work,
    home_id: int,
    lead_id: UUID,
    no: int,
    *,
    name: str,
    ip_address: str = "",
    begin_words: str = "",
) -> Placed:
    """The client says yes: the quote is frozen with its hash, the lead is won, an order placed.

    `begin_words` are what they ticked who want the work to begin before their right to withdraw is
    over; they are kept with their time.

    Saying yes twice is saying it once: the lead's lock lets one through, and the next is given
    the order that came of it. Raises QuoteNoLongerValid, InvalidTransition, and whatever orders
    refuse, which undoes the acceptance with the Work.
    """
    lead = work.take(Lead, (home_id, lead_id))
    quote = _take_quote(work, lead, no)
    if quote.state == "accepted":
        return _order_of(work, lead)
    _answer(work, lead, quote, "accept", name=name, ip_address=ip_address)
    if begin_words:
        quote.begin_words, quote.begin_asked_at = begin_words, work.now()
    quote.accepted_hash = rules.hash_of(rules.words(lead.number, quote))
    lead.state = LEAD.step(lead.state, "win")
    lead.closed_at = work.now()
    for draft in _quotes(work, lead, "draft"):
        draft.state = QUOTE.step(draft.state, "supersede")
    _free_contacts(work, lead)
    record(work, "lead.won", lead.id, home=home_id)
    [placed] = orders.place(work, [_order_from(work, lead, quote)])
    if isinstance(placed, Refused):
        raise placed
    return placed


def decline_quote(
    work: Work,
    home_id: int,
    lead_id: UUID,
    no: int,
    *,
    name: str,
    words: str = "",
    ip_address: str = "",
) -> None:
    """The client says no to this version. The lead stays open, to be quoted anew or lost."""
    lead = work.take(Lead, (home_id, lead_id))
    quote = _take_quote(work, lead, no)
    _answer(work, lead, quote, "decline", name=name, ip_address=ip_address)
    if words.strip():
        refuse_unseen("/words", words, lines=True)
        _note(work, lead, words[: rules.MESSAGE_MAX])
    record(work, "quote.declined", lead.id, home=home_id)


def expire_quotes(work: Work) -> int:
    """Close every quote whose days have passed without an answer; how many."""
    now = work.now()
    expired = work.rows(
        """UPDATE quote q SET state = 'expired'
             FROM (SELECT home_id, lead_id, no FROM quote
                    WHERE state = ANY(%(standing)s) AND valid_until <= %(now)s
                    ORDER BY home_id, lead_id, no FOR UPDATE SKIP LOCKED) due
            WHERE q.home_id = due.home_id AND q.lead_id = due.lead_id AND q.no = due.no
           RETURNING q.home_id, q.lead_id""",
        standing=list(rules.STANDING),
        now=now,
    )
    record_all(work, "quote.expired", [(row.home_id, row.lead_id) for row in expired])
    work.session.expire_all()
    return len(expired)


def forget_claims(work: Work) -> int:
    """Let go of every contact whose protected time has passed; how many."""
    return work.run("DELETE FROM lead_claim WHERE until <= %(now)s", now=work.now())


# ------------------------------------------------------------------------- small parts


def _refuse(problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        raise InvalidInput(*found)


def _quotes(work: Work, lead: Lead, *states: str) -> list[Quote]:
    """The lead's quotes in these states, locked, oldest first. The lead is taken before them."""
    rows = work.rows(
        """SELECT no FROM quote WHERE home_id = %(home)s AND lead_id = %(lead)s
              AND state = ANY(%(states)s) ORDER BY no""",
        home=lead.home_id,
        lead=lead.id,
        states=list(states),
    )
    return [_take_quote(work, lead, row.no) for row in rows]


def _withdraw_quotes(work: Work, lead: Lead) -> None:
    for quote in _quotes(work, lead, "draft", *rules.STANDING):
        quote.state = QUOTE.step(quote.state, "supersede")


def _take_quote(work: Work, lead: Lead, no: int) -> Quote:
    return work.take(Quote, (lead.home_id, lead.id, no))


def _next_no(work: Work, lead: Lead) -> int:
    highest = work.value(
        "SELECT max(no) FROM quote WHERE home_id = %(home)s AND lead_id = %(lead)s",
        home=lead.home_id,
        lead=lead.id,
    )
    return (highest or 0) + 1


def _answer(
    work: Work, lead: Lead, quote: Quote, action: str, *, name: str, ip_address: str
) -> None:
    """Write the client's yes or no on the quote, or refuse it."""
    state = QUOTE.step(quote.state, action)
    now = work.now()
    refusal = rules.why_unanswerable(lead, quote, now)
    if refusal:
        raise refusal
    if problems := [*orders.text_problems("/name", name, missing="Write your name.")]:
        raise InvalidInput(*problems)
    quote.state = state
    quote.answered_at = now
    quote.answered_by = name.strip()
    quote.answered_from = ip_address


def _order_of(work: Work, lead: Lead) -> Placed:
    row = work.row(
        """SELECT id, number, currency, items_minor, shipping_minor, tax_minor, total_minor, pay_by
             FROM orders WHERE home_id = %(home)s AND lead_id = %(lead)s""",
        home=lead.home_id,
        lead=lead.id,
    )
    assert row is not None, "a lead is won by the order that came of it"
    totals = Totals(row.items_minor, row.shipping_minor, row.tax_minor, row.total_minor)
    return Placed(lead.home_id, row.id, row.number, row.currency, totals, row.pay_by, replayed=True)


def _order_from(work: Work, lead: Lead, quote: Quote) -> OrderWanted:
    sku = sku_of(work, lead.product_id)
    return OrderWanted(
        storefront_id=lead.storefront_id,
        home_id=lead.home_id,
        channel="lead",
        key=f"quote:{lead.id}:{quote.no}",
        fingerprint=bytes.fromhex(quote.accepted_hash or ""),
        currency=quote.currency,
        locale=lead.locale,
        client=ClientDetails(**lead.client),
        address=Address(**lead.address),
        lines=[LineWanted(sku=sku, quantity=1, agreed_minor=quote.amount_minor)],
        lead_id=lead.id,
        pay_within=rules.PAY_WITHIN,
    )

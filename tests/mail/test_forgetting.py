"""What old mail said is let go of; that it was told stays, and nobody is told twice."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from tests.company import KETTLE, Company, a_paid_order

from mainstem import mail, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.mail import forgetting

from .conftest import MailServer, Outbox


def test_what_a_mail_said_is_let_go_of_after_ninety_days_by_the_days_clean_up(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
    worker.drain(database)
    clock.move(timedelta(days=89))
    worker.tick(database)
    worker.drain(database)
    assert outbox.rows("order_confirmed")[0].context is not None
    clock.move(timedelta(days=2))
    worker.tick(database)
    worker.drain(database)
    [row] = outbox.rows("order_confirmed")
    assert row.context is None
    assert row.recipient_name == ""
    assert (row.subject, row.state) == (str(placed.order_id), "sent")
    # Its fact comes once more, as if from a restored queue: nobody is told again.
    sent = len(post.taken)
    with database.work() as work:
        record(work, "order.paid", placed.order_id, home=placed.home_id)
    worker.drain(database)
    assert len(post.taken) == sent
    assert len(outbox.rows("order_confirmed")) == 1


def test_what_still_waits_to_be_sent_keeps_its_words(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
    while worker.work_inside(database):
        pass
    clock.move(timedelta(days=200))
    with database.work() as work:
        assert mail.forget_bodies(work) == 0
    [row] = outbox.rows("order_confirmed")
    assert (row.state, row.context is not None) == ("queued", True)


def test_the_clean_up_takes_a_bounded_batch_oldest_first_and_never_looks_at_history(
    database: Database, database_url: str, company: Company, clock: FixedClock, outbox: Outbox
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(
            """INSERT INTO mail (home_id, id, reason, subject, recipient, recipient_key,
                                 recipient_kind, locale, context, state, created_at)
               SELECT 0, gen_random_uuid(), 'low_stock', n::text, 'a@b.example', 'a@b.example',
                      'staff', 'en', CASE WHEN n > 3000 THEN '{"name": "A"}'::jsonb END, 'kept',
                      %s - make_interval(days => 200 - n / 100)
                 FROM generate_series(1, 3100) AS n""",
            (clock.now(),),
        )
        owner.execute("ANALYZE mail")
    with database.work() as work:
        plan = "\n".join(
            row[0]
            for row in work.rows(
                "EXPLAIN SELECT home_id, id FROM mail WHERE context IS NOT NULL"
                " AND created_at < %(before)s AND state <> 'queued' ORDER BY created_at LIMIT 50",
                before=clock.now() - forgetting.KEPT,
            )
        )
        assert "mail_said" in plan, plan
        assert mail.forget_bodies(work, most=40) == 40
        left = work.rows("SELECT subject FROM mail WHERE context IS NOT NULL")
        assert min(int(row.subject) for row in left) == 3041, "the oldest went first"
        assert mail.forget_bodies(work) == 60
        assert mail.forget_bodies(work) == 0


def test_the_database_lets_no_mail_wait_without_its_words(
    database: Database, company: Company, database_url: str
) -> None:
    with (
        psycopg.connect(database_url, autocommit=True) as owner,
        pytest.raises(psycopg.errors.CheckViolation),
    ):
        owner.execute(
            """INSERT INTO mail (home_id, id, reason, subject, recipient, recipient_key,
                                 recipient_kind, locale, state, created_at)
               VALUES (0, gen_random_uuid(), 'low_stock', 'x', 'a@b.example', 'a@b.example',
                       'staff', 'en', 'queued', now())"""
        )

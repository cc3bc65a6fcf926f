"""What is let go of: applications that were rejected long enough ago, with all that was said and given,
and whom an invitation that ran out was to.

That somebody applied, and who decided, stays: facts name an id and nobody.
"""

from __future__ import annotations

from datetime import timedelta

from mainstem.joining.papers import PaperStore
from mainstem.joining.programme import programme_of
from mainstem.kit.events import record_all
from mainstem.kit.work import Work

AT_ONCE = 1000
"""How many a day's clean-up takes."""
INVITED_KEPT = timedelta(days=30)
"""So long after it ran out an invitation names whom it was to: staff may want to ask them once more."""
PAPERS_WAIT = timedelta(hours=1)
"""So long after an application was forgotten its files go: whoever gives the same paper meanwhile has it."""


def forget_rejected(work: Work, *, most: int = AT_ONCE) -> int:
    """Forget who was rejected longer ago than the programme keeps it, oldest first; how many."""
    rows = work.rows(
        """SELECT id FROM application WHERE state = 'rejected' AND decided_at < %(before)s
            ORDER BY decided_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED""",
        before=work.now() - timedelta(days=programme_of(work).kept_days),
        most=most,
    )
    ids = [row.id for row in rows]
    if not ids:
        return 0
    work.run(
        """INSERT INTO forgotten_paper (hash, forgotten_at)
           SELECT DISTINCT paper_hash, %(now)s::timestamptz FROM application_answer
            WHERE application_id = ANY(%(ids)s::uuid[]) AND paper_hash <> ''
           ON CONFLICT (hash) DO UPDATE SET forgotten_at = excluded.forgotten_at""",
        now=work.now(),
        ids=ids,
    )
    for table in (
        "application_answer", "application_question", "application_confirmation", "affiliate_step",
    ):  # fmt: skip
        work.run(f"DELETE FROM {table} WHERE application_id = ANY(%(ids)s::uuid[])", ids=ids)
    work.run("DELETE FROM application WHERE id = ANY(%(ids)s::uuid[])", ids=ids)
    record_all(work, "application.forgotten", [(0, id) for id in ids])
    return len(ids)


def forget_invited(work: Work, *, most: int = AT_ONCE) -> int:
    """Forget whom invitations were to that ran out long enough ago, oldest first; how many."""
    return work.run(
        """UPDATE programme_invitation SET email = '', name = '', forgotten_at = %(now)s
            WHERE id IN (SELECT id FROM programme_invitation
                          WHERE forgotten_at IS NULL AND expires_at < %(before)s
                          ORDER BY expires_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED)""",
        now=work.now(),
        before=work.now() - INVITED_KEPT,
        most=most,
    )


def forget_papers(work: Work) -> int:
    """Delete the files of forgotten applications that nobody else has given; how many. A file that is
    gone already is as good."""
    store: PaperStore | None = work.tools.papers
    if store is None:
        return 0
    rows = work.rows(
        """DELETE FROM forgotten_paper WHERE forgotten_at < %(before)s
           RETURNING hash, EXISTS (SELECT FROM application_answer a WHERE a.paper_hash = hash)
                  -- The same file may be the evidence of an affiliate's inquiry.
                  OR EXISTS (SELECT FROM commission_inquiry q WHERE q.paper_hash = hash) AS needed""",
        before=work.now() - PAPERS_WAIT,
    )
    gone = [row.hash for row in rows if not row.needed]
    for hash in gone:
        store.delete(hash)
    return len(gone)

"""What a client typed at the checkout and is looked up: a friend's code, a VAT number."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request

from mainstem import referrals, tax
from mainstem.identity import TooManyAttempts
from mainstem.kit.errors import Problem
from mainstem.kit.work import CLIENT, Work
from mainstem.orders import OrderRefused
from mainstem.web import app_context_of, origin_of
from mainstem.web.works import in_work
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront


async def check_code(request: Request[Any, Any, Any], code: str) -> None:
    """Raise OrderRefused for a code that leads nowhere, TooManyAttempts for whoever guesses at them."""
    address, tries = origin_of(request), app_context_of(request).wrong_codes
    if seconds := tries.wait(address):
        raise TooManyAttempts(seconds)
    try:
        await in_work(request, CLIENT, lambda work: _refuse_unknown_code(work, code))
    except OrderRefused:
        if address:
            tries.wrong(address)
        raise


def _refuse_unknown_code(work: Work, code: str) -> None:
    """Say at once that a code leads nowhere: a friend meant to be thanked with it."""
    known = work.value(
        "SELECT 1 FROM referral_code WHERE code = %(code)s AND retired_at IS NULL",
        code=code.upper(),
    )
    if not known and not referrals.is_client_code(work, code):
        raise OrderRefused(
            Problem("/code", "unknown_code", "We do not know this code. Remove it to continue.")
        )


async def check_vat_number(
    request: Request[Any, Any, Any], storefront: CachedStorefront, text: str
) -> None:
    """Look a number up at VIES where the company does so and nobody has lately. Where that cannot be
    done now, the order is taxed like anybody's."""
    rules = storefront.conditions.tax
    number = tax.plain_number(text[:40]) if text and rules.vies else None
    if number is None:
        return
    fresh = await in_work(request, CLIENT, lambda work: _checked_lately(work, number))
    if fresh:
        return
    try:
        vies = app_context_of(request).parts.get(tax.Vies)
        answer = await asyncio.to_thread(vies.check, number)
    except tax.CheckUnavailable:
        return
    await in_work(
        request,
        CLIENT,
        lambda work: tax.record_check(work, number, answer, checked_by=tax.VIES),
    )


def _checked_lately(work: Work, number: str) -> bool:
    check = tax.last_checks(work, [number]).get(number)
    return check is not None and work.now() - check.checked_at <= tax.CHECK_HOLDS

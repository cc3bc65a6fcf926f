"""A client's own store credit: shown on the page of their order, and used at the checkout from there on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, post
from litestar.params import FromPath

from mainstem import referrals, rewards, store_credit
from mainstem.identity import ANSWER
from mainstem.kit.contact import email_key
from mainstem.kit.locale import Language
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.plan import Side, book, tell_own_no_reward, tell_own_reward
from mainstem.rewards import Explanations, RewardView, SentFriend
from mainstem.store_credit import Balance
from mainstem.web import app_context_of, redirect, request_context_of, set_cookie
from mainstem.web.works import in_work
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront
from mainstem_affiliates.storefront.layout import Page
from mainstem_affiliates.storefront.order_link import in_force, opened, shopper_of


class OwnFriend(msgspec.Struct, frozen=True):
    """A friend whom a client sent: when they ordered, what it gives the client, and why, without what is
    the friend's own."""

    placed_at: datetime
    stands: Money
    told: str


class OwnRewards(msgspec.Struct, frozen=True):
    """Whom a client has sent, and why this order gives its client something as a friend who was sent, or
    nothing: empty where nobody sent them or nothing was delivered yet."""

    friends: list[OwnFriend]
    reward: str


class OwnCredit(msgspec.Struct, frozen=True):
    """What a client has, what of it this order was paid with, and the code that they give a friend: empty
    where the plan rewards no friend."""

    balances: list[Balance]
    spent_minor: int
    code: str
    proof: str
    """What shows a storefront elsewhere that it is theirs; empty where there is nothing to use."""


@dataclass(frozen=True, slots=True)
class Rewarded:
    """Whom an order's client has sent, what that gave, and what the order gives as a friend's, not yet in words."""

    friends: Sequence[SentFriend] = ()
    said: Explanations = field(default_factory=dict)
    reward: RewardView | None = None


NOTHING = OwnCredit([], 0, "", "")


def of_order(work: Work, home_id: int, order_id: UUID, *, secret: str) -> OwnCredit:
    """What the client of an order has, for the page that only they open."""
    key = client_of(work, home_id, order_id)
    plan = book.now(work)
    may_send = plan is not None and plan.refer_a_friend is not None
    is_sold = may_send and work.value(
        "SELECT delivered_at IS NOT NULL FROM orders WHERE home_id = %(home)s AND id = %(order)s",
        home=home_id,
        order=order_id,
    )
    balances = store_credit.balances_of(work, key)
    return OwnCredit(
        balances,
        store_credit.spent_on(work, home_id, order_id),
        referrals.client_code(work, key) if is_sold else "",
        store_credit.proof_of(secret, key) if any(one.usable_minor for one in balances) else "",
    )


def rewarded(work: Work, home_id: int, order_id: UUID) -> Rewarded:
    """What sending friends has to do with the client of an order."""
    friends = rewards.friends_of(work, client_of(work, home_id, order_id))
    return Rewarded(
        friends,
        rewards.explanations_of(work, [(one.home_id, one.order_id) for one in friends]),
        rewards.reward_of(work, home_id, order_id),
    )


def in_words(own: Rewarded, language: Language) -> OwnRewards:
    """The rewards of a client as their page tells them."""
    friends = [
        OwnFriend(
            one.placed_at,
            one.stands,
            _told(own.said.get((one.home_id, one.order_id, "referrer")), language, side="referrer"),
        )
        for one in own.friends
    ]
    if own.reward is None:
        return OwnRewards(friends, "")
    why = own.reward.why
    told = _told(own.reward.explanations.get("friend"), language, side="friend")
    return OwnRewards(friends, told or (tell_own_no_reward(why, language) if why else ""))


def _told(said: Mapping[str, Any] | None, language: Language, *, side: Side) -> str:
    return tell_own_reward(said, language, side=side) if said else ""


def client_of(work: Work, home_id: int, order_id: UUID) -> str:
    """By what the client of an order is known."""
    return str(
        work.value(
            "SELECT client_key FROM orders WHERE home_id = %(home)s AND id = %(order)s",
            home=home_id,
            order=order_id,
        )
    )


def owner(request: Request[Any, Any, Any], storefront: CachedStorefront) -> str:
    """Whose store credit this visitor may use: the client's e-mail, or empty."""
    app_context = app_context_of(request)
    name = app_context.cookie_name(f"store-credit-{storefront.slug}")
    kept = request_context_of(request).cookies.get(name)
    text = kept.value if kept else request.cookies.get(name, "")
    return store_credit.proven(app_context.settings.secret, text)


def uses(owner_key: str, typed: str) -> bool:
    """Whether an order with this e-mail uses it. Before one is typed, it is taken to be theirs."""
    return bool(owner_key) and (not typed.strip() or email_key(typed) == owner_key)


@post("/order/{token:str}/store-credit", status_code=200)
async def use_credit(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The client wants their store credit to be used for what they buy next in this storefront."""
    link = opened(request, token, ANSWER)

    def look(work: Work) -> str:
        in_force(work, link)
        return client_of(work, link.home_id, link.order_id)

    key = await in_work(request, CLIENT, look)
    shopper = await shopper_of(request, link.home_id, link.order_id)
    set_cookie(
        request,
        f"store-credit-{shopper.storefront.slug}",
        store_credit.proof_of(app_context_of(request).settings.secret, key),
        seconds=int(store_credit.PROVES_FOR.total_seconds()),
    )
    said = (
        "Your store credit is taken off at the checkout, if you order with the same e-mail address."
    )
    return redirect(request, shopper.links(""), notice=shopper.language.text(said))


routes = [use_credit]

"""The three stories, told by a company of their own: real database, gateway, web and worker.

Goods are sold, shipped, credited and paid out. A service goes from enquiry to sign-off. Money goes
back after the payout and leaves a debt, which the next sale fills. Every step is taken by what it
finds, not by what was done before: kill any part of the company in the middle and it goes on.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import sqlalchemy.exc

import mainstem_postgres as postgres
from mainstem import flow, invariants, leads, ledger, orders, payments, payouts, plan, running
from mainstem.earnings import queries as commission_queries
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.locale import Language
from mainstem.kit.work import CLIENT, SYSTEM, Actor
from mainstem.money import Money
from mainstem.orders import Address, ClientDetails, LineWanted, OrderWanted, Placed
from mainstem.paths import TEMPLATES
from mainstem.payments import Gateway, GatewayUnavailable
from mainstem.simulate import demo
from mainstem_fulfillment import jobs, shipments

# Longer than a killed worker's lease on what it was at lasts.
_PATIENCE_SECONDS = 180.0
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, sqlalchemy.exc.DBAPIError,
         sqlalchemy.exc.TimeoutError, GatewayUnavailable, OSError)  # fmt: skip
Got = TypeVar("Got")

STAFF = Actor("staff", "1")
ASTRID = ClientDetails("Astrid Falk", "astrid.falk@example.com", "+46 70 174 06 21")
AT_HOME = Address("Kungsgatan 12", "111 35", "Stockholm", "SE")


def tell(data: Path | None = None) -> int:
    """Tell the stories on a throw-away company; 0 when every check passes at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="mainstem-story-") as folder,
        _a_company(data or Path(folder)) as runner,
    ):
        sold = runner.goods()
        runner.service()
        runner.money_back(sold)
        return runner.books()


@contextmanager
def _a_company(data: Path) -> Iterator[_StoryRunner]:
    """A whole company in a folder, started as `mainstem run` starts it and stopped at the end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAINSTEM_", "STRIPE_"))}
    data.mkdir(parents=True, exist_ok=True)
    log = (data / "story.log").open("ab")
    company = subprocess.Popen(
        [sys.executable, "-m", "mainstem", "run", "--no-demo"],
        env=kept | {"MAINSTEM_DATA": str(data), "MAINSTEM_PORT": "8500"},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        place = _await_place(data, company)
        yield _StoryRunner(data, place["web"], place["gateway"])
    finally:
        company.send_signal(signal.SIGINT)
        try:
            company.wait(30)
        except subprocess.TimeoutExpired:
            company.kill()
        log.close()


def _await_place(data: Path, company: subprocess.Popen[bytes]) -> dict[str, str]:
    end = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < end:
        if company.poll() is not None:
            raise RuntimeError((data / "story.log").read_text()[-2000:])
        if places := running.addresses(data):
            return places
        time.sleep(0.1)
    raise TimeoutError("the company did not start")


@dataclass(slots=True)
class _Balance:
    pending: int
    payable: int
    clearing: int


class _StoryRunner:
    """Acts as everybody in the story: clients, staff, and the bank behind the gateway's controls."""

    def __init__(self, data: Path, web: str, gateway: str) -> None:
        self.web, self.gateway_url = web, gateway
        server = postgres.find(data / "pg")
        assert server is not None, "the company's database is up"
        self.database = Database(
            server.admin_url(running.DATABASE),
            tools=flow.tools(gateway=Gateway("sk_test_embedded", api_base=gateway), public_url=web),
            demo=True,
            pool=2,
        )
        self.words = Language("en", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))
        self.step_no = 0
        self._again(lambda: demo.found(self.database))
        self._again(lambda: demo.open_pay_accounts(self.database, gateway_url=gateway))
        with self.database.work(SYSTEM) as work:
            self.shops = {
                row.slug: row
                for row in work.rows("SELECT slug, id, home_id, currency FROM storefront")
            }
            self.ids = {row.slug: row.id for row in work.rows("SELECT slug, id FROM affiliate")}

    # ------------------------------------------------------------ the stories

    def goods(self) -> Placed:
        """An order of goods, from the basket to the payout."""
        self._chapter("Goods: Astrid buys from Långkok, whom Kulla sponsors")
        placed = self._order("goods-0001", [("HV-108", 2)])
        self._say(f"Order {placed.number} placed: {self._money(placed.total_minor)}")
        self._pay(placed)
        self._ship(placed)
        self._until("commission is credited", lambda: self._lines(placed))
        self._explain(placed)
        self._tell_balances("Credited, inside the return window")
        self._pass_days(40, "The return window closes")
        self._until("the hold is over", lambda: self._balance("langkok").pending == 0)
        self._tell_balances("Payable")
        self._pay_out()
        self._tell_balances("Paid out")
        return placed

    def service(self) -> None:
        """A service, from the enquiry to the commission at service rates."""
        self._chapter("A service: Astrid asks Kulla for an installation")
        shop = self.shops["kulla"]
        opened = self._again(lambda: self._enquire(shop))
        self._say(f"Lead {opened.number} opened")
        placed = self._again(lambda: self._quote_and_accept(shop, opened.lead_id))
        self._say(f"Quote accepted, order {placed.number}: {self._money(placed.total_minor)}")
        self._pay(placed)
        self._perform(placed)
        self._until("commission is credited", lambda: self._lines(placed))
        self._explain(placed)
        self._tell_balances("Credited at service rates")

    def money_back(self, first: Placed) -> None:
        """A partial refund after the payout, and the sale that fills the debt."""
        self._chapter("Money goes back: one pot of two is returned after the payout")
        self._again(lambda: self._refund_half(first))
        self._until("the refund is through", lambda: self._refunded(first))
        self._until("the commission is taken back", lambda: self._balance("langkok").payable < 0)
        self._explain(first)
        self._tell_balances("A visible debt")
        second = self._order("goods-0002", [("HV-108", 2)])
        self._say(f"Next order {second.number}: {self._money(second.total_minor)}")
        self._pay(second)
        self._ship(second)
        self._until("commission is credited", lambda: self._lines(second))
        self._pass_days(80, "The next return window closes")
        self._until("the debt is filled", self._owes_nothing)
        self._tell_balances("The debt was filled first")
        self._pay_out()
        self._tell_balances("Paid out")

    def books(self) -> int:
        """Print the books and how many checks passed; 0 when all did."""
        self._chapter("The books")
        self._until("nothing waits", self._is_quiet)
        with self.database.work(SYSTEM) as work:
            for account, currency, debits, credits in ledger.trial_balance(work):
                self._print(f"  {account:<20} {currency}  {debits:>12}  {credits:>12}")
            totals: dict[str, int] = {}
            for _, currency, debits, credits in ledger.trial_balance(work):
                totals[currency] = totals.get(currency, 0) + credits - debits
            self._print(f"  sum {totals}")
            findings = invariants.check(work)
        broken = [finding for finding in findings if finding.wrong]
        for finding in broken:
            self._print(
                f"  FAILED  {finding.invariant}: {finding.wrong}, such as {finding.example}"
            )
        self._print(f"  {len(findings) - len(broken)}/{len(findings)} checks passed")
        self.database.close()
        return 1 if broken else 0

    # ------------------------------------------------------------ what people do

    def _order(self, key: str, lines: list[tuple[str, int]]) -> Placed:
        shop = self.shops["langkok"]
        wanted = OrderWanted(
            storefront_id=shop.id,
            home_id=shop.home_id,
            channel="storefront",
            key=f"story-of-{key}",
            fingerprint=key.encode(),
            currency=shop.currency,
            locale="sv",
            client=ASTRID,
            address=AT_HOME,
            lines=[LineWanted(sku, quantity) for sku, quantity in lines],
        )

        def place() -> Placed:
            with self.database.work(CLIENT) as work:
                [answer] = orders.place(work, [wanted])
            if not isinstance(answer, Placed):
                raise answer
            return answer

        return self._again(place)

    def _enquire(self, shop: Any) -> leads.Opened:
        with self.database.work(CLIENT) as work:
            return leads.open(
                work,
                leads.LeadWanted(
                    storefront_id=shop.id,
                    home_id=shop.home_id,
                    channel="storefront",
                    key="story-of-a-service",
                    fingerprint=b"story",
                    product="installation",
                    client=ClientDetails(
                        "Astrid Falk", "astrid@falk.example.com", "+46 70 174 06 22"
                    ),
                    address=AT_HOME,
                    consent=leads.ConsentGiven(
                        given=True, text_version="2026-01", words="You may contact me about this."
                    ),
                    locale="sv",
                    currency=shop.currency,
                    message="En kamin i ett hus från 1912.",
                ),
            )

    def _quote_and_accept(self, shop: Any, lead_id: UUID) -> Placed:
        home = shop.home_id
        with self.database.work(STAFF) as work:
            state = work.value(
                "SELECT state FROM lead WHERE home_id = %(home)s AND id = %(id)s",
                home=home,
                id=lead_id,
            )
            if state == "new":
                leads.qualify(work, home, lead_id)
            if state in ("new", "qualified"):
                leads.draft_quote(
                    work, home, lead_id, amount=Money(1850000, shop.currency),
                    scope="Kaminen bärs in, ansluts och provtänds.", valid_days=30,
                )  # fmt: skip
                leads.send_quote(work, home, lead_id)
        with self.database.work(CLIENT) as work:
            return leads.accept_quote(work, home, lead_id, 1, name="Astrid Falk")

    def _pay(self, placed: Placed) -> None:
        def pay() -> bool:
            if self._state(placed).paid_minor:
                return True
            url = payments.start(
                self.database, placed.home_id, placed.order_id,
                success_url=f"{self.web}/", cancel_url=f"{self.web}/",
            )  # fmt: skip
            session = self._session(placed)
            assert url, "there is a page to pay on"
            with suppress(OSError):  # the try before may have paid it; the order will say
                demo.trigger(self.gateway_url, "sessions/pay", session=session, card="success")
            return bool(self._state(placed).paid_minor)

        self._until("the payment has arrived", lambda: self._unless_paid(pay, placed))
        self._say(f"Paid on the gateway's page: order {placed.number} is placed for good")

    def _unless_paid(self, pay: Callable[[], bool], placed: Placed) -> bool:
        try:
            return pay()
        except payments.OrderNotPayable:
            return bool(self._state(placed).paid_minor)

    def _session(self, placed: Placed) -> str:
        with self.database.work(SYSTEM) as work:
            return str(
                work.value(
                    """SELECT session_id FROM payment WHERE home_id = %(home)s
                          AND order_id = %(order)s ORDER BY attempt DESC LIMIT 1""",
                    home=placed.home_id,
                    order=placed.order_id,
                )
            )

    def _ship(self, placed: Placed) -> None:
        """Take whichever step is next until the parcel is delivered."""

        def advance() -> bool:
            with self.database.work(STAFF) as work:
                row = work.row(
                    """SELECT f.no, f.state, p.state AS parcel FROM fulfilment f
                         LEFT JOIN parcel p ON p.home_id = f.home_id AND p.order_id = f.order_id
                              AND p.fulfilment_no = f.no
                        WHERE f.home_id = %(home)s AND f.order_id = %(order)s
                          AND f.state <> 'canceled' ORDER BY f.no LIMIT 1""",
                    home=placed.home_id,
                    order=placed.order_id,
                )
                if row is None or row.state == "unrouted":
                    return False
                key = (placed.home_id, placed.order_id, row.no)
                if row.state == "released":
                    shipments.start_pick(work, key)
                elif row.state == "picking":
                    for line in shipments.contents(work, key):
                        if line.quantity > line.picked:
                            shipments.pick(
                                work, key, line.sku, quantity=line.quantity - line.picked
                            )
                elif row.state == "picked":
                    label = (placed.order_id.int + row.no) % 10**9
                    shipments.pack(work, key, carrier="PostNord", tracking=f"UB{label:09}SE")
                elif row.state == "packed":
                    shipments.hand_over(work, key)
                elif row.parcel == "in_transit":
                    shipments.deliver(work, [key])
                return bool(row.parcel == "delivered")

        self._until("the parcel is delivered", advance)
        self._say("Picked, packed, handed over and delivered")

    def _perform(self, placed: Placed) -> None:
        """Take whichever step is next until the job is signed off."""
        key = jobs.JobKey(placed.home_id, placed.order_id, 1)

        def advance() -> bool:
            with self.database.work(STAFF) as work:
                state = work.value(
                    """SELECT state FROM job WHERE home_id = %(home)s AND order_id = %(order)s""",
                    home=placed.home_id,
                    order=placed.order_id,
                )
                if state == "unscheduled":
                    slot = _first_free(work, key)
                    jobs.schedule(work, key, team_id=slot[0], starts_at=slot[1])
                elif state == "scheduled":
                    jobs.depart(work, key)
                elif state == "en_route":
                    jobs.arrive(work, key)
                elif state == "on_site":
                    jobs.finish(work, key, report="Ansluten, tätad och provtänd.")
                elif state == "done":
                    jobs.sign_off(work, key, by="Astrid Falk")
                return bool(state == "signed_off")

        self._until("the job is signed off", advance)
        self._say("Assigned to a team, performed and signed off")

    def _refund_half(self, placed: Placed) -> None:
        with self.database.work(STAFF) as work:
            half = placed.total_minor // 2
            asked = work.value(
                """SELECT count(*) FROM refund WHERE home_id = %(home)s AND order_id = %(order)s""",
                home=placed.home_id,
                order=placed.order_id,
            )
            if not asked:
                payments.request_refund(
                    work, placed.home_id, placed.order_id, amount_minor=half, reason="withdrawal",
                    lines=[(1, half)],
                )  # fmt: skip
                self._say(f"{self._money(half)} of order {placed.number} is to go back")

    def _pay_out(self) -> None:
        """Run payouts as the clock's Monday would, and wait until the money has arrived."""

        def run() -> int:
            with self.database.work(SYSTEM) as work:
                return payouts.run(work, work.now().date())

        self._again(run)

        def arrived() -> bool:
            with self.database.work(SYSTEM) as work:
                open_ones = work.rows("SELECT payout_id FROM payout WHERE state <> 'paid'")
            for row in open_ones:
                if row.payout_id:
                    with suppress(OSError):
                        demo.trigger(self.gateway_url, "payouts/arrive", payout=row.payout_id)
            return not open_ones

        self._until("the payout has arrived", arrived)
        with self.database.work(SYSTEM) as work:
            rows = work.rows(
                """SELECT p.number, p.amount_minor, p.currency, a.name FROM payout p
                     JOIN affiliate a ON a.id = p.home_id ORDER BY p.reserved_at, a.id"""
            )
        for row in rows:
            amount = self.words.money(Money(row.amount_minor, row.currency))
            self._say(f"Payout {row.number} to {row.name}: {amount} arrived")

    def _pass_days(self, days: int, words: str) -> None:
        """Move the company's clock to so many days from the real now; the clock's facts follow."""

        def move() -> int:
            with self.database.work(SYSTEM) as work:
                return work.run(
                    "UPDATE demo_clock SET ahead = greatest(ahead, %(ahead)s)",
                    ahead=timedelta(days=days),
                )

        self._again(move)
        day = (datetime.now(UTC) + timedelta(days=days)).date()
        self._until("the days have passed", lambda: self._released() >= day)
        self._say(f"{words}: it is {day}")

    # ------------------------------------------------------------ what is seen

    def _state(self, placed: Placed) -> Any:
        with self.database.work(SYSTEM) as work:
            return work.row(
                "SELECT state, paid_minor, refunded_minor FROM orders WHERE home_id = %(h)s AND id = %(o)s",
                h=placed.home_id,
                o=placed.order_id,
            )

    def _refunded(self, placed: Placed) -> bool:
        return bool(self._state(placed).refunded_minor)

    def _lines(self, placed: Placed) -> bool:
        with self.database.work(SYSTEM) as work:
            return bool(commission_queries.of_order(work, placed.home_id, placed.order_id))

    def _released(self) -> Any:
        with self.database.work(SYSTEM) as work:
            return work.value("SELECT coalesce(max(day), '2000-01-01') FROM release_day")

    def _is_quiet(self) -> bool:
        with self.database.work(SYSTEM) as work:
            return not work.value(
                "SELECT count(*) FROM fact_waiting WHERE name NOT LIKE 'clock.%%'"
            )

    def _balance(self, slug: str) -> _Balance:
        with self.database.work(SYSTEM) as work:
            found = ledger.balances(work, [self.ids[slug]])
        by_account = {
            account: minor for (_, account, currency), minor in found.items() if currency == "SEK"
        }
        return _Balance(
            by_account.get("pending", 0),
            by_account.get("payable", 0),
            by_account.get("payout_clearing", 0),
        )

    def _owes_nothing(self) -> bool:
        # What fills more than the debt may be on its way already: the days that pass have a Monday.
        balance = self._balance("langkok")
        return balance.pending == 0 and balance.payable >= 0

    def _explain(self, placed: Placed) -> None:
        with self.database.work(SYSTEM) as work:
            lines = commission_queries.of_order(work, placed.home_id, placed.order_id)
        for line in lines:
            amount = self.words.money(Money(line.amount_minor, line.currency))
            self._say(f"{line.beneficiary}: {amount}. {plan.tell(line.explanation, self.words)}")

    def _tell_balances(self, words: str) -> None:
        for slug in ("langkok", "kulla"):
            b = self._balance(slug)
            self._say(
                f"{words}, {slug}: pending {self._money(b.pending)}, payable {self._money(b.payable)},"
                f" on its way {self._money(b.clearing)}"
            )

    # ------------------------------------------------------------ telling

    def _until(self, what: str, is_so: Callable[[], Any]) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                if is_so():
                    return
            except (*_AWAY, InvalidTransition) as error:
                last: Exception | None = error
            else:
                last = None
            if time.monotonic() > end:
                raise TimeoutError(f"still waiting: {what}") from last
            time.sleep(0.1)

    def _again(self, act: Callable[[], Got]) -> Got:
        """Act until the database and the gateway let us: every act here may be repeated."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return act()
            except _AWAY:
                if time.monotonic() > end:
                    raise
                time.sleep(0.2)

    def _money(self, minor: int) -> str:
        return self.words.money(Money(minor, "SEK"))

    def _chapter(self, words: str) -> None:
        self._print(f"\n{words}")

    def _say(self, words: str) -> None:
        self.step_no += 1
        self._print(f"  {self.step_no:>2}  {words}")

    def _print(self, words: str) -> None:
        print(words, flush=True)  # noqa: T201


def _first_free(work: Any, key: jobs.JobKey) -> tuple[int, datetime]:
    """The first team and time that can do it, tomorrow or later."""
    tomorrow = (work.now() + timedelta(days=1)).date()
    for team in jobs.free_slots(work, key, first_day=tomorrow, days=14):
        for start in team.starts:
            return team.team_id, start
    raise LookupError("no team is free")

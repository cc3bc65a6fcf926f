"""What one guest's paid order costs: by pages up to the redirect, and until it is paid and routed.

    python benchmarks/guest.py [--orders N] [--json]

The demo company, as `mainstem run` starts it, in a folder of its own: a web process, a worker, the
embedded gateway and PostgreSQL. A guest opens a product, puts it in the basket, opens the checkout,
orders, pays on the gateway's page, comes back and reads the page of the order; then everything that
follows is waited for. CPU time is the kernel's own account of each process. The gateway and the
guest are somebody else's machines: they are told apart and not counted, and neither is what the
company's processes use while nobody is there. Beside it stands what an order of the same article costs
over the API in the same run, where there are no pages and no payment.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

import mainstem_postgres as postgres
from capture import cpu_of_tree
from mainstem import flow, identity, running
from mainstem.kit.db import Database

STOREFRONT = "langkok"
WARM_UP = 10
COUNTED = ("web", "worker", "postgres")
TO_REDIRECT_GOAL, TO_ROUTED_GOAL = 15, 60
"""What a guest's order may cost in milliseconds, where one over the API took 7 on 22 November 2026."""
IDLE_SECONDS = 10
STEPS = ("product", "basket", "checkout", "order")
PROCESSES = (*COUNTED, "gateway")
ADDRESS = {
    "line1": "Storgatan 1",
    "line2": "",
    "postal_code": "114 55",
    "city": "Stockholm",
    "country": "SE",
}
Used = dict[str, float]


class Guest:
    """A browser: its own connection, its own cookies, an address of its own behind our proxy: few
    orders of one address may wait to be paid at a time."""

    def __init__(self, base: str, number: int) -> None:
        address = f"10.1.{number // 256}.{number % 256}"
        self._client = httpx.Client(
            base_url=base,
            headers={"X-Forwarded-For": address},
            timeout=30,
            follow_redirects=False,
        )

    def get(self, path: str) -> str:
        """A page's text, wherever it leads."""
        answer = self._client.get(path, follow_redirects=True)
        answer.raise_for_status()
        return answer.text

    def post(self, path: str, form: dict[str, str]) -> str:
        """Where a form leads to."""
        url = self._client.base_url.join(path)
        answer = self._client.post(
            url, data=form, headers={"Origin": f"{url.scheme}://{url.netloc.decode()}"}
        )
        if not answer.is_redirect:
            raise SystemExit(f"{url}: {answer.status_code}\n{answer.text[:2000]}")
        return str(url.join(answer.headers["location"]))

    def close(self) -> None:
        """Go."""
        self._client.close()


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


class RunningCompany:
    """The running company: its processes, and what each has used."""

    def __init__(self, supervisor: int, url: str, database: Any, web: str) -> None:
        self.database, self.web, self._url = database, web, url
        self._processes = {
            name: process.pid
            for process in psutil.Process(supervisor).children(recursive=True)
            if (name := _name(process))
        }
        assert set(self._processes) == {*COUNTED, "gateway"}, self._processes

    def cpu(self) -> dict[str, float]:
        """CPU milliseconds of each process so far, with all that it has started."""
        return {name: 1000 * cpu_of_tree(pid) for name, pid in self._processes.items()}

    def key(self) -> str:
        """A key of the storefront's own."""
        database = Database(self._url, tools=flow.tools(), pool=1)
        try:
            with database.work() as work:
                shop = work.row(
                    "SELECT id, home_id FROM storefront WHERE slug = %(slug)s", slug=STOREFRONT
                )
                assert shop is not None, "the demo has this storefront"
                return identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
        finally:
            database.close()

    def check(self, paid: int) -> None:
        """Every order that was paid is paid, and routed."""
        row = self.database.execute(
            """SELECT count(*) FROM orders o WHERE client_key LIKE 'guest-%' AND paid_minor = total_minor
                  AND EXISTS (SELECT 1 FROM fulfilment f WHERE (f.home_id, f.order_id) = (o.home_id, o.id)
                                 AND f.state = 'released')"""
        ).fetchone()
        assert row is not None
        assert row[0] == paid, f"{row[0]} of {paid} orders are paid and routed"

    def waiting(self) -> int:
        """How many facts still wait for what follows from them."""
        row = self.database.execute(
            "SELECT count(*) FROM fact_waiting WHERE name NOT LIKE 'clock.%'"
        ).fetchone()
        assert row is not None
        return int(row[0])


def _name(process: psutil.Process) -> str | None:
    said = " ".join(process.cmdline())
    if "mainstem_gateway" in said:
        return "gateway"
    if "mainstem web" in said:
        return "web"
    if "mainstem worker" in said:
        return "worker"
    return "postgres" if process.name() == "postgres" and " -D" in said else None


@contextmanager
def running_company() -> Iterator[RunningCompany]:
    """The demo company in a folder of its own, running."""
    folder = Path(tempfile.mkdtemp(prefix="guest-"))
    environment = os.environ | {"MAINSTEM_DATA": str(folder), "MAINSTEM_PORT": "8790"}
    environment |= {"MAINSTEM_PROXIES": "127.0.0.1"}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "mainstem", "run"], env=environment, stdout=said, stderr=said
        )
    try:
        until = time.monotonic() + 180
        while not (addresses := running.addresses(folder)):
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit((folder / "said").read_text()[-3000:])
            time.sleep(0.2)
        server = postgres.find(folder / "pg")
        assert server is not None, "the company runs on its own database"
        url = server.admin_url(running.DATABASE)
        with psycopg.connect(url, autocommit=True) as database:
            yield RunningCompany(process.pid, url, database, addresses["web"])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def to_redirect(
    company: RunningCompany, article: str, number: int, step: Callable[[str], None]
) -> tuple[Guest, str]:
    """One guest, from the product to the gateway's page; the guest, and where that page is."""
    guest, shop = Guest(company.web, number), f"/s/{STOREFRONT}"
    page = guest.get(f"{shop}/p/{article}")
    step("product")
    guest.post(f"{shop}/basket", hidden(page) | {"quantity": "1"})
    step("basket")
    page = guest.get(f"{shop}/checkout")
    step("checkout")
    form = hidden(page) | {
        "client-name": "Ada Lind",
        "client-email": f"guest-{number}@example.com",
        "client-phone": "",
        **{f"address-{name}": value for name, value in ADDRESS.items()},
        "code": "",
    }
    there = guest.post(f"{shop}/checkout", form)
    step("order")
    return guest, there


def pay(guest: Guest, there: str) -> None:
    """Pay on the gateway's page, come back and read the page of the order."""
    guest.get(guest.post(there, {"card": "success", "email": "guest@example.com"}))
    guest.close()


def plenty(company: RunningCompany) -> tuple[str, str]:
    """Goods of which there is enough for the whole run; their address, and their number."""
    row = company.database.execute(
        """WITH one AS (
             SELECT p.id, p.slug, v.id AS variant FROM storefront s
               JOIN product p ON p.kind = 'goods' AND p.active
                AND (s.product_ids IS NULL OR p.id = ANY(s.product_ids))
               JOIN variant v ON v.product_id = p.id AND v.active
              WHERE s.slug = %s AND (SELECT count(*) FROM variant w WHERE w.product_id = p.id) = 1
              ORDER BY p.position, p.id LIMIT 1),
           more AS (UPDATE stock_level l SET on_hand = on_hand + 100000
                      FROM one WHERE l.variant_id = one.variant)
           SELECT slug, (SELECT v.sku FROM variant v WHERE v.id = one.variant) FROM one""",
        (STOREFRONT,),
    ).fetchone()
    assert row is not None, "the demo's shop sells goods"
    # The shop learns of it at its next look.
    company.database.execute("UPDATE catalogue_version SET version = version + 1")
    time.sleep(1.5)
    return str(row[0]), str(row[1])


def over_api(company: RunningCompany, sku: str, numbers: Iterable[int]) -> None:
    """Orders of the same goods by the storefront's key, one after another on one connection."""
    headers = {"Authorization": f"Bearer {company.key()}"}
    with httpx.Client(base_url=company.web, headers=headers, timeout=30) as client:
        for number in numbers:
            answer = client.post(
                "/api/v1/orders",
                headers={"Idempotency-Key": f"guest-{number:016}"},
                json={
                    "currency": "SEK",
                    "locale": "sv",
                    "client": {"name": "Ada Lind", "email": f"api-{number}@example.com"},
                    "address": ADDRESS,
                    "lines": [{"sku": sku, "quantity": 1}],
                },
            )
            if answer.status_code != 201:
                raise SystemExit(f"{answer.status_code}: {answer.text[:2000]}")


def settle(company: RunningCompany) -> None:
    """Wait until nothing follows any more."""
    calm, until = 0, time.monotonic() + 120
    while calm < 10:
        calm = calm + 1 if company.waiting() == 0 else 0
        if time.monotonic() > until:
            raise SystemExit("facts were still waiting after two minutes")
        time.sleep(0.2)


@dataclass(frozen=True, slots=True)
class Found:
    """CPU milliseconds by process: of an order over the API, of a guest's up to the redirect, of each
    step of it, and of all of a paid one; and of a second in which nobody is there."""

    api: Used
    redirect: Used
    steps: dict[str, Used]
    paid: Used
    idle: Used


def measure(orders: int) -> Found:
    """Measure one company."""
    with running_company() as company:
        article, sku = plenty(company)
        for number in range(WARM_UP):
            pay(*to_redirect(company, article, number, lambda _: None))
        over_api(company, sku, range(WARM_UP))
        settle(company)
        before = company.cpu()
        time.sleep(IDLE_SECONDS)
        idle = {name: (used - before[name]) / IDLE_SECONDS for name, used in company.cpu().items()}
        watch = _Watch(company, idle, orders)

        over_api(company, sku, range(WARM_UP, WARM_UP + orders))
        settle(company)
        api = watch.used()

        def unpaid(first: int, step: Callable[[str], None]) -> None:
            for number in range(first, first + orders):
                guest, _ = to_redirect(company, article, number, step)
                guest.close()
            settle(company)

        unpaid(WARM_UP, lambda _: None)
        redirect = watch.used()

        # Looking at four processes after every step leaves their caches cold, and costs them a third
        # more: it tells the steps apart, and the sum is the pass before's.
        steps = {name: dict.fromkeys(PROCESSES, 0.0) for name in STEPS}

        def step(name: str) -> None:
            for process, used in watch.used().items():
                steps[name][process] += used

        unpaid(WARM_UP + orders, step)
        watch.used()
        for number in range(orders):
            pay(*to_redirect(company, article, WARM_UP + 2 * orders + number, lambda _: None))
        settle(company)
        paid = watch.used()
        company.check(WARM_UP + orders)
    return Found(api, redirect, steps, paid, idle)


class _Watch:
    """What was used since it was last asked, an order, beside what is used when nobody is there."""

    def __init__(self, company: RunningCompany, idle: Used, orders: int) -> None:
        self._company, self._idle, self._orders = company, idle, orders
        self._at, self._cpu = time.monotonic(), company.cpu()

    def used(self) -> Used:
        """CPU milliseconds an order, by process."""
        at, cpu = time.monotonic(), self._company.cpu()
        found = {
            name: (cpu[name] - self._cpu[name] - self._idle[name] * (at - self._at)) / self._orders
            for name in PROCESSES
        }
        self._at, self._cpu = at, cpu
        return found


def main() -> None:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    given = parser.parse_args()
    began = datetime.now(UTC)
    found = measure(given.orders)
    print(f"A guest's order, {began:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores,"
          f" load {os.getloadavg()[0]:.1f}; CPU in ms an order, {given.orders} orders")  # fmt: skip
    print(f"{'':<20}" + "".join(f"{name:>10}" for name in PROCESSES) + f"{'counted':>10}")
    rows = {
        "over the API": found.api,
        "up to the redirect": found.redirect,
        **{f"  {name}, watched": used for name, used in found.steps.items()},
        "paid and routed": found.paid,
        "a second idle": found.idle,
    }
    for name, row in rows.items():
        print(f"{name:<20}" + "".join(f"{row[process]:>10.2f}" for process in PROCESSES)
              + f"{_counted(row):>10.2f}")  # fmt: skip
    limit = _counted(found.api)
    unpaid, paid = _counted(found.redirect), _counted(found.paid)
    for words, came_to, goal in (("up to the redirect", unpaid, TO_REDIRECT_GOAL),
                                 ("paid and routed", paid, TO_ROUTED_GOAL)):  # fmt: skip
        print(
            f"{words:<18} {came_to:6.1f} ms (goal {goal}): {came_to / limit:.2f} orders over the API"
        )
    if given.json:
        print(json.dumps({"api_ms": round(limit, 2), "to_redirect_ms": round(unpaid, 1),
                          "to_routed_ms": round(paid, 1), "to_redirect_ratio": round(unpaid / limit, 2),
                          "to_routed_ratio": round(paid / limit, 2), **asdict(found)}))  # fmt: skip


def _counted(row: dict[str, float]) -> float:
    return sum(row.get(name, 0.0) for name in COUNTED)


if __name__ == "__main__":
    main()

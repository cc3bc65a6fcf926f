"""Money back after the payout: a debt that says why, and that the next commission fills first."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import (
    AMINA,
    METTE,
    NILS,
    Person,
    buy,
    let_time_pass,
    pay_out,
    refund_line,
    send_off,
)

Enter = Callable[..., Person]


def test_a_refund_after_the_payout_is_a_debt_that_the_next_order_fills(enter: Enter) -> None:
    order = buy(enter(phone=True), "emberside", "Casserole", variant="5 litres", name="Jutta Falk")
    picker, admin, affiliate = enter(), enter(), enter(phone=True)
    picker.sign_in(NILS, to="/desk/ship")
    admin.sign_in(AMINA, to="/console")
    affiliate.sign_in(METTE, to="/portal")
    send_off(picker, order, "HV-106-5")

    # EUR 134 with 25 % tax is 107.20 without; 10 % of that is the affiliate's once the window has
    # closed.
    moved = affiliate.page.locator(".moved", has_text=order.number)
    affiliate.waits_for(moved)
    expect(moved).to_contain_text("+€10.72")
    let_time_pass(admin, 40)
    affiliate.waits_for(moved.get_by_text(re.compile("payable since|on its way")))
    pay_out(admin)
    affiliate.waits_for(affiliate.page.locator(".earned-sum", has_text="€0.00"))

    admin.go("/console/orders")
    admin.look("console-orders")
    admin.follow(order.number)
    admin.look("console-order")
    refund_line(admin, "Casserole, 5 litres", "67", reason="A dent in the lid")
    admin.sees("A dent in the lid")
    admin.look("console-order-refunded")

    affiliate.waits_for(moved.locator(".is-back"))
    expect(moved.locator(".is-back")).to_contain_text(
        f"€67.00 of the €134.00 that was paid on order {order.number} was refunded or is disputed,"
        " and with it €53.60 of the €107.20 that counts for commission. The same part of your €10.72,"
        " rounded to the nearest, goes back: €5.36 in all."
    )
    affiliate.sees("Debt, paid off by your next commissions")
    expect(affiliate.page.locator(".earned-sum")).to_have_text("€5.36")
    affiliate.look("portal-debt")

    another = buy(enter(phone=True), "emberside", "Casserole", variant="5 litres", name="Kaj Lund")
    send_off(picker, another, "HV-106-5")
    affiliate.waits_for(affiliate.page.locator(".moved", has_text=another.number))
    let_time_pass(admin, 40)
    later = affiliate.page.locator(".moved", has_text=another.number)
    affiliate.waits_for(later.get_by_text("payable since"))
    affiliate.sees(re.compile("Available for payout"))
    expect(affiliate.page.locator(".earned-sum")).to_have_text("€5.36")

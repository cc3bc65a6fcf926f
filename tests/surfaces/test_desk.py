"""The desk: pick, pack, hand over, deliver; leads; jobs; and who may open what."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import httpx
import psycopg
import pytest
from tests.company import BO, a_lead, a_quoted_lead
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import KETTLE, REPAIR, SKILLET, Staff, hidden, pick_url, staffed

from mainstem import invariants, leads, orders, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem_fulfillment import shipments


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def scan(reader: Reader, url: str, code: str, **fields: str) -> httpx.Response:
    """Scan on the page as it stands: the count goes along."""
    picked = hidden(reader.get(url), "picked")
    return reader.post(f"{url}/picks", {"code": code, "picked": picked} | fields)


# ------------------------------------------------------------------------- ship


def test_an_order_goes_from_the_queue_to_the_client(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 2), (SKILLET, 1))
    per, url = staff.reader("per"), pick_url(placed)
    assert placed.number in words_of(per.get("/desk/ship"))
    assert "Start picking" in words_of(per.get(url))

    assert per.post(f"{url}/picking").headers["location"] == url
    assert "KETTLE-1" in words_of(per.get(url))
    answer = scan(per, url, KETTLE)
    assert (answer.status_code, answer.headers["location"]) == (303, url)
    assert "KETTLE-1: 1 of 2" in per.get(url).text
    scan(per, url, KETTLE.lower())
    scan(per, url, SKILLET)
    page = per.get(url)
    assert "Everything is picked." in page.text
    assert "Number on the label" in words_of(page)

    per.post(f"{url}/parcel", {"carrier": "PostNord", "tracking": "SE0001"})
    assert "SE0001" in words_of(per.get(url))
    assert per.post(f"{url}/handover").headers["location"] == "/desk/ship?queue=hand-over"
    assert placed.number in words_of(per.get("/desk/ship/transit"))
    per.post("/desk/ship/deliveries", {"parcel": f"{placed.home_id}:{placed.order_id}:1"})
    assert "One parcel is delivered." in per.get("/desk/ship/transit").text
    assert "Delivered" in words_of(per.get(url))
    worker.drain(staff.database)
    with staff.database.work() as work:
        order = work.one("SELECT fulfillment_status FROM orders")
        actors = work.rows("SELECT DISTINCT actor FROM fact WHERE name LIKE 'fulfilment.%%'")
        assert order.fulfillment_status == "delivered"
        assert [row.actor for row in actors] == [f"staff:{staff.ids['per']}"]
        assert work.value("SELECT count(*) FROM earning") == 3
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def picks(staff: Staff) -> int:
    with staff.database.work() as work:
        return int(work.value("SELECT coalesce(sum(quantity), 0) FROM pick"))


def test_disputed_goods_are_kept_at_the_desk_and_told_why(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 2))
    with staff.database.work() as work:
        work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency,
                                    amount_minor, opened_at)
               VALUES (%(home)s, %(id)s, %(id)s, 'dp_1', 'needs_response', 'SEK', 0, %(now)s)""",
            home=placed.home_id,
            id=placed.order_id,
            now=work.now(),
        )
        shipments.apply_disputes(work, [(placed.home_id, placed.order_id)])
    per, url = staff.reader("per"), pick_url(placed)
    assert placed.number not in words_of(per.get("/desk/ship"))
    assert "Disputed payment" in words_of(per.get("/desk/ship?queue=parked"))
    page = words_of(per.get(url))
    assert "The client's bank disputes the payment. Keep the goods here" in page
    assert "Start picking" not in page
    assert per.post(f"{url}/picking").status_code == 409


def test_a_picker_is_told_to_stop_and_goes_on_when_the_box_is_right(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 3), (SKILLET, 1))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    scan(per, url, KETTLE, quantity="2")
    with staff.database.work() as work:
        orders.refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=250000,
            reason="regret",
            lines=[(1, 250000)],
        )
    # The page still says 2; one of them was taken out of the count.
    heard = per.post(f"{url}/picks", {"code": KETTLE, "picked": "2"}, **{"x-scan": "yes"})
    assert heard.status_code == 409
    assert 'class="scan-said is-bad"' in heard.text
    assert "Stop: 2 of KETTLE-1 cancelled." in words_of(heard)
    page = words_of(per.get(url))
    assert "Take 1 out of the box and put it back on the shelf." in page
    assert "Stop" in words_of(per.get("/desk/ship?queue=picking"))
    assert placed.number in words_of(per.get("/desk/ship?queue=put-back"))
    assert per.post(f"{url}/put-back").headers["location"] == url
    assert "One piece is back on the shelf." in per.get(url).text
    assert placed.number not in words_of(per.get("/desk/ship?queue=put-back"))
    scan(per, url, SKILLET)
    assert "Number on the label" in words_of(per.get(url))
    worker.drain(staff.database)
    with staff.database.work() as work:
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def test_what_was_canceled_in_hand_stands_on_a_list_until_it_is_back(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    scan(per, url, KETTLE)
    with staff.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    assert "Stop: nothing here is shipped" in words_of(per.get(url))
    assert "To put back" in words_of(per.get("/desk/ship"))
    per.post(f"{url}/put-back")
    assert "To put back" not in words_of(per.get("/desk/ship"))
    page = words_of(per.get(url))
    assert "This work was cancelled. Nothing of it has to go back on the shelf." in page
    assert "Put back what you have taken" not in page
    assert "0 of 0 pieces" not in page


def test_a_list_canceled_before_it_was_begun_asks_nobody_to_put_anything_back(
    staff: Staff,
) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    page = words_of(staff.reader("per").get(pick_url(placed)))
    assert "Nothing of it has to go back on the shelf." in page
    assert "0 of 0 pieces" not in page


def test_a_stop_with_nothing_in_the_box_is_confirmed_and_told_so(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 3), (SKILLET, 1))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    with staff.database.work() as work:
        orders.refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=125000,
            reason="regret",
            lines=[(1, 125000)],
        )
    heard = words_of(scan(per, url, KETTLE))
    assert "Stop: 1 of KETTLE-1 cancelled. Confirm it here before you go on." in heard
    per.post(f"{url}/put-back")
    assert "Confirmed: nothing had to go back on the shelf." in per.get(url).text
    with staff.database.work() as work:
        told = "SELECT count(*) FROM fact WHERE name = "
        assert work.value(told + "'fulfilment.put_back'") == 0
        assert work.value(told + "'fulfilment.stop_confirmed'") == 1


def test_a_scan_after_a_colleague_has_finished_is_refused_aloud_on_the_next_page(
    staff: Staff,
) -> None:
    placed = staff.sold((KETTLE, 1))
    per, ada, url = staff.reader("per"), staff.reader("ada"), pick_url(placed)
    per.post(f"{url}/picking")
    scan(per, url, KETTLE)
    late = {"code": KETTLE, "picked": "0"}
    said = "This fulfilment is picked; it cannot be picked now."
    assert said in words_of(ada.post(f"{url}/picks", late))
    assert ada.post(f"{url}/picks", late, **{"x-scan": "yes"}).headers["location"] == url
    page = words_of(ada.get(url))
    assert said in page
    assert "Number on the label" in page


def test_a_wrong_article_is_refused_aloud_and_counts_nothing(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    page = scan(per, url, SKILLET)
    assert page.status_code == 409
    assert 'class="scan-said is-bad"' in page.text
    assert 'aria-live="assertive"' in page.text
    assert "SKILLET-1 is not on this pick list." in words_of(page)
    assert 'name="code" autocomplete="off"' in page.text
    assert SKILLET not in hidden(page, "picked")
    assert f'value="{SKILLET}"' not in page.text
    assert picks(staff) == 0


@pytest.mark.parametrize(
    ("code", "fields", "status", "said"),
    [
        ("", {}, 422, "Scan an article or type its number."),
        (KETTLE, {"quantity": "0"}, 422, "Count in whole pieces."),
        (KETTLE, {"quantity": "two"}, 422, "Count in whole pieces."),
        (KETTLE, {"quantity": "3"}, 409, "KETTLE-1: only 2 left to pick."),
        ("<script>alert(1)</script>", {}, 409, "is not on this pick list."),
    ],
)
def test_what_cannot_be_counted_is_said_in_words(
    staff: Staff, code: str, fields: dict[str, str], status: int, said: str
) -> None:
    placed = staff.sold((KETTLE, 2))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    page = scan(per, url, code, **fields)
    assert page.status_code == status
    assert said in words_of(page)
    assert "<script>alert" not in page.text
    assert picks(staff) == 0


def test_several_pieces_are_counted_at_once(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 5))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    scan(per, url, KETTLE, quantity="4")
    assert picks(staff) == 4


EAN = "7350012345679"
FULL_WIDTH = "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in EAN)


def with_bar_codes(staff: Staff) -> None:
    with staff.database.work() as work:
        work.run("UPDATE variant SET gtin = %(ean)s WHERE sku = %(sku)s", ean=EAN, sku=KETTLE)
        work.run("UPDATE variant SET gtin = '036000291452' WHERE sku = %(sku)s", sku=SKILLET)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (EAN, "KETTLE-1: 1 of 2"),
        (f"0{EAN}", "KETTLE-1: 1 of 2"),
        ("036000291452", "SKILLET-1: 1 of 2"),
        ("0036000291452", "SKILLET-1: 1 of 2"),
        ("36000291452", "SKILLET-1: 1 of 2"),
    ],
)
def test_the_bar_code_on_the_goods_is_as_good_as_their_number(
    staff: Staff, code: str, said: str
) -> None:
    with_bar_codes(staff)
    per, url = staff.reader("per"), pick_url(staff.sold((KETTLE, 2), (SKILLET, 2)))
    per.post(f"{url}/picking")
    assert said in words_of(
        per.post(f"{url}/picks", {"code": code, "picked": "0"}, **{"x-scan": "yes"})
    )
    assert picks(staff) == 1


@pytest.mark.parametrize("code", ["7350012345664", "00000000", "0", FULL_WIDTH])
def test_a_bar_code_of_other_goods_counts_nothing(staff: Staff, code: str) -> None:
    with_bar_codes(staff)
    per, url = staff.reader("per"), pick_url(staff.sold((KETTLE, 2)))
    per.post(f"{url}/picking")
    assert "is not on this pick list." in words_of(scan(per, url, code))
    assert picks(staff) == 0


def test_an_article_on_two_lines_is_heard_as_one(staff: Staff) -> None:
    per, url = staff.reader("per"), pick_url(staff.sold((KETTLE, 1), (KETTLE, 2)))
    per.post(f"{url}/picking")
    heard = []
    for before in ("0", "1"):
        sent = {"code": KETTLE, "picked": before}
        heard.append(words_of(per.post(f"{url}/picks", sent, **{"x-scan": "yes"})))
    assert "KETTLE-1: 1 of 3" in heard[0]
    assert "KETTLE-1: 2 of 3" in heard[1]


def test_the_bar_code_on_the_goods_is_no_label(staff: Staff) -> None:
    with_bar_codes(staff)
    per, url = staff.reader("per"), picked(staff)
    page = per.post(f"{url}/parcel", {"carrier": "PostNord", "tracking": EAN})
    assert f"{EAN} is the number of an article." in words_of(page)
    assert labels(staff) == []


def test_a_scan_that_is_sent_twice_counts_once(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 3))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    sent = {"code": KETTLE, "picked": "0"}
    assert per.post(f"{url}/picks", sent).status_code == 303
    again = per.post(f"{url}/picks", sent)
    assert again.status_code == 409
    assert "The list has changed" in words_of(again)
    assert hidden(again, "picked") == "1"
    assert picks(staff) == 1


def test_the_scanners_script_is_answered_without_a_detour(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 2))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    first = per.post(f"{url}/picks", {"code": KETTLE, "picked": "0"}, **{"x-scan": "yes"})
    assert (first.status_code, hidden(first, "picked")) == (200, "1")
    last = per.post(f"{url}/picks", {"code": KETTLE, "picked": "1"}, **{"x-scan": "yes"})
    assert last.headers["location"] == url


def test_taking_ones_own_list_again_opens_it_and_anothers_is_refused(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    per, ada, url = staff.reader("per"), staff.reader("ada"), pick_url(placed)
    assert per.post(f"{url}/picking").status_code == 303
    assert per.post(f"{url}/picking").status_code == 303
    page = ada.post(f"{url}/picking")
    assert page.status_code == 409
    assert "This fulfilment is being picked; it cannot be started now." in words_of(page)
    assert "Per took this list." in words_of(page)


def test_a_refused_form_leads_back_to_its_page_in_either_language(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    per, ada, url = staff.reader("per"), staff.reader("ada"), pick_url(placed)
    per.post(f"{url}/picking")
    page = ada.post(f"{url}/picking")
    assert f'href="{url}?lang=sv"' in page.text
    assert ada.get(f"{url}?lang=sv").status_code == 200
    again = ada.get(f"{url}/picking?lang=en")
    assert (again.status_code, again.headers["location"]) == (303, f"{url}?lang=en")
    moving = "/desk/ship/transit?q=SE"
    page = per.post("/desk/ship/deliveries", {}, referer=f"http://company.example{moving}")
    assert f'href="{moving}&amp;lang=sv"' in page.text
    page = per.post("/desk/ship/deliveries", {}, referer="http://elsewhere.example/sign-in")
    assert 'href="/desk/ship?lang=sv"' in page.text


@pytest.mark.parametrize("step", ["parcel", "handover", "delivery"])
def test_a_step_out_of_turn_is_refused_on_the_page(staff: Staff, step: str) -> None:
    placed = staff.sold((KETTLE, 1))
    per, url = staff.reader("per"), pick_url(placed)
    page = per.post(f"{url}/{step}", {"carrier": "PostNord", "tracking": "1"})
    assert page.status_code == 409
    assert 'role="alert"' in page.text
    with staff.database.work() as work:
        assert work.value("SELECT state FROM fulfilment") == "released"
        assert work.value("SELECT count(*) FROM parcel") == 0


def test_a_box_needs_its_carrier_and_its_label(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    per, url = staff.reader("per"), pick_url(placed)
    per.post(f"{url}/picking")
    scan(per, url, KETTLE)
    page = per.post(f"{url}/parcel", {"carrier": "PostNord", "tracking": ""})
    assert page.status_code == 422
    assert 'id="field-tracking-error"' in page.text
    assert 'value="PostNord"' in page.text
    per.post(f"{url}/parcel", {"carrier": "PostNord", "tracking": "SE1"})
    again = per.post(f"{url}/parcel", {"carrier": "PostNord", "tracking": "SE1"})
    assert again.status_code == 409
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM parcel") == 1


def test_a_packer_is_offered_the_carrier_that_the_client_has_chosen(
    staff: Staff, database_url: str
) -> None:
    url = picked(staff)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """UPDATE orders SET delivery = '{"zone": "sweden", "method": "parcel", "name": "Parcel",
                 "carrier": "Budbee", "handling_days": 2, "days_min": 1, "days_max": 3}'"""
        )
    page = staff.reader("per").get(url)
    tags = page.text.split("<input")
    [carrier] = [tag.partition(">")[0] for tag in tags if 'name="carrier"' in tag]
    assert 'value="Budbee"' in carrier


def picked(staff: Staff) -> str:
    """The page of an order's work of which everything is in the box."""
    per, url = staff.reader("per"), pick_url(staff.sold((KETTLE, 1)))
    per.post(f"{url}/picking")
    scan(per, url, KETTLE)
    return url


def labels(staff: Staff) -> list[str]:
    with staff.database.work() as work:
        return [row.tracking for row in work.rows("SELECT tracking FROM parcel ORDER BY 1")]


@pytest.mark.parametrize("scanned", [KETTLE, KETTLE.lower(), SKILLET, f" {KETTLE} "])
def test_an_articles_number_is_no_label(staff: Staff, scanned: str) -> None:
    per, url = staff.reader("per"), picked(staff)
    page = per.post(f"{url}/parcel", {"carrier": "PostNord", "tracking": scanned})
    assert page.status_code == 422
    assert f"{scanned.strip()} is the number of an article." in words_of(page)
    assert 'id="field-tracking-error"' in page.text
    assert labels(staff) == []
    # The label itself is still to come.
    assert per.post(f"{url}/parcel", {"carrier": "PostNord", "tracking": "SE1"}).status_code == 303


@pytest.mark.parametrize("scanned", ["-", " - ", "--"])
def test_a_label_has_a_number(staff: Staff, scanned: str) -> None:
    url = picked(staff)
    page = staff.reader("per").post(f"{url}/parcel", {"carrier": "PostNord", "tracking": scanned})
    assert page.status_code == 422
    assert 'id="field-tracking-error"' in page.text
    assert labels(staff) == []


@pytest.mark.parametrize("again", ["UB 123-456 SE", "ub123456se"])
@pytest.mark.parametrize("left", [False, True])
def test_a_label_is_on_one_parcel_until_that_has_arrived(
    staff: Staff, again: str, left: bool
) -> None:
    placed = staff.sold((KETTLE, 1))
    per, first = staff.reader("per"), pick_url(placed)
    per.post(f"{first}/picking")
    scan(per, first, KETTLE)
    per.post(f"{first}/parcel", {"carrier": "PostNord", "tracking": "UB123456SE"})
    if left:
        per.post(f"{first}/handover")
    other = picked(staff)
    page = per.post(f"{other}/parcel", {"carrier": "Postnord", "tracking": again})
    assert page.status_code == 422
    assert f"{again} is already on the parcel of order {placed.number}" in words_of(page)
    assert labels(staff) == ["UB123456SE"]
    # Carriers use a number again, and by then that parcel has long arrived.
    if left:
        per.post(f"{first}/delivery")
        sent = {"carrier": "PostNord", "tracking": again}
        assert per.post(f"{other}/parcel", sent).status_code == 303


def test_the_label_of_a_canceled_parcel_is_free(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    per, first = staff.reader("per"), pick_url(placed)
    per.post(f"{first}/picking")
    scan(per, first, KETTLE)
    sent = {"carrier": "PostNord", "tracking": "UB123456SE"}
    per.post(f"{first}/parcel", sent)
    with staff.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    worker.drain(staff.database)
    assert per.post(f"{picked(staff)}/parcel", sent).status_code == 303


def test_two_packers_never_put_one_label_on_two_parcels(staff: Staff) -> None:
    sold = [staff.sold((KETTLE, 1)), staff.sold((KETTLE, 1))]
    keys = [(placed.home_id, placed.order_id, 1) for placed in sold]
    for key in keys:
        with staff.database.work() as work:
            shipments.start_pick(work, key)
            shipments.pick(work, key, KETTLE)
    begun, refusals = threading.Barrier(2), []

    def close(key: shipments.FulfilmentKey) -> None:
        try:
            with staff.database.work() as work:
                begun.wait()
                shipments.pack(work, key, carrier="PostNord", tracking="UB1")
                time.sleep(0.3)
        except InvalidInput as no:
            refusals.append(no.problems[0].code)

    packers = [threading.Thread(target=close, args=(key,)) for key in keys]
    for packer in packers:
        packer.start()
    for packer in packers:
        packer.join()
    assert refusals == ["label_in_use"]
    assert labels(staff) == ["UB1"]


def test_a_parcel_that_arrived_is_said_twice_and_booked_once(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    per, url = staff.reader("per"), pick_url(placed)
    assert per.post(f"{url}/delivery").status_code == 303
    sent = {"parcel": f"{placed.home_id}:{placed.order_id}:1"}
    assert per.post("/desk/ship/deliveries", sent).status_code == 303
    assert "They were delivered already." in per.get("/desk/ship/transit").text
    with staff.database.work() as work:
        assert work.value("SELECT delivered FROM order_line") == 1
        assert work.value("SELECT count(*) FROM fact WHERE name = 'order.delivered'") == 1


@pytest.mark.parametrize("sent", [{}, {"parcel": "x"}, {"parcel": "1:2:3"}])
def test_nothing_arrives_when_nothing_is_ticked(staff: Staff, sent: dict[str, str]) -> None:
    assert staff.reader("per").post("/desk/ship/deliveries", sent).status_code == 422


def test_a_fulfilment_that_is_not_there_is_not_found(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    per = staff.reader("per")
    assert per.get(pick_url(placed)[:-1] + "7").status_code == 404
    assert per.get("/desk/ship/1/not-an-id/1").status_code == 404


# ------------------------------------------------------------------------- leads


def lead_url(home: int, lead_id: object) -> str:
    return f"/desk/leads/{home}/{lead_id}"


def test_a_lead_is_taken_quoted_and_its_link_shown(staff: Staff) -> None:
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
    li, url = staff.reader("li"), lead_url(staff.company.cedar, lead)
    assert "Ada Lind" in words_of(li.get("/desk/leads"))
    assert "You may contact me about this." in words_of(li.get(url))
    assert li.post(f"{url}/qualification").status_code == 303
    li.post(f"{url}/notes", {"words": "Called: the hinge is broken."})
    draft = {"amount": "2 500,50 kr", "days": "10", "scope": "Mend the hinge."}
    assert li.post(f"{url}/quote", draft).status_code == 303
    page = li.get(url)
    assert "SEK 2,500.50 tax included" in words_of(page)
    assert "http://company.example/quote/" not in page.text
    assert li.post(f"{url}/quote/sending").status_code == 303
    page = li.get(url)
    assert "http://company.example/quote/" in page.text
    assert "Called: the hinge is broken." in words_of(page)
    with staff.database.work() as work:
        view = leads.queries.page(work, staff.company.cedar, lead, locale="en")
    assert (view.state, view.assigned_to) == ("quoted", f"staff:{staff.ids['li']}")
    assert [(q.state, q.amount.minor) for q in view.quotes] == [("sent", 250050)]


def test_the_desk_sees_beside_the_quote_what_it_would_earn_everybody(staff: Staff) -> None:
    with staff.database.work() as work:
        lead = a_quoted_lead(work, staff.company.shop)
    words = words_of(staff.reader("li").get(lead_url(staff.company.cedar, lead)))
    assert "Not yet earned: only work that is delivered to the client, and kept, earns." in words
    # 6, 1.5 and 0.5 % of 2,000.00.
    for share in ("Cedar", "SEK 120.00", "Birch", "SEK 30.00", "Alder", "SEK 10.00", "SEK 160.00"):
        assert share in words
    assert "Of SEK 2,000.00 that count of the quoted SEK 2,500.00" in words


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"amount": "", "days": "10", "scope": "Mend"}, "Write an amount with 2 decimals or none"),
        ({"amount": "1.250", "days": "10", "scope": "Mend"}, "Write an amount with 2 decimals"),
        ({"amount": "0", "days": "10", "scope": "Mend"}, "Write an amount above zero."),
        ({"amount": "10", "days": "0", "scope": "Mend"}, "Let it be valid for 1 to 180 days."),
        ({"amount": "10", "days": "ten", "scope": "Mend"}, "Count in whole days."),
        ({"amount": "10", "days": "10", "scope": ""}, "Describe what the price covers."),
    ],
)
def test_a_quote_that_is_not_right_is_given_back_to_mend(
    staff: Staff, sent: dict[str, str], said: str
) -> None:
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
        leads.qualify(work, staff.company.cedar, lead)
    page = staff.reader("li").post(f"{lead_url(staff.company.cedar, lead)}/quote", sent)
    assert page.status_code == 422
    assert said in words_of(page)
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM quote") == 0


def test_a_step_that_is_closed_says_why_and_changes_nothing(staff: Staff) -> None:
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
    li, url = staff.reader("li"), lead_url(staff.company.cedar, lead)
    page = li.get(url)
    assert "This lead is new; it cannot be quoted now." in words_of(page)
    for step in ("quote/sending", "quote"):
        sent = {"amount": "10", "days": "10", "scope": "Mend"}
        refused = li.post(f"{url}/{step}", sent)
        assert refused.status_code == 409, step
        assert "This lead is new; it cannot be quoted now." in words_of(refused)
    assert li.post(f"{url}/qualification").status_code == 303
    assert li.post(f"{url}/qualification").status_code == 409
    no_draft = li.post(f"{url}/quote/sending")
    assert (no_draft.status_code, "There is no draft to send." in words_of(no_draft)) == (409, True)


def test_the_same_note_sent_twice_is_one_note(staff: Staff) -> None:
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
    li, url = staff.reader("li"), lead_url(staff.company.cedar, lead)
    for _ in range(2):
        assert li.post(f"{url}/notes", {"words": "No answer."}).status_code == 303
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM lead_note") == 1


def test_a_lead_is_lost_with_a_reason_and_not_without(staff: Staff) -> None:
    with staff.database.work() as work:
        lead = a_quoted_lead(work, staff.company.shop)
    li, url = staff.reader("li"), lead_url(staff.company.cedar, lead)
    assert li.post(f"{url}/loss", {"reason": "bored"}).status_code == 422
    with staff.database.work() as work:
        assert work.value("SELECT state FROM lead") == "quoted"
        assert work.value("SELECT state FROM quote") == "sent"
    li.post(f"{url}/loss", {"reason": "too_expensive", "why": "Wanted half."})
    assert "Too expensive" in words_of(li.get("/desk/leads?view=lost"))
    assert li.post(f"{url}/loss", {"reason": "too_expensive"}).status_code == 409


def test_a_duplicate_is_shown_with_the_first(staff: Staff) -> None:
    with staff.database.work() as work:
        first = a_lead(work, staff.company.birch_shop)
        leads.reach(work, staff.company.birch, first, by="email")
        again = a_lead(work, staff.company.shop)
        number = work.value("SELECT number FROM lead WHERE id = %(id)s", id=first)
        second = work.value("SELECT number FROM lead WHERE id = %(id)s", id=again)
    li = staff.reader("li")
    page = words_of(li.get(lead_url(staff.company.cedar, again)))
    assert f"Asked more than once {number} the first" in page
    assert second in words_of(li.get(lead_url(staff.company.birch, first)))
    assert second in words_of(li.get("/desk/leads?view=duplicate"))


# ------------------------------------------------------------------------- jobs


def job_url(staff: Staff) -> str:
    with staff.database.work() as work:
        row = work.one("SELECT home_id, order_id, line_no FROM job ORDER BY created_at LIMIT 1")
    return f"/desk/jobs/{row.home_id}/{row.order_id}/{row.line_no}"


def first_time(page: httpx.Response) -> str:
    return hidden(page, "time")


def test_a_job_goes_from_unscheduled_to_signed_off(staff: Staff, clock: FixedClock) -> None:
    staff.sold((REPAIR, 1))
    li, url = staff.reader("li"), job_url(staff)
    assert "Repair" in words_of(li.get("/desk/jobs"))
    page = li.get(url)
    assert "recommended" in words_of(page)
    booked = {"time": first_time(page), "hours": "4"}
    assert li.post(f"{url}/schedule", booked).status_code == 303
    assert li.post(f"{url}/schedule", booked).status_code == 303, "the same time again is fine"
    board = li.get("/desk/jobs/board")
    assert "Ada Lind, Stockholm" in words_of(board)
    assert "7 h free" in words_of(board)
    for step in ("departure", "arrival"):
        assert li.post(f"{url}/{step}").status_code == 303
    page = li.post(f"{url}/report", {"report": " "})
    assert (page.status_code, "Write what happened" in words_of(page)) == (422, True)
    li.post(f"{url}/report", {"report": "New hinge, oiled."})
    assert "Repair" in words_of(li.get("/desk/jobs?view=sign-off"))
    assert li.post(f"{url}/signature", {"by": "Ada Lind"}).status_code == 303
    again = li.post(f"{url}/signature", {"by": "Ada Lind"})
    assert again.status_code == 409
    worker.drain(staff.database)
    with staff.database.work() as work:
        assert work.value("SELECT state FROM job") == "signed_off"
        assert work.value("SELECT delivered FROM order_line") == 1
        assert work.value("SELECT sum(amount_minor)::int FROM earning") == 6400
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def test_a_time_that_was_taken_meanwhile_is_said_in_words(staff: Staff) -> None:
    first = staff.sold((REPAIR, 1))
    staff.sold((REPAIR, 1), client=BO)
    li = staff.reader("li")
    with staff.database.work() as work:
        jobs = work.rows("SELECT home_id, order_id, line_no FROM job ORDER BY created_at, order_id")
    urls = [f"/desk/jobs/{job.home_id}/{job.order_id}/{job.line_no}" for job in jobs]
    mine = next(url for url in urls if str(first.order_id) in url)
    other = next(url for url in urls if url != mine)
    booked = {"time": first_time(li.get(mine)), "hours": "4"}
    li.post(f"{mine}/schedule", booked)
    page = li.post(f"{other}/schedule", booked)
    assert page.status_code == 409
    assert f"is booked for order {first.number} at" in words_of(page)
    with staff.database.work() as work:
        states = work.rows("SELECT state FROM job ORDER BY state")
    assert [row.state for row in states] == ["scheduled", "unscheduled"]


def test_a_job_is_moved_and_its_old_time_is_free_again(staff: Staff) -> None:
    staff.sold((REPAIR, 1))
    li, url = staff.reader("li"), job_url(staff)
    page = li.get(url)
    times = page.text.split('name="time" value="')
    first, later = times[1].split('"')[0], times[5].split('"')[0]
    li.post(f"{url}/schedule", {"time": first, "hours": "2"})
    assert "Move it" in words_of(li.get(url))
    li.post(f"{url}/schedule", {"time": later, "hours": "2"})
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM job_slot") == 2
        moved = work.value("SELECT min(starts_at) FROM job_slot")
    assert later.endswith(moved.isoformat())


HUGE = "9" * 5000


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"time": "1 soon", "hours": "4"},
        {"time": "", "hours": "4"},
        {"time": f"{HUGE} 2026-12-01T10:00:00+00:00", "hours": "2"},
        {"time": "1 9999-12-31T23:59:00+00:00", "hours": "24"},
        {"time": "1 2026-12-01T10:00:00+00:00", "hours": HUGE},
    ],
)
def test_a_job_is_booked_at_a_time_and_not_at_none(staff: Staff, sent: dict[str, str]) -> None:
    staff.sold((REPAIR, 1))
    page = staff.reader("li").post(f"{job_url(staff)}/schedule", sent)
    assert (page.status_code, "Choose one of the free times." in words_of(page)) == (422, True)


def test_numbers_beyond_all_measure_are_refused_as_any_wrong_one(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1), (REPAIR, 1))
    per, li = staff.reader("per"), staff.reader("li")
    assert li.get(f"{job_url(staff)}?hours={HUGE}").status_code == 200
    for parcel in (f"{HUGE}:{placed.order_id}:1", f"1:{placed.order_id}:{HUGE}", "1:x:1"):
        assert per.post("/desk/ship/deliveries", {"parcel": parcel}).status_code == 422
    url = pick_url(placed)
    per.post(f"{url}/picking")
    assert per.post(f"{url}/picks", {"code": "KETTLE-1", "quantity": HUGE}).status_code == 422


def test_an_objection_brings_the_job_back_to_be_put_right(staff: Staff, clock: FixedClock) -> None:
    staff.sold((REPAIR, 1))
    li, url = staff.reader("li"), job_url(staff)
    li.post(f"{url}/schedule", {"time": first_time(li.get(url)), "hours": "2"})
    for step in ("departure", "arrival"):
        li.post(f"{url}/{step}")
    li.post(f"{url}/report", {"report": "Done."})
    li.post(f"{url}/objection", {"objection": "It squeaks."})
    clock.move(timedelta(hours=1))
    page = li.get(url)
    assert "It squeaks." in words_of(page)
    assert "Book a time to correct it" in words_of(page)
    li.post(f"{url}/schedule", {"time": first_time(page), "hours": "2"})
    with staff.database.work() as work:
        assert work.value("SELECT state FROM job") == "scheduled"


# ------------------------------------------------------------------------- who may


def test_each_role_opens_its_own_part_of_the_desk(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1), (REPAIR, 1))
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop, client=BO)
    ship = ["/desk/ship", "/desk/ship/transit", pick_url(placed)]
    service = ["/desk/leads", lead_url(staff.company.cedar, lead), "/desk/jobs",
               "/desk/jobs/board", job_url(staff)]  # fmt: skip
    expected = {"ada": (200, 200), "fia": (403, 403), "per": (200, 403), "li": (403, 200)}
    for name, (to_ship, to_serve) in expected.items():
        reader = staff.reader(name)
        assert {reader.get(path).status_code for path in ship} == {to_ship}, name
        assert {reader.get(path).status_code for path in service} == {to_serve}, name


def test_a_form_of_another_role_is_refused_too(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    assert staff.reader("li").post(f"{pick_url(placed)}/picking").status_code == 403
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop, client=BO)
        assert work.value("SELECT state FROM fulfilment") == "released"
    url = lead_url(staff.company.cedar, lead)
    assert staff.reader("per").post(f"{url}/qualification").status_code == 403


def test_everybody_begins_where_their_work_is(staff: Staff) -> None:
    begins = {"per": "/desk/ship", "li": "/desk/leads", "ada": "/console"}
    for name, path in begins.items():
        assert staff.reader(name).get("/desk").headers["location"] == path


def test_the_desk_speaks_swedish(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    page = staff.reader("per").get(f"{pick_url(placed)}?lang=sv")
    assert "Börja plocka" in words_of(page)
    assert "Start picking" not in words_of(page)

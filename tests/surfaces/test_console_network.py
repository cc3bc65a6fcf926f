"""The network at the console: opened node by node, moved by two people, grouped, and placed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import Staff, staffed

from mainstem import identity, joining, network
from mainstem.joining.deciding import enter_holding_tank
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

URL = "/console/network"


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    made = staffed(database, open_app)
    with database.work() as work:
        flo = identity.create_person(work, email="flo@example.com", name="Flo Second")
        identity.grant(work, flo, "finance")
        work.run(
            """UPDATE person SET password_hash = (SELECT password_hash FROM person WHERE id = %(fia)s)
                WHERE id = %(flo)s""",
            fia=made.ids["fia"],
            flo=flo,
        )
    made.ids["flo"] = flo
    return made


def test_the_tree_is_opened_node_by_node_and_searched(staff: Staff) -> None:
    fia, company = staff.reader("fia"), staff.company
    roots = fia.get(URL)
    assert "Alder" in words_of(roots)
    assert "Birch" not in words_of(roots)
    node = fia.get(f"{URL}/{company.alder}")
    assert f'href="{URL}/{company.birch}"' in node.text
    assert "2 in the team" in words_of(node)
    deeper = fia.get(f"{URL}/{company.birch}")
    assert f'<a href="{URL}/{company.alder}">Alder</a>' in deeper.text
    found = words_of(fia.get(f"{URL}/{company.alder}?q=cedar"))
    assert "Cedar level 2 · through Birch" in found
    assert "Nobody by that name" in words_of(fia.get(f"{URL}/{company.cedar}?q=alder"))
    assert fia.get(f"{URL}/999").status_code == 404


def test_a_move_is_looked_at_asked_for_and_approved_by_somebody_else(
    staff: Staff, database: Database
) -> None:
    fia, flo, company = staff.reader("fia"), staff.reader("flo"), staff.company
    form = f"{URL}/{company.cedar}/move"
    assert "Say whose team they are to be in" in words_of(fia.get(form))
    told = words_of(fia.get(f"{form}?sponsor=alder"))
    assert "Cedar and everybody below move to Alder" in told
    assert "No affiliate is called nobody." in words_of(fia.get(f"{form}?sponsor=nobody"))
    assert "stands there already" in words_of(fia.get(f"{form}?sponsor=birch"))
    refused = fia.post(form, {"sponsor": "alder", "reason": ""})
    assert refused.status_code == 422
    asked = fia.post(form, {"sponsor": "alder", "reason": "They share a town."})
    assert asked.status_code == 303
    [link] = set(re.findall(rf"{URL}/moves/[0-9a-f-]+", fia.get(f"{URL}/moves").text))
    own = words_of(fia.get(link))
    assert "You asked for it. A colleague approves it." in own
    assert fia.post(f"{link}/approval", {}).status_code == 403
    assert "They share a town." in words_of(flo.get(link))
    assert flo.post(f"{link}/denial", {"reason": ""}).status_code == 422
    assert flo.post(f"{link}/approval", {}).status_code == 303
    page = words_of(flo.get(f"{URL}/{company.cedar}"))
    assert "In the team of Alder" in page
    assert "They share a town." in page
    with database.work() as work:
        assert network.standing(work, company.cedar).upline == [company.cedar, company.alder]


def test_only_whoever_has_to_do_with_money_sees_the_network(staff: Staff) -> None:
    for name, status in (("ada", 200), ("fia", 200), ("per", 403), ("li", 403)):
        for path in (URL, f"{URL}/moves", f"{URL}/holding-tank", f"{URL}/{staff.company.birch}"):
            assert staff.reader(name).get(path).status_code == status, (name, path)


def test_an_affiliate_is_put_into_a_group_from_a_day_on_and_taken_out(
    staff: Staff, clock: FixedClock
) -> None:
    fia, url = staff.reader("fia"), f"{URL}/{staff.company.cedar}"
    day = (clock.now() + timedelta(days=2)).date()
    assert "In no group." in words_of(fia.get(url))
    assert fia.post(f"{url}/groups", {"name": "gold", "day": str(day)}).status_code == 303
    assert re.search(r"gold from \d+ \w+ 2026", words_of(fia.get(url)))
    over = fia.post(f"{url}/groups", {"name": "gold", "day": "2020-01-01"})
    assert over.status_code == 422
    assert "Say today or a later day" in words_of(over)
    assert fia.post(f"{url}/groups/departure", {"name": "gold"}).status_code == 303
    assert "In no group." in words_of(fia.get(url))


def test_whoever_waits_in_the_holding_tank_is_placed(staff: Staff, database: Database) -> None:
    fia, company = staff.reader("fia"), staff.company
    assert "There is no holding tank" in words_of(fia.get(f"{URL}/holding-tank"))
    with database.work() as work:
        said = joining.programme_of(work).model_copy(update={"holding_days": 5})
        joining.save_programme(work, None, said)
        enter_holding_tank(work, company.alder, days=5)
    assert "Alder" in words_of(fia.get(f"{URL}/holding-tank"))
    placement = f"{URL}/{company.alder}/placement"
    assert fia.post(placement, {"sponsor": "cedar", "reason": "One town."}).status_code == 409
    with database.work() as work:
        elm = network.join(work, slug="elm", name="Elm", email="e@example.com", country="SE")
    assert fia.post(placement, {"sponsor": "nobody", "reason": "One town."}).status_code == 422
    with database.work() as work:
        deep = said.model_copy(update={"levels_max": 5})
        joining.save_programme(work, said, deep)
    assert fia.post(placement, {"sponsor": "elm", "reason": "One town."}).status_code == 303
    with database.work() as work:
        assert network.standing(work, company.alder).sponsor_id == elm
    assert "Nobody waits for a sponsor" in words_of(fia.get(f"{URL}/holding-tank"))


def test_pages_of_the_network_in_swedish(staff: Staff) -> None:
    fia: Reader = staff.reader("fia")
    assert "Utan sponsor" in words_of(fia.get(f"{URL}?lang=sv"))
    assert "Ingen har begärt någon flytt" in words_of(fia.get(f"{URL}/moves?lang=sv"))

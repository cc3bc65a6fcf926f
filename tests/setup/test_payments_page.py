"""The page of payments: what the account lacks, destinations made by a button, another key tried."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from mainstem import payments, setup
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.web.throttle import Throttle
from tests.harness import Gateways
from tests.setup import saying
from tests.setup.test_pages import owner  # noqa: F401
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import staffed

AT = "/console/setup/payments"
PUBLIC = "http://company.example"
KEY = "sk_test_embedded"
LIVE = "sk_live_elsewhere"


@pytest.fixture(scope="module")
def own_gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    running = Gateways(tmp_path_factory.mktemp("payments-page"))
    yield running
    running.close()


@pytest.fixture
def boss(
    open_app: Open,
    owner: Reader,  # noqa: F811
    database: Database,
    own_gateways: Gateways,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Reader]:
    """An admin, where the embedded gateway answers; buttons may be pressed one after the other."""
    with database.work() as work:
        kind = setup.resource("company")
        setup.save(work, kind, document(kind.model, saying.PROFILE), seen=setup.ANY)
    monkeypatch.setattr(Throttle, "allows", lambda *_: True)
    reader = open_app(stripe_api_base=own_gateways.url, public_url=PUBLIC)
    assert reader.sign_in("cai@norrsken.example").status_code == 303
    yield reader
    own_gateways.trigger("account/own")
    own_gateways.trigger("account/key", key=KEY, standing="valid")
    stripe = payments.Gateway(KEY, api_base=own_gateways.url)._stripe
    for endpoint in stripe.v1.webhook_endpoints.list({"limit": 100}).data:
        if endpoint.url.startswith(PUBLIC):
            stripe.v1.webhook_endpoints.delete(endpoint.id)
    for one in stripe.v2.core.event_destinations.list({"include": ["webhook_endpoint.url"]}).data:
        if one.webhook_endpoint and str(one.webhook_endpoint.url).startswith(PUBLIC):
            stripe.v2.core.event_destinations.delete(one.id)


def test_an_owner_sees_what_is_missing_presses_a_button_and_clients_can_pay(
    boss: Reader, database: Database
) -> None:
    words = words_of(boss.get(AT))
    assert "Never" in words and "…dded" in words
    assert boss.post(f"{AT}/check").headers["location"].startswith(AT)
    words = words_of(boss.get(AT))
    assert "The key is of the account acct_1EmbeddedPlatform." in words
    assert words.count("Missing") == 3
    made = boss.post(f"{AT}/destinations")
    assert made.status_code == 200
    secrets = re.findall(r"whsec_\w+", made.text.partition("STRIPE_WEBHOOK_SECRET=")[2][:300])
    assert len(set(secrets)) == 3
    shown = boss.get(AT)
    assert words_of(shown).count("Ready") == 3
    assert not any(secret in shown.text for secret in secrets), "they are shown once"
    assert "Create what is missing" not in words_of(shown)
    again = boss.post(f"{AT}/destinations")
    assert again.status_code == 303
    with database.work() as work:
        assert next(step for step in setup.steps(work) if step.name == "payments").is_done


def test_another_key_is_tried_and_stands_nowhere_afterwards(
    boss: Reader, own_gateways: Gateways, database: Database
) -> None:
    good = "sk_test_the_next_one_4711"
    page = boss.post(f"{AT}/key", {"key": f" {good} "})
    assert page.status_code == 200
    assert "It can be used." in words_of(page)
    own_gateways.trigger("account/key", key=good, standing="revoked")
    page = boss.post(f"{AT}/key", {"key": good})
    assert "Stripe does not take this key" in words_of(page)
    assert good not in page.text
    page = boss.post(f"{AT}/key", {"key": LIVE})
    assert "Nothing was sent with this one." in words_of(page)
    assert LIVE not in page.text
    with database.work() as work:
        assert payments.last_check(work) is None


def test_a_gateway_that_is_down_is_told_on_the_page(open_app: Open, owner: Reader) -> None:  # noqa: F811
    reader = open_app(stripe_api_base="http://127.0.0.1:9")
    reader.sign_in("cai@norrsken.example")
    page = reader.post(f"{AT}/check")
    assert page.status_code == 409
    assert "Stripe does not answer just now" in words_of(page)
    assert reader.get(AT).status_code == 200, "to look at it asks nobody"


def test_keys_are_not_tried_one_after_the_other(
    open_app: Open,
    owner: Reader,  # noqa: F811
    own_gateways: Gateways,
) -> None:
    reader = open_app(stripe_api_base=own_gateways.url)
    reader.sign_in("cai@norrsken.example")
    begun = time.monotonic()
    answers = [reader.post(f"{AT}/key", {"key": "sk_test_one_and_another"}) for _ in range(2)]
    if time.monotonic() - begun < 10:
        assert [page.status_code for page in answers] == [200, 429]
        assert "Wait ten seconds" in words_of(answers[1])


def test_what_the_account_lacks_is_told_in_swedish_as_well(
    boss: Reader, own_gateways: Gateways
) -> None:
    own_gateways.trigger("account/own", is_platform=False)
    boss.post(f"{AT}/check")
    assert "Affiliates cannot be paid" in words_of(boss.get(AT))
    page = words_of(boss.get(AT, **{"accept-language": "sv"}))
    assert "Affiliater kan inte få betalt" in page
    assert "Anslut er till Connect i Stripes dashboard." in page


def test_nobody_but_an_admin_opens_the_page_or_presses_its_buttons(
    database: Database, open_app: Open
) -> None:
    staff = staffed(database, open_app)
    for name in ("fia", "per", "li"):
        reader = staff.reader(name)
        assert reader.get(AT).status_code == 403
        for button in ("check", "destinations", "key"):
            assert reader.post(f"{AT}/{button}", {"key": KEY}).status_code == 403

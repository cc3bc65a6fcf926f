"""Connected accounts: opened, onboarded at a page, restricted, read back with what is asked for."""

from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe_receiver import Receiver
from stripe_suite import SECRETS, Page, Process, client_for, recipient

FULL: Any = {"include": ["configuration.recipient", "requirements"]}


def _link(client: stripe.StripeClient, account: str) -> Any:
    return client.v2.core.account_links.create(
        {
            "account": account,
            "use_case": {
                "type": "account_onboarding",
                "account_onboarding": {
                    # In Stripe's published description, not yet in its SDK's types.
                    "configurations": ["recipient"],  # type: ignore[typeddict-unknown-key]
                    "refresh_url": "http://127.0.0.1:9/refresh",
                    "return_url": "http://127.0.0.1:9/return",
                },
            },
        }
    )


def _statuses(account: Any) -> tuple[str, str]:
    balance = account.configuration.recipient.capabilities.stripe_balance
    return balance.stripe_transfers.status, balance.payouts.status


def test_a_new_account_has_things_to_do_first(client: stripe.StripeClient) -> None:
    account = client.v2.core.accounts.create(recipient())
    assert account.metadata and account.metadata["affiliate"] == "42"
    assert _statuses(account)[0] == "restricted"
    assert account.requirements and account.requirements.entries
    plain = client.v2.core.accounts.retrieve(account.id)
    assert getattr(plain, "configuration", None) is None, "parts come when asked for"
    assert account.id in [a.id for a in client.v2.core.accounts.list({"limit": 5}).data]
    assert _link(client, account.id).url.startswith("http")


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("outcome", "statuses", "entries"),
    [
        ("active", ("active", "active"), 0),
        ("needs_document", ("restricted", "restricted"), 1),
        ("restricted", ("restricted", "restricted"), 0),
    ],
)
def test_the_owner_goes_through_onboarding(
    client: stripe.StripeClient,
    page: Page,
    receiver: Receiver,
    outcome: str,
    statuses: tuple[str, str],
    entries: int,
) -> None:
    account = client.v2.core.accounts.create(recipient("Köksbloggen"))
    link = _link(client, account.id)
    shown = page.open(link.url)
    assert "Köksbloggen" in shown.text and "TEST MODE" in shown.text
    back = page.press(link.url, outcome=outcome)
    assert (back.status_code, back.headers["location"]) == (303, "http://127.0.0.1:9/return")
    done = client.v2.core.accounts.retrieve(account.id, FULL)
    assert _statuses(done) == statuses
    assert len(done.requirements.entries) == entries  # type: ignore[union-attr,arg-type]
    # The link opens once: afterwards it leads to where a new one is made.
    spent = page.open(link.url)
    assert (spent.status_code, spent.headers["location"]) == (303, "http://127.0.0.1:9/refresh")
    returned = receiver.wait_for(
        lambda e: (
            e["type"] == "v2.core.account_link.returned" and e["related_object"]["id"] == account.id
        )
    )[0]
    assert returned.route == "/thin"


@pytest.mark.embedded
def test_a_change_of_capability_is_told_by_a_thin_event(
    client: stripe.StripeClient,
    affiliate: str,
    receiver: Receiver,
    trigger: Callable[..., dict[str, Any]],
) -> None:
    trigger("accounts/standing", account=affiliate, standing="restricted")
    name = "v2.core.account[configuration.recipient].capability_status_updated"
    told = receiver.wait_for(
        lambda e: e["type"] == name and e["related_object"]["id"] == affiliate, count=4
    )
    note: Any = client.parse_event_notification(told[-1].body, told[-1].signature, SECRETS["thin"])
    assert note.related_object.id == affiliate
    assert note.fetch_related_object().id == affiliate
    event = note.fetch_event()
    assert event.data.updated_capability in {
        "stripe_balance.payouts",
        "stripe_balance.stripe_transfers",
    }


@pytest.mark.embedded
def test_an_expired_link_leads_to_a_new_one(
    client: stripe.StripeClient,
    page: Page,
    gateway: Process,
    trigger: Callable[..., dict[str, Any]],
) -> None:
    account = client.v2.core.accounts.create(recipient())
    link = _link(client, account.id)
    trigger("clock/advance", seconds=700)
    assert page.open(link.url).headers["location"] == "http://127.0.0.1:9/refresh"
    assert page.press(link.url, outcome="active").headers["location"].endswith("/refresh")
    assert _statuses(client.v2.core.accounts.retrieve(account.id, FULL))[0] == "restricted"


@pytest.mark.embedded
def test_acting_for_a_strangers_account_is_forbidden(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.PermissionError) as refused:
        client.v1.balance.retrieve(None, {"stripe_account": "acct_1stranger"})
    assert refused.value.error and refused.value.error.code == "account_invalid"


@pytest.mark.embedded
def test_a_closed_account_is_left_alone(client: stripe.StripeClient) -> None:
    account = client.v2.core.accounts.create(recipient())
    closed = client.v2.core.accounts.close(account.id, {"applied_configurations": ["recipient"]})
    assert closed.closed is True
    with pytest.raises(stripe.InvalidRequestError):
        _link(client, account.id)


def test_the_platform_reads_its_own_account_and_what_its_country_takes(
    client: stripe.StripeClient,
) -> None:
    own = client.v1.accounts.retrieve_current()
    assert own.charges_enabled
    assert own.country
    spec = client.raw_request("get", f"/v1/country_specs/{own.country}")
    assert "eur" in spec.data["supported_payment_currencies"]


@pytest.mark.embedded
def test_who_has_not_signed_up_for_connect_works_with_no_other_accounts(
    client: stripe.StripeClient, trigger: Callable[..., dict[str, Any]]
) -> None:
    trigger("account/own", is_platform=False)
    with pytest.raises(stripe.PermissionError, match="Connect"):
        client.v2.core.accounts.list({"limit": 1})
    trigger("account/own")
    assert client.v2.core.accounts.list({"limit": 1}) is not None


@pytest.mark.embedded
def test_a_revoked_key_opens_nothing_and_anothers_leads_to_another_account(
    gateway: Process, trigger: Callable[..., dict[str, Any]]
) -> None:
    trigger("account/key", key="sk_test_revoked", standing="revoked")
    with pytest.raises(stripe.AuthenticationError, match="Expired"):
        client_for(gateway.url, key="sk_test_revoked").v1.balance.retrieve()
    trigger("account/key", key="sk_test_of_another", standing="of_another")
    own = client_for(gateway.url).v1.accounts.retrieve_current()
    other = client_for(gateway.url, key="sk_test_of_another").v1.accounts.retrieve_current()
    assert own.id != other.id

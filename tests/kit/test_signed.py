"""What we sign: by SHA-256, for one purpose, and never as somebody else would write it."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from itsdangerous import BadSignature
from itsdangerous.encoding import base64_decode

from mainstem import mail
from mainstem.kit.signed import signer, timed_signer
from mainstem_affiliates.storefront import basket

SECRET = "a secret of this company"


def test_a_signature_is_made_with_sha256_from_a_key_of_its_purpose() -> None:
    text = signer(SECRET, "thing").dumps(["a", 1])
    signed, _, signature = str(text).rpartition(".")
    key = hmac.digest(SECRET.encode(), b"mainstem.thing", hashlib.sha256)
    assert base64_decode(signature) == hmac.digest(key, signed.encode(), hashlib.sha256)


@pytest.mark.parametrize(
    "text",
    [
        mail.preference_token(SECRET, 7, "weekly_summary"),
        basket.packed(SECRET, basket.Basket("SEK", [basket.BasketItem("A", 1)])),
        str(timed_signer(SECRET, "notice").dumps(["Done.", "good"])),
    ],
    # A signature with the second in it is another one in each process that collects the tests.
    ids=["a preference", "a basket", "a notice"],
)
def test_whatever_is_signed_has_256_bits_behind_it(text: str) -> None:
    assert len(base64_decode(text.rpartition(".")[2])) == 32


def test_what_was_signed_for_one_purpose_or_by_another_secret_opens_nothing() -> None:
    text = signer(SECRET, "thing").dumps("x")
    assert signer(SECRET, "thing").loads(text) == "x"
    for other in (signer(SECRET, "other"), signer("another secret", "thing")):
        with pytest.raises(BadSignature):
            other.loads(text)

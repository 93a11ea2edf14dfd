"""Signatures as receivers' libraries check them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from malha.kit.ids import new_id
from malha.notifications.rules.signing import message_name, new_webhook_secret, signature_headers

# The example of the Standard Webhooks specification's libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAME = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_known_example_is_signed_as_known() -> None:
    headers = signature_headers(NAME, AT, BODY, [SECRET])
    assert headers == {
        "webhook-id": NAME,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }


def test_two_secrets_make_two_signatures_and_the_old_one_is_still_there() -> None:
    headers = signature_headers(NAME, AT, BODY, [new_webhook_secret(), SECRET])
    fresh, known = headers["webhook-signature"].split(" ")
    assert known == SIGNATURE
    assert fresh.startswith("v1,")
    assert fresh != known


@pytest.mark.parametrize(
    "change",
    [
        {"name": "msg_other"},
        {"at": datetime.fromtimestamp(1614265331, UTC)},
        {"body": BODY + b" "},
        {"secret": new_webhook_secret()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_is_changed_changes_the_signature(change: dict[str, object]) -> None:
    told = {"name": NAME, "at": AT, "body": BODY, "secret": SECRET} | change
    headers = signature_headers(told["name"], told["at"], told["body"], [told["secret"]])  # type: ignore[arg-type]
    assert headers["webhook-signature"] != SIGNATURE


def test_a_secret_is_long_enough_and_never_the_same() -> None:
    secrets = {new_webhook_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert all(len(base64.b64decode(secret.removeprefix("whsec_"))) == 32 for secret in secrets)


@pytest.mark.parametrize(
    "secret", ["whsec_", "whsec_QUJD", "whsec_!!!", "whsec_" + base64.b64encode(bytes(65)).decode()]
)
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        signature_headers(NAME, AT, BODY, [secret])


def test_a_message_has_one_name_that_fits_a_header() -> None:
    message_id = new_id()
    assert message_name(message_id) == message_name(message_id) != message_name(new_id())
    assert message_name(message_id).replace("_", "").isalnum()

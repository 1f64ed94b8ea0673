from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.line.signature import is_signed, sign

# The example of LINE's page "Verify webhook signature".
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
BODY = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
SIGNATURE = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def test_line_s_example_is_signed_as_line_says() -> None:
    assert sign(SECRET, BODY) == SIGNATURE


def test_right_signature_is_accepted() -> None:
    assert is_signed([SECRET], BODY, SIGNATURE)


@pytest.mark.parametrize("position", [0, 1])
def test_either_of_two_secrets_is_accepted_while_one_replaces_the_other(position: int) -> None:
    secrets = ["a new secret", "a new secret"]
    secrets[position] = SECRET
    assert is_signed(secrets, BODY, SIGNATURE)


@pytest.mark.parametrize(
    "signature", [None, "", SIGNATURE[:-1], SIGNATURE.lower(), f" {SIGNATURE}", "é", "\ud800", SIGNATURE * 2]
)
def test_missing_or_wrong_signature_is_refused(signature: str | None) -> None:
    assert not is_signed([SECRET], BODY, signature)


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_is_accepted(secrets: list[str]) -> None:
    assert not is_signed(secrets, BODY, sign("", BODY))


@given(st.binary(), st.binary())
def test_signature_fits_only_the_bytes_that_were_signed(body: bytes, other: bytes) -> None:
    assert is_signed([SECRET], other, sign(SECRET, body)) == (body == other)

"""Keys of clouds, by what stands beside them."""

import pytest

from lunaroute.pii._cloud import cloud_kind
from lunaroute.pii._context import NONE, Context
from tests.pii.marked import check

AZURE = "aB3/xY9+" * 10 + "Qw7rTz" + "=="
AWS = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYzQ7rT2mLpA"
HEX = "7177c146cbaff1e1a2d571220ddb5aa4"
ID = "AK" + "IA" + "QWERTYUIOP234567"
SID = "A" + "C" + "0123456789abcdef0f1e2d3c4b5a6978"


@pytest.mark.parametrize(
    "marked",
    [
        f'new StorageSharedKeyCredential("acct", "⟦{AZURE}⟧")',
        f'[{{"keyName": "key1", "permissions": "FULL", "value": "⟦{AZURE}⟧"}}]',
        f"az storage blob list --account-name a --account-key ⟦{AZURE}⟧",
        f"azure\n⟦{AZURE}⟧",
        f"AccountKey=⟦{AZURE}⟧;x=1",
        "https://a.blob.core.windows.net/c?sv=2022&sig=⟦aB3%2FxY9%2BaB3xY9aB3xY9aB3xY9aB3xY9aB3xY9aB3xY9%3D⟧&se=1",
    ],
)
def test_azure(marked):
    check(marked, "azure_storage_key")


@pytest.mark.parametrize(
    "text",
    [f"integrity sha512-{AZURE}", f'"signature": "{AZURE}"', f"azure {AZURE[1:]}", "azure a == b", f"azure {'a' * 86}=="],
)  # fmt: skip
def test_hashes_are_no_keys_of_azure(text):
    check(text, "azure_storage_key")


@pytest.mark.parametrize(
    "marked", [f"Client('{SID}', '⟦{HEX}⟧')", f"{SID}:⟦{HEX}⟧", f'"{SID}", "⟦{HEX}⟧"']
)
def test_twilio(marked):
    text = marked.replace("⟦", "").replace("⟧", "")
    at = marked.index("⟦")
    from lunaroute.pii import Detector

    found = Detector(["twilio_key"]).find(text)
    assert any(f.start == at and f.end == at + 32 for f in found)


def test_twilio_token_of_a_command():
    check(f"curl -u $TWILIO_SID:⟦{HEX}⟧ https://x.example", "twilio_key")


def test_aws():
    text = f"{ID} / {AWS}"
    from tests.pii.marked import ALL

    assert [(f.kind, text[f.start : f.end]) for f in ALL.find(text)] == [
        ("aws_key_id", ID),
        ("aws_secret_key", AWS),
    ]


def test_a_client_secret_of_entra_is_told_by_its_form():
    secret = "aB3" + "8Q~" + "xY9.zQ0-wK7mQ2vX4tR_aB3xY9zQ0wK7m"[:32]
    check(f"clientsecret ⟦{secret}⟧,", "vendor_token")
    check("a 8Q~ b aB38Q~short", "vendor_token")


def test_kinds_by_form_and_words():
    assert cloud_kind(AZURE, NONE) == ("azure_storage_key", 0.97)
    assert cloud_kind(AWS, Context.AWS) == ("aws_secret_key", 0.95)
    assert cloud_kind(HEX, Context.TWILIO) == ("twilio_key", 0.9)
    assert cloud_kind(AWS, NONE) is None
    assert cloud_kind(HEX, Context.AWS) is None

"""Private keys in PEM armour."""

import pytest

from tests.pii.marked import check

LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
BEGIN, END = "-----" + "BEGIN {}PRIVATE " + "KEY-----", "-----END {}PRIVATE KEY-----"


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
@pytest.mark.parametrize("joint", ["\n", "\\n", "\\\\n", "\r\n", "\n    ", '\\n" +\n"'])
def test_the_whole_block_is_found(kind, joint):
    block = joint.join(
        [BEGIN.format(kind), LINE, LINE, LINE[:20] + "==", END.format(kind)]
    )
    check(f'key: "⟦{block}⟧"\nrest', "private_key")


def test_pgp():
    block = f"-----{'BEGIN'} PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{LINE}\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----"
    check(f"⟦{block}⟧", "private_key")


def test_a_block_that_was_cut_is_found_as_far_as_it_goes():
    check(f"⟦{BEGIN.format('RSA ')}\n{LINE}\n{LINE}⟧", "private_key")


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\n" + LINE + "\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\n" + LINE + "\n-----END PUBLIC KEY-----",
        BEGIN.format("") + "\n...\n" + END.format(""),
        f'if "{BEGIN.format("")}" in text:',
        BEGIN.format("") * 50,
    ],
)
def test_not_found(text):
    check(text, "private_key")

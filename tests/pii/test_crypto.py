"""Addresses of crypto currencies, by their checksums."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "⟦1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2⟧",
        "⟦bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq⟧",
        "⟦BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4⟧",
        "⟦0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed⟧",
        "eth: ⟦0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed⟧",
        "⟦rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh⟧",
        "⟦bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a⟧",
        "solana wallet ⟦7S3P4HxJpyyigGzodYwHtCxZyUQe9JiBMHyRWXArAaKv⟧",
    ],
)
def test_found(marked):
    check(marked, "crypto_address")


@pytest.mark.parametrize(
    "text",
    [
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6b",
        "DefaultHttp2ConnectionFactory1",
    ],
)
def test_not_found(text):
    check(text, "crypto_address")

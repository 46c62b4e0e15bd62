"""Payment cards: the vendors' test numbers."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "⟦4111 1111 1111 1111⟧ 12/28",
        "⟦4111-1111-1111-1111⟧",
        "card=⟦5555555555554444⟧;",
        "⟦378282246310005⟧ and ⟦3782 822463 10005⟧",
        '"pan":"⟦6011111111111117⟧"',
        "⟦3530111333300000⟧, ⟦2223003122003222⟧",
        "Diners ⟦3056 930902 5904⟧ or ⟦30569309025904⟧",
        "card ⟦6759649826438453⟧",
        "visa ⟦4222222222222⟧",
        "\\n⟦4242424242424242⟧\\n",
        "./.env.local:10:⟦5555-5555-5555-4444⟧,10.00",
    ],
)
def test_found(marked):
    check(marked, "credit_card")


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1112",
        "1700000000000 and 1234567890123456",
        "0000000000000000",
        "order 9876543210987654",
        "550e8400-e29b-4111-1111-111111111111",
        "0.4111111111111111",
        "411111111111111100000000000000",
        "RS35 2600 0560 1001 6113 71",
    ],
)
def test_not_found(text):
    check(text, "credit_card")

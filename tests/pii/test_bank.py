"""Bank accounts."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "⟦GB82 WEST 1234 5698 7654 32⟧ 100 EUR",
        "⟦gb82west12345698765432⟧",
        "⟦GB82.WEST.1234.5698.7654.32⟧ ⟦DE89  3704  0044  0532  0130  00⟧",
        "iban=⟦DE89-3704-0044-0532-0130-00⟧",
        "\\n⟦DE89370400440532013000⟧\\n",
    ],
)
def test_iban(marked):
    check(marked, "iban")


@pytest.mark.parametrize(
    "text",
    [
        "GB82 WEST 1234 5698 7654 33",
        "ZZ82WEST12345698765432",
        "GB82WEST123456987654321",
        "xGB82WEST12345698765432",
        "Gb82WeSt12345698765432",
    ],
)
def test_no_iban(text):
    check(text, "iban")


def test_routing():
    check("ABA routing ⟦021000021⟧", "us_routing_number")
    check("routing 021000022, 991000021", "us_routing_number")
    check("021000021", "us_routing_number")

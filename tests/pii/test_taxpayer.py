"""US social security and taxpayer numbers."""

import pytest

from tests.pii.marked import check


@pytest.mark.parametrize(
    "marked",
    [
        "⟦123-45-6789⟧",
        "SSN: ⟦219099999⟧",
        "⟦123 45 6789⟧",
        '"ssn":"⟦078-05-1120⟧"',
        "userSsn = ⟦078051120⟧",
        "SSN#⟦123-45-6789⟧, ssn ⟦123.45.6789⟧, SSN: ⟦123 - 45 - 6789⟧",
        "⟦123\u201345\u20136789⟧",
        "\\n⟦123-45-6789⟧",
        "src/users.py:7:⟦219-45-6781⟧",
    ],
)
def test_ssn(marked):
    check(marked, "ssn")


@pytest.mark.parametrize("marked", ["⟦912-70-1234⟧", "itin ⟦900501234⟧"])
def test_itin(marked):
    check(marked, "itin")


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456 666-12-3456 123-00-4567 123-45-0000 912-10-1234",
        "94105-1234",
        "123456789",
        "classname 123456789",
        "1-123-45-6789",
        "order number 123-45-6789",
        "123-45-6789-0",
        "ORD-123-45-6789 PO 123-45-6789 S/N 123-45-6789",
        "range 100-20-3000",
    ],
)
def test_not_found(text):
    check(text, "ssn")

"""Check digits: documented numbers, and that any other digit is refused."""

import pytest

from lunaroute.pii import _checks


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (_checks.iban, "GB82WEST12345698765432"),
        (_checks.iban, "no9386011117947"),
        (_checks.nhs, "9434765919"),
        (_checks.aadhaar, "234567890124"),
        (_checks.nif, "12345678Z"),
        (_checks.nif, "X1234567L"),
        (_checks.cif, "A58818501"),
        (_checks.fiscal_code, "RSSMRA85T10A562S"),
        (_checks.pesel, "44051401359"),
        (_checks.tfn, "123456782"),
        (_checks.tfn, "37118629"),
        (_checks.nric, "S1234567D"),
        (_checks.nric, "G1612345K"),
        (_checks.nric, "F1234567N"),
        (_checks.npi, "1234567893"),
        (_checks.routing, "021000021"),
    ],
)
def test_one_last_character_fits(check, value):
    assert check(value)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if value[-1].isalpha() else "0123456789"
    fits = [letter for letter in letters if check(value[:-1] + letter)]
    assert fits == [value[-1].upper()]


def test_what_passes_by_arithmetic_alone_is_refused():
    assert not _checks.nhs("0000000000")
    assert not _checks.aadhaar("000000000000")
    assert not _checks.tfn("000000000")
    assert not _checks.routing("000000000")
    assert not _checks.pesel("44131401358")
    assert not _checks.iban("GB82")

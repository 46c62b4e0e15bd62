"""Numbers by which states know people."""

import pytest

from lunaroute.pii import Detector
from tests.pii.marked import check


@pytest.mark.parametrize(
    ("kind", "marked"),
    [
        ("uk_nino", "NINO ⟦AB 12 34 56 C⟧"),
        ("uk_nino", "national insurance ⟦ab123456c⟧"),
        ("uk_nhs", "NHS: ⟦943-476-5919⟧"),
        ("in_aadhaar", "aadhaar ⟦2345 6789 0124⟧"),
        ("in_pan", "PAN card ⟦ABCPE1234F⟧"),
        ("es_nif", "DNI ⟦12.345.678-Z⟧"),
        ("es_nif", "CIF ⟦A58818501⟧"),
        ("pl_pesel", "PESEL: ⟦44051401359⟧"),
        ("au_tfn", "TFN ⟦123 456 782⟧"),
        ("sg_fin", "nric ⟦s1234567d⟧"),
        ("us_npi", "NPI# ⟦1234567893⟧"),
        ("us_mbi", "MBI ⟦1EG4-TE5-MK73⟧"),
        ("passport", "passport no ⟦L1234567⟧"),
        ("passport", "Reisepassnummer ⟦C01X00T47⟧, paszport: ⟦ZS0000177⟧"),
        ("passport", "name,passport\nBob,⟦C01X00T47⟧"),
        ("passport", "the passport number of Mr. Smith is ⟦L898902C3⟧"),
        ("passport", "护照 ⟦E12345678⟧, паспорт ⟦45 08 123456⟧"),
        ("in_aadhaar", "आधार संख्या: ⟦2345 6789 0124⟧"),
        ("es_nif", "D.N.I.: ⟦12345678Z⟧"),
        ("uk_nino", "N.I. number ⟦AB 12 34 56 C⟧"),
        ("it_fiscal_code", "⟦RSSMRA85T10A562S⟧"),
    ],
)
def test_found(kind, marked):
    check(marked, kind, Detector([kind]))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("uk_nino", "AB 12 34 56 C"),
        ("uk_nino", "NINO BG 12 34 56 C"),
        ("uk_nhs", "NHS 943 476 5918"),
        ("in_aadhaar", "aadhaar 2345 6789 0125"),
        ("es_nif", "DNI 12345678A"),
        ("pl_pesel", "44051401359"),
        ("au_tfn", "TFN 123 456 783"),
        ("sg_fin", "NRIC S1234567E"),
        ("us_npi", "NPI 1234567894"),
        ("passport", "passport issued 20261125"),
        ("passport", "passport middleware ABC12345"),
        ("it_fiscal_code", "RSSMRA85T10A562T"),
    ],
)
def test_not_found(kind, text):
    check(text, kind, Detector([kind]))

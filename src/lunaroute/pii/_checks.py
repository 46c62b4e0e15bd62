"""Check digits and letters, each by the rule of whoever gives the numbers out.

Every function takes the value without its separators and says whether it checks.
"""

from lunaroute._fast import luhn_valid


def _weighted(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def iban(value: str) -> bool:
    """ISO 13616: the country's length, and 1 modulo 97."""
    value = value.upper()
    if len(value) != IBAN_LENGTHS.get(value[:2]):
        return False
    return int("".join(str(int(c, 36)) for c in value[4:] + value[:4])) % 97 == 1


def nhs(digits: str) -> bool:
    """Modulo 11 over ten digits; a check digit of 10 is never given out."""
    check = 11 - _weighted(digits, (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return check != 10 and check % 11 == int(digits[9]) and len(set(digits)) > 1


_VERHOEFF_TIMES = (
    *("0123456789", "1234067895", "2340178956", "3401289567", "4012395678"),
    *("5987604321", "6598710432", "7659821043", "8765932104", "9876543210"),
)
_VERHOEFF_MOVED = (
    *("0123456789", "1576283094", "5803796142", "8916043527"),
    *("9453126870", "4286573901", "2793806415", "7046913258"),
)


def aadhaar(digits: str) -> bool:
    """Verhoeff over twelve digits."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        moved = int(_VERHOEFF_MOVED[place % 8][int(digit)])
        check = int(_VERHOEFF_TIMES[check][moved])
    return check == 0 and len(set(digits)) > 1


_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def nif(value: str) -> bool:
    """A letter by the number modulo 23; NIE begin with X, Y, Z for 0, 1, 2."""
    value = value.upper()
    number = value[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and _NIF_LETTERS[int(number) % 23] == value[-1]


def cif(value: str) -> bool:
    """A Spanish company's number: Luhn over seven digits, as digit or letter."""
    value = value.upper()
    doubled = sum(sum(map(int, str(int(d) * 2))) for d in value[1:8:2])
    check = -(doubled + sum(int(d) for d in value[2:8:2])) % 10
    return value[8] in (str(check), "JABCDEFGHI"[check])


# What a character counts at an odd place of an Italian fiscal code, 0-9 then A-Z.
_FISCAL_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_FISCAL_ODD_LETTER = (
    *_FISCAL_ODD,
    *(2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
)


def fiscal_code(value: str) -> bool:
    """A letter by the sum of the values of fifteen characters modulo 26."""
    value = value.upper()
    total = 0
    for place, character in enumerate(value[:15], 1):
        number = ord(character) - (48 if character.isdigit() else 65)
        total += _FISCAL_ODD_LETTER[number] if place % 2 else number
    return chr(65 + total % 26) == value[15]


def pesel(digits: str) -> bool:
    """Weights 1, 3, 7, 9 and a date of birth whose month tells the century."""
    month, day = int(digits[2:4]) % 20, int(digits[4:6])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    check = -_weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10
    return check == int(digits[10])


_TFN_8: tuple[int, ...] = (10, 7, 8, 4, 6, 3, 5, 1)
_TFN_9: tuple[int, ...] = (1, 4, 3, 7, 5, 8, 6, 9, 10)


def tfn(digits: str) -> bool:
    """An Australian tax file number of eight or nine digits: 0 modulo 11."""
    weights = _TFN_9 if len(digits) == 9 else _TFN_8
    return _weighted(digits, weights) % 11 == 0 and len(set(digits)) > 1


def nric(value: str) -> bool:
    """A letter by weights modulo 11; the first letter chooses the row."""
    value = value.upper()
    total = _weighted(value[1:8], (2, 7, 6, 5, 4, 3, 2))
    first = value[0]
    if first in "TG":
        total += 4
    elif first == "M":
        total += 3
    rows = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "XWUTRQPNJLK"}
    row = rows.get(first, "XWUTRQPNMLK")
    return row[total % 11] == value[8]


def npi(digits: str) -> bool:
    """Luhn with 80840, the number of health cards of the US, before it."""
    return luhn_valid(f"80840{digits}".encode())


def routing(digits: str) -> bool:
    """Weights 3, 7, 1; the first two digits name a district of the Federal Reserve."""
    first = int(digits[:2])
    district = first <= 12 or 21 <= first <= 32 or 61 <= first <= 72 or first == 80
    weights = (3, 7, 1, 3, 7, 1, 3, 7, 1)
    return district and _weighted(digits, weights) % 10 == 0 and digits.strip("0") != ""


# Registry of IBANs (ISO 13616), the length of each country's.
IBAN_LENGTHS = {
    country: int(length)
    for country, length in (
        entry.split(":")
        for entry in """
        AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21
        CR:22 CY:28 CZ:24 DE:22 DJ:27 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18
        FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HN:28 HR:21 HU:28 IE:22 IL:23 IQ:23
        IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20 LU:20 LV:21 LY:25 MC:27
        MD:24 ME:22 MK:19 MN:20 MR:27 MT:31 MU:30 NI:28 NL:18 NO:15 OM:23 PK:24 PL:28
        PS:29 PT:25 QA:29 RO:24 RS:22 RU:33 SA:24 SC:31 SD:18 SE:24 SI:19 SK:24 SM:27
        SO:23 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20 YE:30 DZ:26 AO:25
        BJ:28 BF:28 CM:27 CV:25 CI:28 GA:27 GQ:27 GW:25 IR:26 KM:27 MA:28 MG:27 ML:28
        MZ:25 NE:28 SN:28 TD:27 TG:28 CF:27 CG:27
        """.split()
    )
}

"""Luhn check digits, said plainly: the twin of the compiled ``_luhn``."""

# A doubled digit counts as the sum of its own digits: 7 -> 14 -> 5.
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn_valid(digits: bytes) -> bool:
    """Whether ASCII digits end in their right check digit; no digits are not valid.

    Any other byte, separators included, makes the answer False.
    """
    if not digits.isdigit():
        return False
    values = [byte - ord("0") for byte in reversed(digits)]
    total = sum(values[::2]) + sum(_DOUBLED[value] for value in values[1::2])
    return total % 10 == 0

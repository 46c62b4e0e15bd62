"""What both builds of ``Triggers`` are told and report: names for numbers."""

from typing import NamedTuple

# What is reported. The shapes come first; literals have codes of the caller's, from
# FIRST_LITERAL on.
AT = 1
COLON = 2
IPV4 = 3
CARD = 4
SSN = 5
PHONE = 6
ID = 7  # anything with digits near a context word; never reported without one
IBAN = 8
BASE58 = 9
FISCAL = 10
MAC = 11  # with dashes or dots; with colons it is COLON
DISCORD = 12  # 24 letters and digits, a dot, six, a dot
FIRST_LITERAL = 32

# How a literal is looked at before it is reported.
LEFT = 1  # no letter, digit or _ before it
EXACT = 2  # in this case only
CONTEXT = 4  # reported by its mask only, beside what stands near
ASSIGN = 8  # a name that something is assigned to
LEFT64 = 16  # no - before it either
AUTHORITY = 32  # a colon and an @ behind it before a / or a blank
ARMOUR = 64  # 16 characters of base64 soon behind it, before five dashes

# What follows it: at least so many characters of one of these sets.
FOLLOW = ("", "url64", "alnum", "hex", "base64")

# How far before and behind a position context words are seen, in characters.
BEFORE = 64
AFTER = 48


class Literal(NamedTuple):
    """A literal, what it is reported as, and what has to be true around it."""

    text: bytes
    code: int = 0
    flags: int = 0
    follow: str = ""
    least: int = 0
    mask: int = 0

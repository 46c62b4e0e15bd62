"""How values look: made by a machine, chosen by a human, or code and prose."""

import re
from itertools import pairwise

_SEGMENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CODE = re.compile(
    r"[&*]{0,2}[A-Za-z_$][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_$][\w$]*|\[[^\]]*\]?)*(?:[(\[{].*)?\Z"
)
_CALL = re.compile(r"[&*!]{0,2}(?:await |new )?[A-Za-z_$][\w$.:>-]*\(")
_PATH = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,12}://|[.~]{0,2}/(?!.*[+=])[\w.-]+/|[A-Za-z]:\\|\$?[A-Z_]+/)"
)
_REGEX = (
    re.compile(r"\(\?[:=!<P]"),
    re.compile(r"\[\^?[a-zA-Z0-9]-[a-zA-Z0-9]|\\[dwsb](?![A-Za-z])"),
    re.compile(r"\A\^|\$\Z"),
    re.compile(r"[.\])][*+]|\{\d+,?\d*\}"),
    re.compile(r"0-9a-z|0-9A-Z|a-zA-Z|a-z0-9|A-Z0-9|A-Za-z"),
)
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")
_TITLE = re.compile(r"[A-Z][a-z]{2,}(?![a-z])")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_HARD = re.compile(r"[bcdfghjklmnpqrstvwxz]{4}", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")
_OF_THE_THING = re.compile(r"(?i)pass|pwd|secret|token|key|cred|auth")
_NUMBERED = re.compile(
    r"[a-z_.]+\d{1,2}|[A-Z][a-zA-Z.]+\d{1,2}|[a-z]+(?:[A-Z0-9][a-z]+)+\d?"
)
_DOTTED = re.compile(
    r"(?:[A-Za-z]{2,}|\d{1,4})(?:[._\-/:](?:[A-Za-z]{2,}\d{0,2}|v?\d{1,4}))+"
)
# required|min:8, as frameworks write what a field must be.
_RULES = re.compile(r"[a-z_]{2,}(?::[\w,]+)?(?:\|[a-z_]{2,}(?::[\w,]+)?)+")
_DOTS = re.compile(r"[\w$]+(?:\.[\w$]+)+(?:\(.*)?")
_DATED = re.compile(r"[A-Z]?[a-z]{4,}[._-]\d{2,4}")
# aPq-19-zzT: no part of it is written as words are.
_GROUPED = re.compile(
    r"(?=.{8})(?=.*-\d)(?:[a-z]{1,3}[A-Z][A-Za-z]?|\d{1,4})(?:-(?:[a-z]{1,3}[A-Z][A-Za-z]?|\d{1,4})){1,4}"
)
# tok_, key-: what a maker of keys puts before them.
_PREFIX = re.compile(r"[a-z]{2,6}[_-](?=[^_-]{16,}\Z)")
_LEET = re.compile(r"[A-Za-z]{1,12}\d[A-Za-z]{2,12}")
_TECHNICAL = re.compile(
    r"(?i)base64|sha\d|md5|utf|oauth|str|int|hash|x509|http|v\d|pass|pwd|secret|token|key"
)
_SIGN = re.compile(r"[!@#$%^&*?+=~]")
# correct-horse-battery-staple: words drawn from a list, and what no list of words is.
_HYPHENATED = re.compile(
    r"(?:[a-z]{3,12}-){3,9}[a-z]{3,12}|(?:[A-Z][a-z]{2,11}-){3,9}[A-Z][a-z]{2,11}"
)
_OF_A_PAGE = frozenset(
    """
    input inputs label error errors form control button btn text modal dialog icon wrapper
    container group strength check checked validation help hint prompt page link view box
    row col column list item header footer primary dark light small large size color auth
    type name value data test tests file path string config settings setting service
    server client api http https host url expired missing wrong valid mismatch
    match generate generator manager policy visibility toggle store vault rule rules
    """.split()
)
# Words of sentences; no passphrase has them, of words drawn from a list.
_SENTENCE = frozenset(
    """
    a an and are as at be been but by can cannot could did do does enter field for forgot
    from has have here how if in incorrect invalid is it least make may minimum must new
    no not of old on or password passwords passphrase please required reset same secret
    should so than that the their them then there they this to token too use user using
    was we what when where which will with you your der die das und ist nicht ein eine
    bitte ihr mit für le la les de du des un une est et pour votre el los las una es y su
    confirm change update show hide current repeat again default empty optional string
    database key login sign account username email
    """.split()
)


def is_mixed(value: str) -> bool:
    """Whether both letters and digits stand in it."""
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def is_strong(value: str) -> bool:
    """Whether a value tells by itself that a machine or a careful human made it."""
    if not is_mixed(value) or len(value) < 6 or _CALL.match(value):
        return False
    if _SIGN.search(value) and (has_three_classes(value) or len(value) >= 8):
        return not is_path(value)
    if "::" in value or is_dotted(value):
        return False
    # A name of code, such as one of the thing itself.
    of_code = re.fullmatch(r"\w+", value) and not is_jumbled(value)
    of_it = _OF_THE_THING.search(value) and not value[-1].isdigit()
    of_form = re.match(r"(?i)base64|sha\d|md5|utf\d|oauth\d|x509|http", value)
    if of_code and ("_" in value or of_it or of_form):
        return False
    if has_three_classes(value) and len(value) >= 8:
        return not is_wordy(value) and not is_numbered(value) and not is_path(value)
    if len(value) >= 8 and re.search(r"\d[a-z]+\d[a-z]*|\d[A-Z]+\d", value):
        return value.isalnum() and not _TECHNICAL.search(value)
    return len(value) >= 16 and _is_hexadecimal(value)


def is_fair(value: str) -> bool:
    """Whether a value could be a password where one is all that could stand."""
    return (
        is_mixed(value)
        and len(value) >= 6
        and " " not in value
        and (
            not is_dotted(value)
            or _DATED.fullmatch(value) is not None
            or _GROUPED.fullmatch(value) is not None
        )
        and not is_path(value)
        and not re.fullmatch(
            r"0[xX][0-9a-fA-F]+[uUlL]*|\d+(?:\.\d+)?[a-zA-Z%]{1,3}", value
        )
        and not (_OF_THE_THING.search(value) and is_numbered(value))
    )


def _is_hexadecimal(value: str) -> bool:
    return re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", value) is not None


def has_three_classes(value: str) -> bool:
    """Whether capitals, small letters and digits stand in it."""
    return all(
        any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit)
    )


def is_random(value: str) -> bool:
    """Whether upper and lower case alternate as no word's do."""
    changes = sum(
        1
        for one, other in pairwise(value)
        if one.isupper() != other.isupper() or one.isdigit() != other.isdigit()
    )
    return changes * 4 >= len(value) and len(set(value)) >= 10


def is_shuffled(value: str) -> bool:
    """Whether capitals and small letters alternate in many letters as in no name of
    code, whose parts have vowels.
    """
    if len(value) < 16 or not value.isalpha() or not is_random(value):
        return False
    parts = _SEGMENT.findall(value)
    return 2 * sum(_VOWEL.search(part) is None for part in parts) >= len(parts)


def is_jumbled(value: str) -> bool:
    """Whether the parts of a name of code would be too short to be words."""
    parts = _SEGMENT.findall(value)
    if len(value) < 8 or len(parts) < 2:
        return False
    mute = sum(len(part) > 1 and _VOWEL.search(part) is None for part in parts)
    if len(parts) < 3:
        return is_mixed(value) and mute == len(parts)
    if sum(map(len, parts)) * 10 < len(parts) * 26:
        return True
    return is_mixed(value) and mute * 2 >= len(parts)


def is_wordy(value: str) -> bool:
    """Whether most of a long value is words: a class's name, a sentence in one."""
    words = [
        w for w in _TITLE.findall(value) if _VOWEL.search(w) and not _HARD.search(w)
    ]
    many = sum(map(len, words)) * 10 >= len(value) * 6
    return len(words) > 1 and (
        many or (_DOTS.fullmatch(value) is not None and not is_jumbled(value))
    )


def is_path(value: str) -> bool:
    """Whether it is a path of words, or an address."""
    return _PATH.match(value) is not None and not (
        "://" not in value and has_three_classes(value) and is_random(value)
    )


def is_regex(value: str) -> bool:
    """Whether it is a pattern: more than one sign of it, or one and no digit."""
    signs = sum(pattern.search(value) is not None for pattern in _REGEX)
    return signs > 1 or (signs == 1 and not any(map(str.isdigit, value)))


def is_code(text: str, start: int, end: int) -> bool:
    """Whether what is not quoted is called or read and no value."""
    value = text[start:end]
    if text[end : end + 1] == "(":
        return True
    if _CALL.match(value):
        return ")" in value or not has_three_classes(value)
    return value[0] in "([{*|+!&%@" and not is_strong(value.lstrip("([{*|+!&%@"))


def is_bare_secret(value: str, chosen: bool, human: bool) -> bool | None:
    """Whether what is not quoted is a value and no code, by its looks alone; None for
    a word, which either may be.
    """
    if not human and len(value) < 8:
        return False
    mixed = is_mixed(value)
    if not _CODE.match(value if mixed else value.rstrip("!?")):
        if value.isdigit():
            return chosen and len(value) >= 6
        return mixed or (chosen and len(value) >= 6 and any(c.isalpha() for c in value))
    # A name of code, or a word. With digits in it, it is the more likely a value the
    # less it looks like a numbered name.
    if _OF_THE_THING.search(value) and "_" in value:
        return False
    plain = (
        chosen and len(value) >= 6 and not re.search(r"[.\[(>:&*]|_(?!\d+\$)", value)
    )
    if mixed and (is_jumbled(value) or re.search(
        r"\d[A-Za-z]+\d|[A-Za-z]\d{2,}|\d[A-Z]|[A-Z]\d|^\d|\d$", value
    )):  # fmt: skip
        if value[0] in "&*":
            return is_strong(value) and "." not in value
        return not is_numbered(value) or plain or is_jumbled(value)
    if mixed and plain and value.endswith("$"):
        return True
    if mixed and plain and _LEET.fullmatch(value) and not _TECHNICAL.search(value):
        return True
    if len(value) >= 14 and "." not in value and has_three_classes(value):
        return not is_wordy(value)
    if (plain or len(value) >= 16) and is_jumbled(value) and value.isalpha():
        return True
    if plain and is_shuffled(value):
        return True
    return None


def is_passphrase(value: str) -> bool:
    """Whether several words are one: drawn from a list, or with digits and signs."""
    words = value.split(" ")
    if not 2 <= len(words) <= 10 or not all(words):
        return False
    if any(word.lower().strip(".,!?:;") in _SENTENCE for word in words):
        return False
    if re.fullmatch(r"(?:[a-z]{3,12} ){3,9}[a-z]{3,12}", value):
        return True
    return re.search(r"\d", value) is not None and _SIGN.search(value) is not None


def is_hyphenated(value: str) -> bool:
    """Whether four words or more, joined by hyphens, are a passphrase: none of them
    speaks of passwords, or of the page that asks for one.
    """
    return _HYPHENATED.fullmatch(value) is not None and not any(
        word in _SENTENCE or word in _OF_A_PAGE for word in value.lower().split("-")
    )


def is_given(value: str) -> bool:
    """Whether what is quoted could be a password where nothing else could stand."""
    if is_fair(value):
        return True
    named = value[:1].isalnum() and not value.isalnum() and " " not in value
    return named and is_chosen(value, True)


def is_chosen(value: str, quoted: bool) -> bool:
    """Whether it may be a password that a human chose."""
    if len(value) < 4 or value.isspace():
        return False
    if " " in value:
        # A sentence, unless digits and signs stand in every word.
        return is_passphrase(value) or bool(
            re.fullmatch(r"(?:\S*[\d@#$%^&*!]\S*(?: |$))+", value)
        )
    if value.isdigit():
        return True
    kinds = sum(
        any(test(c) for c in value)
        for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    )
    if kinds == 1:
        return not quoted or (len(value) >= 5 and value.isalpha())
    if any(c.isdigit() for c in value):
        return not re.fullmatch(
            r"[a-z_.]*(?:pass|password|passwd|pwd)_?[a-z]*\d?", value
        )
    # Letters and signs: a name, a path of names, a label such as "Password:".
    return len(value) >= 6 and (is_jumbled(value) or is_shuffled(value) or is_hyphenated(value) or not re.fullmatch(
        r"[A-Za-z_$][\w$]*(?:[.\-/:_=][\w$]+)*[:?*]?|[A-Z][a-z]+[A-Za-z]*|\W+", value
    ))  # fmt: skip


def is_key(value: str) -> bool:
    """Whether it can be nothing but a key: long, and random."""
    if not re.fullmatch(r"[0-9A-Za-z+/=_.~-]{16,}", value) or not is_mixed(value):
        return False
    if re.fullmatch(r"[0-9a-f]{32,}", value) or _UUID.match(value):
        return True
    if re.fullmatch(r"[0-9a-z]{24,}", value) and len(re.findall(r"\d+", value)) > 3:
        return True
    return has_three_classes(value) and is_random(value) and not is_path(value)


def is_made(value: str, human: bool) -> bool:
    """Whether it may be what a machine made; of a secret, a human, too."""
    if " " in value or value.isdigit():
        return False
    if len(value) < 8:
        return (
            len(value) >= 6
            and is_mixed(value)
            and (human or re.search(r"[^0-9A-Za-z_.\-/]", value) is not None)
            and not re.fullmatch(r"[A-Za-z]+[-_. ]?v?\d{1,3}", value)
        )
    if _UUID.match(value):
        return True
    if not any(c.isdigit() for c in value):
        value = _PREFIX.sub("", value)
        return (
            (is_random(value) or is_jumbled(value))
            and len(value) >= (16 if is_jumbled(value) else 20)
            and re.search(r"[._\- ]", value) is None
        )
    if re.fullmatch(r"[A-Za-z_.\-/]+\d{0,3}", value) and len(value) < 24:
        return is_jumbled(value)
    if re.fullmatch(r"[\d.,:/\-]+\w?", value):
        return False
    return not is_dotted(value)


def is_numbered(value: str) -> bool:
    """Whether it is a name of code with a number in it, or two."""
    return (
        _NUMBERED.fullmatch(value) is not None
        and len(re.findall(r"\d+", value)) < 3
        and not is_jumbled(value)
    )


def is_dotted(value: str) -> bool:
    """Whether it is words and small numbers with dots and the like between them."""
    return _DOTTED.fullmatch(value) is not None


def is_no_secret(value: str) -> bool:
    """Whether it is something else by its looks: a pattern, a path, a colour."""
    if "0123456789" in value and re.search(r"(?i)abcdefghij", value):
        return True  # an alphabet
    if _RULES.fullmatch(value):
        return True
    return is_regex(value) or is_path(value) or _COLOUR.fullmatch(value) is not None

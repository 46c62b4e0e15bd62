"""Values given to a name such as ``password`` or ``api_key``, wherever names are.

In code most of what such names are given is no secret: variables, calls, types,
sentences. So a value counts by how it looks, the less so the plainer the name.
"""

import re
from itertools import pairwise

from lunaroute.pii._context import Context
from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_placeholder

# The names, in two classes: what a password is given to may be a word that a human
# chose, the others are given what a machine made.
CHOSEN = (
    *("password", "passwd", "passphrase", "passcode", "pwd", "pass", "passwort"),
    *("kennwort", "contraseña", "motdepasse", "mot_de_passe"),
)
MADE = (
    *("secret", "token", "apikey", "api_key", "api-key", "accesskey", "access_key"),
    *("access-key", "authkey", "auth_key", "auth-key", "privatekey", "private_key"),
    *("private-key", "credential", "accountkey", "account_key", "account-key"),
    *("signingkey", "signing_key", "encryptionkey", "encryption_key", "masterkey"),
    *("master_key", "storagekey", "storage_key", "subscription-key", "api key"),
    *("secretkey", "access key", "account key", "_auth", "servicekey", "service_key"),
)
_CHOSEN = frozenset(CHOSEN)
_NAME = re.compile(
    "|".join(sorted((*CHOSEN, *MADE), key=len, reverse=True)), re.IGNORECASE
)
_BEFORE = re.compile(r"[0-9A-Za-z_\-]{0,40}\Z")
_REST = re.compile(r"[0-9A-Za-z_-]{0,32}")
_SEGMENT = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# What makes of the name something that holds no secret: the last part of it ...
_LAST = frozenset(
    """
    name names type types count counts limit limits length len size sizes url urls uri
    path paths file files filename dir directory field fields label hint placeholder min
    max policy expiry expires expiration ttl hash hashed reset regex pattern required
    enabled disabled manager provider providers service store version ref reference arn
    prefix suffix error errors message messages index idx budget usage ratio price cost
    id ids param params var variable strength class cls list map stream endpoint schema
    format rotation created updated issuer audience scope scopes kind mode position
    validator validation form page input prompt help text title description visible show
    confirm age at seconds minutes hours days timeout lifetime period duration score
    handler callback factory helper utils util parser generator encoder bucket buckets
    algorithm alg iterator stats details info status state source target column row table
    header headers rate window threshold ize izer ized ization ing s ed less word words
    available present exists changed valid invalid env plugin backend
    """.split()
)
# ... or the part before it.
_FIRST = frozenset(
    """
    pad eos bos unk sep cls mask stop next page pagination continuation max min num start
    end special cancel cancellation per image public prompt completion input output first
    last hide has is no forgot change toggle total cached reasoning sync skip use
    show count n delimiter separator match lex syntax peek consume parse expect foreign
    primary sort partition cache object dict row idempotency publishable by pass com
    bi mono semicolon comma keyword string number identifier
    """.split()
)
_OPERATOR = re.compile(
    r"""(?x)
    (?P<closed>\\*["'`]?\]?)
    [ \t]{0,24}
    (?: :[ \t]*(?:str|string|String|&'?\w*[ ]?str|Optional\[str\]|SecretStr|bytes)\??[ \t]*= (?!=)
      | (?P<op> === | !== | == | != | := | => | = | : | > )
      | (?P<is> (?:is|was)(?:[ ]now)?:?[ ] )
      | (?P<comma>,(?=[ ]{0,2}\\*["'])) )
    [ \t]{0,24}
    """
)
# Compared, not given; what is quoted beside them is looked at all the same.
_ASKED = frozenset(("==", "===", "!=", "!==", "=>"))
_QUOTED = re.compile(
    r"(?:[rRbBuU]|@|\$)?(?P<quote>\\*[\"'`])(?P<value>(?:(?!(?P=quote))[^\r\n]){1,512})(?P=quote)"
)
# An & ends a value where another name follows, as in addresses and forms.
_BARE = re.compile(r"(?:(?!&[A-Za-z_][\w.\-\[\]]{0,40}=)[^\s\"'`,;<>]){1,512}")
_URL_VALUE = re.compile(r"[^\s\"'`,;<>&#]{1,512}")
_FLAG = re.compile(r"(?:^|[\s\"'])--?[0-9A-Za-z_-]{0,40}\Z")
_FLAG_VALUE = re.compile(
    r"[ \t]+(?P<q>[\"']?)(?P<value>[^\s\"'`;|&<>-](?:[^\s\"'`;|&<>]|&(?=[^\s&])){3,256})(?P=q)"
)
_CODE = re.compile(
    r"[A-Za-z_$]\w*(?:(?:\.|->|::|\?\.)[A-Za-z_$]\w*|\[[^\]]*\]?)*(?:[(\[{].*)?\Z"
)
_CALL = re.compile(r"(?:await |new )?[A-Za-z_$][\w$.:>-]*\(")
_PATH = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,12}://|[.~]{0,2}/(?!.*[+=])[\w.-]+/|[A-Za-z]:\\|\$?[A-Z_]+/)"
)
_REGEX = re.compile(r"\(\?|\[[a-zA-Z0-9]-|\\[dwsb]\W|\^.*\$\Z|\.\*|\][+*]|\{\d+,\d*\}")
_BASE64_40 = re.compile(r"[0-9A-Za-z+/]{40}\Z")
_BASE64_88 = re.compile(r"[0-9A-Za-z+/]{86}==")
_HEX_32 = re.compile(r"[0-9a-f]{32}\Z")
_TELLING = 96
_COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}")
_TITLE = re.compile(r"[A-Z][a-z]{2,}(?![a-z])")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_HARD = re.compile(r"[bcdfghjklmnpqrstvwxz]{4}", re.IGNORECASE)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\Z")


def find_assigned(text: str, at: int, context: int) -> Finding | None:
    """The value given to the name of which a part begins at ``text[at]``."""
    word = _NAME.match(text, at)
    if word is None:
        return None
    rest = _REST.match(text, word.end())
    assert rest is not None
    before = _BEFORE.search(text, max(0, at - 40), at)
    assert before is not None
    if _names_no_secret(before.group(), word.group(), rest.group()):
        return None
    chosen = word.group().lower() in _CHOSEN
    operator = _OPERATOR.match(text, rest.end())
    if operator is None:
        return _flag(text, before.start(), rest.end(), chosen)
    span = _value(text, operator, before, chosen)
    if span is None:
        return None
    return _judged(text, span, context, chosen)


def _names_no_secret(before: str, word: str, rest: str) -> bool:
    first = _SEGMENT.findall(before)
    if word.lower() == "pass" and (
        rest or (before and before[-1].islower() and word[0] != "P")
    ):
        return True
    # compassword, mytoken: the part before may lack a border, the name is still one,
    # save for plain words that end in it.
    if first and first[-1].lower() in _FIRST:
        return True
    last = _SEGMENT.findall(rest)
    if (
        rest
        and rest[0].islower()
        and last
        and last[0].lower() not in ("s", "value", "key", "id")
    ):
        # passwordless, tokenizer, secretary
        return True
    if word.lower() == "token" and rest.lower() in ("s", "_s"):
        return True
    return bool(last) and last[-1].lower() in _LAST and rest.lower() != "s"


def _value(
    text: str, operator: re.Match[str], before: re.Match[str], chosen: bool
) -> tuple[int, int, bool] | None:
    """Start and end of the value, and whether it was quoted."""
    at = operator.end()
    if quoted := _QUOTED.match(text, at):
        start, end = quoted.span("value")
        if operator["comma"] and not _is_argument(
            text, before.start(), operator, start, end
        ):
            return None
        return start, end, True
    if operator["comma"] or at >= len(text):
        return None
    if operator["op"] in _ASKED:
        return None
    if operator["op"] == ">":
        return _in_element(text, before.start(), at)
    in_url = before.start() > 0 and text[before.start() - 1] in "?&"
    bare = (_URL_VALUE if in_url else _BARE).match(text, at)
    if bare is None:
        return None
    start, end = bare.span()
    ends = "" if operator["op"] == "=" and text[end - 2 : end] != "):" else ".:"
    while end > start and (text[end - 1] in ends or _is_unbalanced(text, start, end)):
        end -= 1
    if text.startswith("\\", end - 2) and end - 2 > start and text[end - 1] in "nrt":
        end -= 2
    escape = re.search(r"\\+[nrt\"']", text[start:end])
    if escape is not None:
        end = start + escape.start()
    if end == start or not _is_bare_secret(text, start, end, operator, chosen):
        return None
    return start, end, False


def _is_argument(
    text: str, name: int, operator: re.Match[str], start: int, end: int
) -> bool:
    """Whether a name and a value are the first two of a call: set("password", "x")."""
    value = text[start:end]
    strong = _is_mixed(value) and (len(value) >= 10 or not value.isalnum())
    opens = re.search(r"\(\s{0,8}\\*[\"'`]\Z", text[max(0, name - 16) : name])
    return bool(operator["closed"]) and strong and opens is not None


def _in_element(text: str, name: int, at: int) -> tuple[int, int, bool] | None:
    """The text of an element of XML that has the name."""
    end = text.find("<", at, at + 512)
    if end <= at or not text.startswith("</", end) or text[name - 1 : name] != "<":
        return None
    return at, end, True


def _is_unbalanced(text: str, start: int, end: int) -> bool:
    opening = {")": "(", "]": "[", "}": "{"}.get(text[end - 1])
    return opening is not None and opening not in text[start:end]


def _is_bare_secret(
    text: str, start: int, end: int, operator: re.Match[str], chosen: bool
) -> bool:
    """Whether what is not quoted is a value and not code."""
    value = text[start:end]
    if value[0] in "([{*|+!" or text[end : end + 1] == "(" or _CALL.match(value):
        return False
    if not chosen and len(value) < 8:
        return False
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    if not _CODE.match(value if mixed else value.rstrip("!?")):
        if value.isdigit():
            return chosen and operator["is"] is None and len(value) >= 6
        return mixed or (chosen and len(value) >= 6 and any(c.isalpha() for c in value))
    # A name of code, or a word. With digits in it, it is the more likely a value the
    # less it looks like a numbered name.
    if re.search(r"(?i)pass|pwd|secret|token|key|cred|auth", value) and "_" in value:
        return False
    if mixed and re.search(
        r"\d[A-Za-z]+\d|[A-Za-z]\d{2,}|\d[A-Z]|[A-Z]\d|^\d|\d$", value
    ):
        numbered = re.fullmatch(
            r"[a-z_.]+\d{1,2}|[A-Z][a-zA-Z.]+\d{1,2}|[a-z]+(?:[A-Z0-9][a-z]+)+\d?",
            value,
        )
        return numbered is None or (
            chosen and len(value) >= 6 and "." not in value and "_" not in value
        )
    if len(value) >= 14 and "." not in value and _has_three_classes(value):
        return not _is_wordy(value)
    # KEY=word in a file of the environment or in a shell; no word elsewhere.
    name = text[max(0, operator.start() - 40) : operator.start()]
    is_env = re.search(r"(?:^|[\s\"';])[A-Z][A-Z0-9_]*\Z", name) is not None
    return (
        chosen
        and is_env
        and operator.group().startswith("=")
        and len(value) >= 6
        and "." not in value
    )


def _flag(text: str, start: int, end: int, chosen: bool) -> Finding | None:
    """The value after ``--password`` and its like."""
    if not re.search(r"--[0-9A-Za-z_-]*\Z", text[max(0, start - 2) : end]):
        return None
    match = _FLAG_VALUE.match(text, end)
    if match is None:
        return None
    value = match["value"]
    if (
        is_placeholder(value)
        or _PATH.match(value)
        or not (_is_mixed(value) or (chosen and match["q"]))
    ):
        return None
    return Finding(match.start("value"), match.end("value"), "password", 0.85)


def _is_mixed(value: str) -> bool:
    return any(c.isdigit() for c in value) and any(c.isalpha() for c in value)


def _judged(
    text: str, span: tuple[int, int, bool], context: int, chosen: bool
) -> Finding | None:
    start, end, quoted = span
    value = text[start:end]
    if match := _BASE64_88.match(value):
        return Finding(start, start + match.end(), "azure_storage_key", 0.97)
    if context & Context.AWS and _BASE64_40.match(value) and _is_random(value):
        return Finding(start, end, "aws_secret_key", 0.95)
    if context & Context.TWILIO and _HEX_32.match(value):
        return Finding(start, end, "twilio_key", 0.9)
    # The beginning tells what it is; the whole may be as long as somebody likes.
    value = value[:_TELLING]
    if is_placeholder(value) or _PATH.match(value) or _REGEX.search(value):
        return None
    if _COLOUR.fullmatch(value) or _is_wordy(value):
        return None
    phrase = quoted and text[max(0, start - 24) : start].lower().find("passphrase") >= 0
    if phrase and re.fullmatch(r"[a-z0-9]+(?: [a-z0-9]+){1,9}", value):
        return Finding(start, end, "password", 0.8)
    if not (_is_chosen(value, quoted) if chosen else _is_made(value)):
        return None
    return Finding(start, end, "password", 0.85)


def _is_chosen(value: str, quoted: bool) -> bool:
    if len(value) < 4 or value.isspace():
        return False
    if " " in value:
        # A sentence, unless digits and signs stand in every word.
        return bool(re.fullmatch(r"(?:\S*[\d@#$%^&*!]\S*(?: |$))+", value))
    kinds = sum(
        any(test(c) for c in value)
        for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    )
    if value.isdigit():
        return len(value) >= 4
    if kinds == 1:
        return quoted is False or (len(value) >= 5 and value.isalpha())
    if any(c.isdigit() for c in value):
        return (
            re.fullmatch(r"[a-z_.]*(?:pass|password|passwd|pwd)_?[a-z]*\d?", value)
            is None
        )
    # Letters and signs: a name, a path of names, a label such as "Password:".
    return (
        re.fullmatch(
            r"[A-Za-z_$][\w$]*(?:[.\-/:_][\w$]+)*[:?*]?|[A-Z][a-z]+[A-Za-z]*|\W+", value
        )
        is None
        and len(value) >= 6
    )


def _is_made(value: str) -> bool:
    if len(value) < 8 or " " in value or value.isdigit():
        return (
            len(value) >= 6
            and " " not in value
            and not value.isdigit()
            and _is_mixed(value)
            and re.search(r"[^0-9A-Za-z_.\-/]", value) is not None
        )
    if _UUID.match(value):
        return True
    if not any(c.isdigit() for c in value):
        return (
            _is_random(value)
            and len(value) >= 20
            and re.search(r"[._\- ]", value) is None
        )
    if re.fullmatch(r"[A-Za-z_.\-/]+\d{0,3}", value) and len(value) < 24:
        return False
    if re.fullmatch(r"[\d.,:/\-]+\w?", value):
        return False
    if re.fullmatch(
        r"(?:[A-Za-z]{2,}|\d{1,4})(?:[._\-/:](?:[A-Za-z]{2,}\d{0,2}|v?\d{1,4}))+", value
    ):
        return False
    return len(value) >= 8


def _has_three_classes(value: str) -> bool:
    return all(
        any(map(test, value)) for test in (str.islower, str.isupper, str.isdigit)
    )


def _is_wordy(value: str) -> bool:
    """Whether most of a long value is words: a class's name, a sentence in one."""
    words = [
        w for w in _TITLE.findall(value) if _VOWEL.search(w) and not _HARD.search(w)
    ]
    many = sum(map(len, words)) * 10 >= len(value) * 6
    return len(words) > 1 and (many or "." in value)


def _is_random(value: str) -> bool:
    """Whether upper and lower case alternate as no word's do."""
    changes = sum(
        1
        for one, other in pairwise(value)
        if one.isupper() != other.isupper() or one.isdigit() != other.isdigit()
    )
    return changes * 4 >= len(value) and len(set(value)) >= 10


_AWS_PAIR = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}[\"']?[ \t]{0,4}[,:;|/\t ][ \t]{0,4}[\"']?([0-9A-Za-z+/]{40})(?![0-9A-Za-z+/=])"
)
_AWS_NEAR = re.compile(r"(?<![0-9A-Za-z+/=])[0-9A-Za-z+/]{40}(?![0-9A-Za-z+/=])")


def find_aws_pair(text: str, at: int, _context: int) -> Finding | None:
    """The secret that follows the key id at ``text[at]``."""
    match = _AWS_PAIR.match(text, at)
    if match is None or not _is_random(match[1]):
        return None
    return Finding(match.start(1), match.end(1), "aws_secret_key", 0.9)


def find_aws_secret(text: str, at: int, context: int) -> Finding | None:
    """The secret of AWS near the ``secret`` at ``text[at]``."""
    if not context & Context.AWS:
        return None
    match = _AWS_NEAR.search(text, at, at + 120)
    if match is None or not _is_random(match.group()):
        return None
    return Finding(match.start(), match.end(), "aws_secret_key", 0.85)


_SQL = re.compile(
    r"identified by (?:password )?(?P<q>['\"])(?P<value>[^'\"\r\n]{4,128})(?P=q)",
    re.IGNORECASE,
)
_USER = re.compile(
    r"(?:-u|--user)[ =]{1,2}[\"']?[^\s:\"'$<{]{1,64}:(?P<value>[^\s\"'$<{]{4,128})"
)
_SSHPASS = re.compile(r"sshpass -p ?(?P<q>['\"]?)(?P<value>[^\s'\"$<{]{4,128})(?P=q)")


def find_in_command(text: str, at: int, _context: int) -> Finding | None:
    """The password that a command of a shell or of SQL is given at ``text[at]``."""
    match = _SQL.match(text, at) or _USER.match(text, at) or _SSHPASS.match(text, at)
    if match is None or is_placeholder(match["value"]):
        return None
    if not _is_mixed(match["value"]):
        return None
    return Finding(match.start("value"), match.end("value"), "password", 0.85)

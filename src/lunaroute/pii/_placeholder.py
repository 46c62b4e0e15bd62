"""What stands where a secret would: variables, examples, stars, words for the thing."""

import re

# Whatever stands around them, something else is put in their place ...
_VARIABLE = re.compile(
    r"\$\{[^}]*\}|\{\{.*?\}\}|\$\(\(?[^)]*\)|<%.*?%>|#\{[^}]*\}|%\(\w+\)[sd]|@[A-Z_]+@\Z"
)
_OPENED = re.compile(r"\$\{|\{\{|\$\(|<%")
# ... of these only where what is left could be no secret itself.
_SLOT = re.compile(
    r"\{[A-Za-z_.]+\d{0,2}\}|%[A-Z_][A-Z0-9_]*%|%[a-z_]+\d?%|%[sdrv](?![0-9A-Za-z])"
)
_DOLLAR = re.compile(
    r"\$(?:env:|ENV\{)?(?:[A-Z_][A-Z0-9_]*|_?[a-z]+(?:_[a-z0-9]+)*\d{0,2}|[a-z]+(?:[A-Z][a-z]+)+\d?)"
    r"(?:(?:->|\.|\[|::|:|/).*|\})?"
    # :password, what a query is given.
    r"|:(?:[a-z]+(?:_[a-z0-9]+)*\d{0,2}|[a-z]+(?:[A-Z][a-z]+)+\d?)"
)
# A reference to where it is kept, or what only its owner can read.
_KEPT = re.compile(
    r"ENC[\[(]|\{cipher\}|vault:|!\w+\b|op://|ref\+|secretref:|secretsmanager:|arn:aws|"
    r"projects/[^/]+/secrets/|AQICAH|@Microsoft\.KeyVault|file:|env:|keyring:|azurekv:"
)
_WRAPPED = re.compile(
    r"<[^<>]*>?|\[[\w \-.:/,]*\]|\{[A-Za-z_ \-.:/,]*\}|\([A-Za-z_ \-.:/,]*\)|"
    r"\.{3}.*|.*\.{3}|.*…"
)
_FILLED = re.compile(
    r"(?:[xX*•.\-_#?0]|\\u2022|\\u25cf){3,}\Z|.*(?:\*{3,}|•{3,}|_{5,}|[xX]{8,})|(.)\1{4,}\Z"
)
_XS = re.compile(r"[xX]{5,}")
# Words that say so wherever a word of the value is one.
_SAYS_SO = re.compile(
    r"(?<![A-Za-z])(?:your|(?:example|placeholder|redacted|dummy|masked|todo|fixme|sample|replace[_-]?(?:me|this|with)?)(?![a-z]))"
    r"|change[_-]?(?:me|this|it)(?![a-z])|(?<![A-Za-z])(?:insert|enter|put|add)[_ -]"
    r"|(?:^|[_-])(?:here|fake|goes)(?:$|[_-])|_?here\Z|\Ahidden\Z"
    r"|(?<![A-Za-z])not[_ -]?(?:set|real|a)(?![A-Za-z])"
    r"|\bmy[_-]?(?:api|secret|token|password)|example(?:key)?\Z|-example-",
    re.IGNORECASE,
)
_WORDS = frozenset(
    """
    none null nil undefined true false yes no on off string str text number int integer
    float bool boolean any object bytes optional required default value values secret
    secrets password passwd pwd passphrase token tokens key apikey api_key api-key
    access_key auth bearer basic digest oauth oauth2 jwt type name username user email
    unknown empty missing invalid valid input output hidden field prompt env environ
    unset disabled enabled inherit auto self this test_password the-password public
    private current-password new-password off-limits foo bar baz foobar qux abc xyz
    credentials credential required. void unsigned char const let var return await async
    access_token refresh_token id_token client_secret client_credentials
    authorization_code anonymous nopasswd optional[str] readonly sensitive
    passwort kennwort contraseña senha login logout reset forgot forgotten change update
    confirm submit cancel show hide incorrect correct wrong expired plain plaintext
    encrypted hashed hash bcrypt argon2 argon2id scrypt sha256 sha512 md5 pbkdf2 vault
    ask never always write-only writeonly read-only nullable mandatory varchar(255)
    base64 utf8 utf-8 ascii latin1 hex sha1 sha-256 generated random uuid file path plain_text secretstr
    """.split()
)


def is_placeholder(value: str) -> bool:
    """Whether a value only says that a secret stands here."""
    if value.lower() in _WORDS:
        return True
    return is_template(value) or _SAYS_SO.search(value) is not None


def is_template(value: str) -> bool:
    """Whether something else is to be written here: a variable, stars, a bracket."""
    if _VARIABLE.search(value) or _OPENED.match(value) or _KEPT.match(value):
        return True
    if _DOLLAR.fullmatch(value) or _WRAPPED.fullmatch(value) or _FILLED.match(value):
        return True
    for pattern in (_SLOT, _XS):
        rest = pattern.sub("", value)
        if rest != value and not _is_left_over(rest):
            return True
    return False


def _is_left_over(rest: str) -> bool:
    """Whether what stands beside a slot may be a secret: digits among letters."""
    letters = [c for c in rest if c.isalpha()]
    return (
        len(rest) >= 3
        and any(c.isdigit() for c in rest)
        and any(c.islower() for c in letters)
        and any(c.isupper() for c in letters)
    )

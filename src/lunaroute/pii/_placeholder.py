"""What stands where a secret would: variables, examples, stars, words for the thing."""

import re

_TEMPLATE = re.compile(
    r"\$\{|\{\{|\$\(|<%|%\(|^\$[A-Za-z_]\w*|%[A-Za-z_]\w*%|#\{|\{[A-Za-z_][\w.]*\}|%[sdrv]\Z|@[A-Z_]+@\Z"
)
_WRAPPED = re.compile(r"[<\[{(].*[>\]})]|<.*|\.{3}.*|.*\.{3}|.*…")
_FILLED = re.compile(
    r"[xX*•.\-_#?0]{3,}\Z|.*(?:\*{3,}|[xX]{5,}|•{3,}|_{5,})|(.)\1{4,}\Z"
)
_SAYS_SO = re.compile(
    r"your|example|placeholder|redacted|change[_-]?(?:me|this|it)|replace|insert|"
    r"todo|fixme|dummy|(?:^|[_-])(?:here|fake|goes)(?:$|[_-])|_?here\Z|"
    r"not[_-]?(?:set|real|a)|enter[_-]|\bmy[_-]?(?:api|secret|token|password)|masked|hidden",
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
    """.split()
)


def is_placeholder(value: str) -> bool:
    """Whether a value only says that a secret stands here."""
    if value.lower() in _WORDS:
        return True
    return is_template(value) or _SAYS_SO.search(value) is not None


def is_template(value: str) -> bool:
    """Whether something else is to be written here: a variable, stars, a bracket."""
    return (
        _TEMPLATE.search(value) is not None
        or _WRAPPED.fullmatch(value) is not None
        or _FILLED.match(value) is not None
    )

"""The kinds of values that settings have, each with the words that describe it.

Conversion is generous where it is safe ("8081" is a number, "yes" is true), because
substituted values and environment variables are always text.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from lunaroute.pii import KINDS

# 128 bits in base64: what guards a key that costs money should not be guessed.
MIN_TOKEN = 22
_NAME = re.compile(r"[a-z0-9._:-]+|\*")
_LABEL = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NO_LABEL = "a name must be 1 to 64 letters, digits, _, . or -"
_MAX_LABEL = 256
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}")
_SECRET = re.compile(r"(?i)auth(?!or\b)|cookie|credential|key|pass|secret|token")
_URL_SAFE = re.compile(r"[A-Za-z0-9_-]*")
# Said by a validator whose complaint is just that the value is not of its kind.
NOT_OF_THIS_KIND = ""


@dataclass(frozen=True, slots=True)
class Words:
    """How a value of this kind is called in errors and in the reference."""

    text: str


def _refuse_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(NOT_OF_THIS_KIND)
    return value


def _none_if_off(value: Any) -> Any:
    """``off`` is 0; in YAML it is a false value."""
    return 0 if value is False or _lower(value) == "off" else value


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _name_of_bool(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else _lower(value)


def _strategy(value: Any) -> Any:
    return value.replace("-", "_") if isinstance(value, str) else value


def _check_host(value: str) -> str:
    if value != "localhost":
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise ValueError(NOT_OF_THIS_KIND) from None
    return value


def _split(value: Any) -> Any:
    """A text is a list, too: ``a, b`` as variables have it."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _check_origin(value: str) -> str:
    """A web origin (RFC 6454 6.1) in lower case, ``null``, ``*`` or ``scheme://*``."""
    value = value.strip().lower().rstrip("/")
    scheme, mark, authority = value.partition("://")
    whole = mark and scheme and authority and not set(authority) & set("/ \n")
    if value in ("*", "null") or whole:
        return value
    raise ValueError("must be an origin such as http://localhost:3000, null or *")


def _check_allowed_host(value: str) -> str:
    value = value.strip().lower()
    bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    if not _NAME.fullmatch(bare) or bare.count(":") == 1:
        raise ValueError("must be a name or an address, without scheme and port")
    return bare


def _check_token(value: str) -> str:
    value = _check_key(value)
    if value and (len(value) < MIN_TOKEN or not _URL_SAFE.fullmatch(value)):
        raise ValueError(
            f"must be at least {MIN_TOKEN} letters, digits, - or _, as made by "
            "`python3 -c 'import secrets; print(secrets.token_urlsafe())'`"
        )
    return value


def _check_key(value: str) -> str:
    value = value.strip()
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ValueError("must be one word of visible ASCII characters")
    return value


def _check_labels(labels: dict[str, str]) -> dict[str, str]:
    for name, value in labels.items():
        if not _LABEL.fullmatch(name):
            raise ValueError(_NO_LABEL)
        if len(value) > _MAX_LABEL:
            raise ValueError(f"a value must not be longer than {_MAX_LABEL} characters")
    return labels


def _check_label_headers(headers: dict[str, str]) -> dict[str, str]:
    for header, name in headers.items():
        if not _HEADER.fullmatch(header):
            raise ValueError("must map names of headers, such as X-Team")
        if _SECRET.search(header):
            # A name is repeated safely, a value would not be.
            raise ValueError(f"{header} may carry a credential, which is not recorded")
        if not _LABEL.fullmatch(name):
            raise ValueError(_NO_LABEL)
    return {header.lower(): name for header, name in headers.items()}


def _check_modes(value: dict[str, str]) -> dict[str, str]:
    words = get_args(Redaction)
    for kind, mode in value.items():
        if kind not in KINDS:
            raise ValueError(f"{kind} is no kind; there are {', '.join(KINDS)}")
        if mode not in words:
            raise ValueError(f"{kind} must be {', '.join(words[:-1])} or {words[-1]}")
    return value


def _check_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("expected a text of one line")
    return text


def _read_pairs(value: Any) -> Any:
    """``name=value,name=value`` with percent-encoding, as OTEL_EXPORTER_OTLP_HEADERS
    has it.
    """
    if not isinstance(value, str):
        return value
    pairs = [each.partition("=") for each in value.split(",") if each.strip()]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        raise ValueError("expected name=value, and commas between several")
    return {name.strip(): unquote(text.strip()) for name, _, text in pairs}


def _unwrap_headers(value: Any) -> Any:
    if isinstance(value, dict) and list(value) == ["headers"]:
        inner = value["headers"]
        return inner if isinstance(inner, dict) else value
    return value


def normalise_base_url(url: str) -> str:
    """The URL without trailing slashes, scheme and host in lower case.

    Raises ValueError with the reason; the reason never repeats the URL, which may
    hold a password in the very place that is complained about.
    """
    url = url.strip()
    if not (url.isascii() and url.isprintable() and " " not in url):
        raise ValueError("must hold visible ASCII characters only")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("must have a valid host and port") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("must begin with http:// or https://")
    if "@" in parts.netloc:
        raise ValueError("must not contain a user name or password; use api_key")
    if "?" in url or "#" in url:
        raise ValueError("must not contain a query or a fragment")
    if not host:
        raise ValueError("must name a host after http:// or https://")
    host = f"[{host}]" if ":" in host else host
    netloc = host if port is None else f"{host}:{port}"
    return f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}"


_NUMBER = BeforeValidator(_refuse_bool)

Flag = Annotated[bool, Words("true or false")]
Text = Annotated[str, Words("a text")]
Port = Annotated[
    int,
    _NUMBER,
    Field(ge=0, le=65535),
    Words("a whole number between 0 and 65535"),
]
Count = Annotated[
    int,
    _NUMBER,
    Field(ge=1, le=2**53),
    Words("a whole number of at least 1"),
]
Natural = Annotated[
    int,
    _NUMBER,
    Field(ge=0, le=2**53),
    Words("a whole number of at least 0"),
]
Limit = Annotated[
    int,
    BeforeValidator(_none_if_off),
    _NUMBER,
    Field(ge=0, le=2**31),
    Words("a whole number of at least 1, or off"),
]
Rank = Annotated[int, _NUMBER, Words("a whole number")]
Fraction = Annotated[
    float,
    _NUMBER,
    Field(ge=0, le=1, allow_inf_nan=False),
    Words("a number between 0 and 1"),
]
Dollars = Annotated[
    float,
    _NUMBER,
    Field(ge=0, le=1_000_000, allow_inf_nan=False),
    Words("a number between 0 and 1000000"),
]
# A day: no drain is worth more, and a slip (ms for s) should not pass unseen.
Seconds = Annotated[
    float,
    _NUMBER,
    Field(ge=0, le=86400, allow_inf_nan=False),
    Words("a number between 0 and 86400"),
]
Workers = Annotated[
    int,
    _NUMBER,
    Field(ge=1, le=64),
    Words("a whole number between 1 and 64"),
]
# 64 GB of memory in MB.
Megabytes = Annotated[
    int,
    _NUMBER,
    Field(ge=1, le=65536),
    Words("a whole number between 1 and 65536"),
]
PathText = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]+$"), Words("a path")]
Host = Annotated[
    str,
    AfterValidator(_check_host),
    Words("an IP address or localhost"),
]
BaseUrl = Annotated[str, AfterValidator(normalise_base_url), Words("a URL")]
Key = Annotated[str, AfterValidator(_check_key), Words("a text")]
Names = Annotated[list[Text], Words("a list of texts")]
Origins = Annotated[
    list[Annotated[str, AfterValidator(_check_origin), Words("a web origin")]],
    BeforeValidator(_split),
    Words("a list of web origins"),
]
HostNames = Annotated[
    list[Annotated[str, AfterValidator(_check_allowed_host), Words("a host name")]],
    BeforeValidator(_split),
    Words("a list of host names"),
]
Token = Annotated[str, AfterValidator(_check_token), Words("a text")]
FreeMap = Annotated[dict[str, Any], Words("a map")]
FreeList = Annotated[list[dict[str, Any]], Words("a list of maps")]
Templates = Annotated[
    dict[str, str],
    BeforeValidator(_unwrap_headers),
    Words("a map of texts"),
]
Line = Annotated[str, AfterValidator(_check_line), Words("a text of one line")]
Pairs = Annotated[
    dict[str, Text], BeforeValidator(_read_pairs), Words("a map of texts")
]
Labels = Annotated[
    dict[str, Text], AfterValidator(_check_labels), Words("a map of texts")
]
LabelHeaders = Annotated[
    dict[str, Text],
    AfterValidator(_check_label_headers),
    Words("a map from headers to names"),
]
Weights = Annotated[dict[str, Natural], Words("a map of whole numbers")]

Dialect = Annotated[
    Literal["openai", "anthropic", "both"],
    BeforeValidator(_lower),
]
Vendor = Annotated[Literal["openai", "anthropic"], BeforeValidator(_lower)]
Level = Annotated[
    Literal["trace", "debug", "info", "warn", "error"],
    BeforeValidator(_lower),
]
LogFormat = Annotated[Literal["text", "json"], BeforeValidator(_lower)]
Overflow = Annotated[Literal["shed", "wait"], BeforeValidator(_lower)]
Durability = Annotated[Literal["full", "fast"], BeforeValidator(_lower)]
AutoOff = Annotated[Literal["auto", "off"], BeforeValidator(_lower)]
AutoFlag = Annotated[
    Literal["auto", "true", "false"],
    BeforeValidator(_name_of_bool),
]
Redaction = Literal["mask", "remove", "tokenize", "partial"]
Modes = Annotated[
    dict[str, str],
    AfterValidator(_check_modes),
    Words("a map of kinds"),
]
CustomRedaction = Literal["mask", "tokenize"]
Strategy = Annotated[
    Literal["round_robin", "weighted_round_robin", "limits_alternative"],
    BeforeValidator(_strategy),
]
BootstrapSource = Literal["file", "database"]

"""Tokens of vendors: each begins with a literal and has a form of its own."""

import re
from dataclasses import dataclass

from lunaroute._fast._triggered import EXACT, LEFT
from lunaroute.pii._border import opens
from lunaroute.pii._finding import Finding

_URL64 = "[0-9A-Za-z_-]"
_ALNUM = "[0-9A-Za-z]"


@dataclass(frozen=True, slots=True)
class Form:
    """How tokens of one kind look: they begin with one of the literals.

    ``follow`` and ``least`` say what has to follow a literal at once for the pattern
    to be tried; see ``Literal``.
    """

    kind: str
    literals: tuple[str, ...]
    pattern: str
    follow: str = "url64"
    least: int = 16
    flags: int = LEFT | EXACT
    confidence: float = 0.98


# fmt: off
FORMS = (
    Form("anthropic_key", ("sk-ant-",), rf"sk-ant-[a-z]{{2,10}}\d{{2}}-{_URL64}{{20,}}", least=24),
    Form(
        "openai_key",
        ("sk-",),
        rf"sk-(?!ant-|or-v1-)(?:(?:proj|svcacct|admin|service|None)-{_URL64}{{20,}}|{_ALNUM}{{20,}}(?![-_]))",
        least=20,
    ),
    Form("openai_key", ("sess-",), rf"sess-{_ALNUM}{{40}}(?!{_URL64})", "alnum", 40),
    Form("google_key", ("AIza",), rf"AIza{_URL64}{{35}}(?!{_ALNUM})", least=35),
    Form("google_key", ("GOCSPX-",), rf"GOCSPX-{_URL64}{{24,}}", least=24),
    Form("google_key", ("ya29.",), rf"ya29\.{_URL64}{{20,}}", least=20),
    Form("google_key", ("1//0",), rf"1//0{_URL64}{{40,}}", least=40),
    Form("google_key", ("AQ.Ab",), rf"AQ\.Ab{_URL64}{{40,}}", least=40),
    Form(
        "aws_key_id",
        ("AKIA", "ASIA", "ABIA", "ACCA", "A3T"),
        rf"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{{16}}(?!{_ALNUM})",
        "alnum",
    ),
    Form(
        "github_token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
        rf"gh[pousr]_{_URL64}{{36,}}(?:\.{_URL64}+)*",
        "url64",
        36,
        EXACT,
    ),
    Form("github_token", ("github_pat_",), r"github_pat_\w{22,255}", least=22, flags=EXACT),
    Form(
        "gitlab_token",
        (
            *("glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-"),
            *("glagent-", "glsoat-", "glffct-", "gloas-", "glwt-"),
        ),
        rf"gl[a-z]{{2,6}}-{_URL64}{{20,}}(?:\.[0-9a-z]{{2}})?(?:\.?[0-9a-z]{{7,9}}(?!\w))?",
        least=20,
    ),
    Form("gitlab_token", ("GR1348941",), rf"GR1348941{_URL64}{{20,}}", least=20),
    Form(
        "slack_token",
        ("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xoxc-", "xoxd-"),
        r"xox[abcdeoprs]-(?=[A-Za-z%-]*\d)(?:[0-9A-Za-z%-]{10,})",
        "url64",
        10,
        LEFT,
    ),
    Form("slack_token", ("xoxe.xox",), r"xoxe\.xox[bp]-\d-[0-9A-Za-z-]{20,}", "alnum", 1, LEFT),
    Form("slack_token", ("xapp-", "xwfp-"), r"x(?:app|wfp)-\d-[0-9A-Za-z-]{20,}", least=20, flags=LEFT),
    Form(
        "stripe_key",
        tuple(f"{a}_{b}_" for a in ("sk", "rk", "pk", "sk_org", "rk_org") for b in ("live", "test", "prod")),
        rf"[srp]k_(?:org_)?(?:live|test|prod)_{_ALNUM}{{10,}}",
        "alnum",
        10,
    ),
    Form("stripe_key", ("whsec_",), r"whsec_(?:[0-9A-Za-z]{32}(?![0-9A-Za-z+=])|[0-9A-Za-z+/]{24,}={0,2})", "base64", 24),
    Form("twilio_key", ("AC", "SK"), rf"(?:AC|SK)[0-9a-fA-F]{{32}}(?!{_ALNUM})", "hex", 32),
    Form(
        "sendgrid_key",
        ("SG.",),
        r"SG\.(?:[0-9A-Za-z_-]{16,32}\.[0-9A-Za-z_-]{16,64}|[0-9A-Za-z_=.-]{66})",
        least=2,
    ),
    Form("npm_token", ("npm_",), rf"npm_{_ALNUM}{{36,}}", "alnum", 36),
    Form("pypi_token", ("pypi-",), rf"pypi-AgE{_URL64}{{30,}}", least=33),
    Form(
        "huggingface_token",
        ("hf_", "api_org_"),
        rf"(?:hf|api_org)_{_ALNUM}{{30,}}",
        "alnum",
        30,
    ),
    Form("discord_token", ("mfa.",), rf"mfa\.{_URL64}{{84,}}", least=84),
    Form(
        "digitalocean_token",
        ("dop_v1_", "doo_v1_", "dor_v1_", "dot_v1_"),
        r"do[oprt]_v1_[0-9a-f]{64}",
        "hex",
        64,
    ),
    Form("databricks_token", ("dapi", "dkea", "dose"), rf"d(?:api|kea|ose)[0-9a-f]{{32}}(?:-\d)?(?!{_ALNUM})", "hex", 32),
    Form("aws_secret_key", ("ABSKQmVkcm9ja0FQSUtleS",), r"ABSK[0-9A-Za-z+/]{90,}={0,2}", "base64", 80),
    Form("aws_secret_key", ("bedrock-api-key-",), r"bedrock-api-key-[0-9A-Za-z+/_-]{60,}={0,2}", "base64", 60),
    Form(
        "private_key",
        ("LS0tLS1CRUdJTi",),
        r"LS0tLS1CRUdJTi[0-9A-Za-z+/]{0,48}?(?:UFJJVkFURSBLRV|BSSVZBVEUgS0V|QUklWQVRFIEtFW)(?:[0-9A-Za-z+/]|\\?\n(?=[0-9A-Za-z+/]{16}|[0-9A-Za-z+/]{2,}=)){40,}={0,2}",
        "base64",
        40,
    ),
    # Further vendors, whose tokens coding assistants meet.
    Form("vendor_token", ("gsk_",), rf"gsk_{_ALNUM}{{40,}}", "alnum", 40),
    Form("vendor_token", ("xai-",), rf"xai-{_ALNUM}{{60,}}", "alnum", 60),
    Form("vendor_token", ("sk-or-v1-",), r"sk-or-v1-[0-9a-f]{64}", "hex", 64),
    Form("vendor_token", ("pplx-",), rf"pplx-{_ALNUM}{{40,}}", "alnum", 40),
    Form("vendor_token", ("r8_",), rf"r8_{_ALNUM}{{37}}(?!\w)", "alnum", 37),
    Form("vendor_token", ("fw_", "co_", "nvapi-", "tgp_v1_"), rf"(?:nvapi-|tgp_v1_){_URL64}{{40,}}", least=40),
    Form("vendor_token", ("lin_api_",), rf"lin_api_{_ALNUM}{{40}}", "alnum", 40),
    Form("vendor_token", ("ntn_",), rf"ntn_{_ALNUM}{{40,}}", "alnum", 40),
    Form("vendor_token", ("shpat_", "shpca_", "shppa_", "shpss_"), r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", "hex", 32),
    Form("vendor_token", ("hvs.", "hvb."), rf"hv[sb]\.{_URL64}{{24,}}", least=24),
    Form("vendor_token", ("dp.pt.", "dp.st.", "dp.sa.", "dp.ct."), rf"dp\.(?:pt|st|sa|ct)\.(?:[a-z0-9_-]{{2,35}}\.)?{_ALNUM}{{40,44}}", "url64", 2),
    Form("vendor_token", ("dckr_pat_", "dckr_oat_"), rf"dckr_[po]at_{_URL64}{{27,}}", least=27),
    Form("vendor_token", ("glsa_",), r"glsa_[0-9A-Za-z]{32}_[0-9A-Fa-f]{8}", "alnum", 32),
    Form("vendor_token", ("sntrys_", "sntryu_"), r"sntry[su]_[0-9A-Za-z+/=_]{40,}", "base64", 40),
    Form("vendor_token", ("sbp_",), r"sbp_[0-9a-f]{40}", "hex", 40),
    Form("vendor_token", ("NRAK-",), r"NRAK-[A-Z0-9]{27}", "alnum", 27),
    Form("vendor_token", ("PMAK-",), r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}", "hex", 24),
    Form("vendor_token", ("ATATT3",), r"ATATT3[0-9A-Za-z_=-]{150,}", least=100),
    Form("vendor_token", ("sq0atp-", "sq0csp-"), rf"sq0(?:atp|csp)-{_URL64}{{22,}}", least=22),
    Form("vendor_token", ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "alnum", 58),
    Form("vendor_token", ("pscale_tkn_", "pscale_pw_", "pscale_oauth_"), rf"pscale_(?:tkn|pw|oauth)_{_URL64}{{32,}}", least=32),
    Form("vendor_token", ("rubygems_",), r"rubygems_[0-9a-f]{48}", "hex", 48),
    Form("vendor_token", ("tfp_", "lsv2_pt_", "lsv2_sk_"), rf"(?:tfp_{_URL64}{{40,}}|lsv2_(?:pt|sk)_[0-9a-f]{{32}}_[0-9a-f]{{10}})", least=32),
)
# fmt: on


def finder(form: Form) -> "Finder":
    """What looks closer where one of the form's literals stands."""
    return Finder(form)


class Finder:
    """Matches one form at a position."""

    __slots__ = ("_confidence", "_kind", "_match")

    def __init__(self, form: Form) -> None:
        self._match = re.compile(form.pattern).match
        self._kind = form.kind
        self._confidence = form.confidence

    def __call__(self, text: str, at: int, _context: int) -> Finding | None:
        match = self._match(text, at)
        if match is None or is_placeholder(match.group()):
            return None
        return Finding(at, match.end(), self._kind, self._confidence)


_FILLER = re.compile(r"[xX]{6,}|(.)\1{9,}|\*{3,}|0123456789abcdef0123|\.\.\.")


def is_placeholder(token: str) -> bool:
    """Whether a token has the form only: xxxxxxxx, aaaaaaaaaa, few characters."""
    body = token[4:]
    return len(set(body[-24:])) < 5 or _FILLER.search(body) is not None


_JWT = re.compile(r"eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{4,}\.([0-9A-Za-z_-]*)")
_JWE = re.compile(
    r"eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]*\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+"
)
# Base64 of "none" at its three offsets: a token that is not signed ends in a dot.
_UNSIGNED = re.compile(r"bm9uZ|5vbmU|ub25l")


def find_jwt(text: str, at: int, _context: int) -> Finding | None:
    """The JSON web token that begins at ``text[at]``, all its parts."""
    match = _JWE.match(text, at) or _JWT.match(text, at)
    if match is None or (
        match.lastindex and not match[1] and not _UNSIGNED.search(match[0])
    ):
        return None
    return Finding(at, match.end(), "jwt", 0.98)


_TELEGRAM = re.compile(r"(?<!\d)\d{5,16}\Z")
_TELEGRAM_REST = re.compile(r":A[0-9A-Za-z_-]{34}(?![0-9A-Za-z_-])")


def find_telegram(text: str, at: int, _context: int) -> Finding | None:
    """The bot token whose colon is ``text[at]``."""
    rest = _TELEGRAM_REST.match(text, at)
    digits = _TELEGRAM.search(text, max(0, at - 17), at)
    if rest is None or digits is None:
        return None
    before = text[max(0, digits.start() - 3) : digits.start()]
    if not opens(text, digits.start()) and before.lower() != "bot":
        return None
    return Finding(digits.start(), rest.end(), "telegram_token", 0.97)


_DISCORD = re.compile(
    r"[MNO][0-9A-Za-z]{22,27}\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27,38}(?![0-9A-Za-z_-])"
)


def find_discord(text: str, at: int, _context: int) -> Finding | None:
    """The bot token that begins at ``text[at]``."""
    match = _DISCORD.match(text, at)
    return match and Finding(at, match.end(), "discord_token", 0.95)

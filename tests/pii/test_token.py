"""Tokens of vendors, put together here so that no scanner of pushes meets one."""

import random
import string

import pytest

from tests.pii.marked import check

RANDOM = random.Random(5)
ALNUM = string.ascii_letters + string.digits
URL64 = ALNUM + "_-"
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + "234567"


def some(alphabet: str, length: int) -> str:
    """Random characters; the ends are letters so that no dash hides a border."""
    middle = "".join(RANDOM.choice(alphabet) for _ in range(length - 2))
    return RANDOM.choice(alphabet[:6]) + middle + RANDOM.choice(alphabet[:6])


SAMPLES = [
    ("anthropic_key", "sk-ant-" + "api03-" + some(URL64, 93) + "AA"),
    ("anthropic_key", "sk-ant-" + "admin01-" + some(URL64, 93) + "AA"),
    ("anthropic_key", "sk-ant-" + "oat01-" + some(URL64, 93) + "AA"),
    ("openai_key", "sk-" + some(ALNUM, 20) + "T3Blbk" + "FJ" + some(ALNUM, 20)),
    (
        "openai_key",
        "sk-" + "proj-" + some(URL64, 74) + "T3Blbk" + "FJ" + some(URL64, 74),
    ),
    (
        "openai_key",
        "sk-" + "svcacct-" + some(URL64, 58) + "T3Blbk" + "FJ" + some(URL64, 58),
    ),
    ("google_key", "AI" + "za" + some(URL64, 35)),
    ("google_key", "GOC" + "SPX-" + some(URL64, 28)),
    ("google_key", "1/" + "/0" + some(URL64, 99)),
    ("google_key", "ya" + "29.a0" + some(URL64, 160)),
    ("aws_key_id", "AK" + "IA" + some(UPPER, 16)),
    ("aws_key_id", "AS" + "IA" + some(UPPER, 16)),
    *(("github_token", f"gh{c}" + "_" + some(ALNUM, 36)) for c in "pousr"),
    ("github_token", "github_" + "pat_" + some(ALNUM, 22) + "_" + some(ALNUM, 59)),
    ("gitlab_token", "gl" + "pat-" + some(URL64, 20)),
    ("gitlab_token", "gl" + "pat-" + some(ALNUM, 27) + ".01.0a1b2c3d4"),
    ("gitlab_token", "gl" + "ptt-" + some(HEX, 40)),
    (
        "slack_token",
        "xox" + "b-" + "123456789012-123456789012-" + some(ALNUM, 24),
    ),
    ("slack_token", "xox" + "p-" + "1234567890-1234567890-" + some(HEX, 32)),
    ("slack_token", "xoxe." + "xoxb-" + "1-" + some(ALNUM, 40)),
    ("slack_token", "xapp" + "-1-A0123456789-1234567890123-" + some(HEX, 64)),
    ("stripe_key", "sk_" + "live_" + some(ALNUM, 24)),
    ("stripe_key", "rk_" + "live_" + some(ALNUM, 99)),
    ("stripe_key", "sk_" + "org_live_" + some(ALNUM, 24)),
    ("stripe_key", "pk_" + "live_" + some(ALNUM, 24)),
    ("stripe_key", "wh" + "sec_" + some(ALNUM, 32)),
    ("twilio_key", "A" + "C" + some(HEX, 32)),
    ("twilio_key", "S" + "K" + some(HEX, 32)),
    ("sendgrid_key", "S" + "G." + some(URL64, 22) + "." + some(URL64, 43)),
    ("npm_token", "np" + "m_" + some(ALNUM, 36)),
    ("pypi_token", "pypi" + "-AgEIcHlwaS5vcmc" + some(URL64, 80)),
    ("huggingface_token", "h" + "f_" + some(string.ascii_letters, 34)),
    (
        "discord_token",
        "M" + some(ALNUM, 23) + "." + some(URL64, 6) + "." + some(URL64, 27),
    ),
    ("telegram_token", "123456789:A" + "A" + some(URL64, 33)),
    ("digitalocean_token", "do" + "p_v1_" + some(HEX, 64)),
    ("databricks_token", "da" + "pi" + some(HEX, 32)),
    ("vendor_token", "gs" + "k_" + some(ALNUM, 52)),
    ("vendor_token", "hv" + "s." + some(URL64, 90)),
    (
        "jwt",
        "eyJ" + some(ALNUM, 33) + "." + "eyJ" + some(ALNUM, 60) + "." + some(URL64, 43),
    ),
]


@pytest.mark.parametrize(("kind", "token"), SAMPLES, ids=lambda value: value[:12])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "use {}.",
        '"{}"',
        "TOK={}\n",
        "({})",
        "https://x.example/{}/y",
        "a\\n{}\\n",
    ],
)
def test_found_whole(kind, token, around):
    check(around.replace("{}", f"⟦{token}⟧"), kind)


def test_a_key_of_bedrock():
    token = "ABS" + "KQmVkcm9ja0FQSUtleS" + some(ALNUM, 100) + "="
    check(f"export AWS_BEARER_TOKEN_BEDROCK=⟦{token}⟧\n", "aws_secret_key")


@pytest.mark.parametrize(
    "text",
    [
        "sk-... and sk-ant-... or ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "task-force-of-the-very-long-name",
        "sk-circle-fade-dot-and-more-words",
        "AKIAXXXXXXXXXXXXXXXX",
        "xoxb-your-token and xoxp-xxxxxxxxxxxx",
        "1//0 and 1//08",
        "eyJhbGciOiJIUzI1NiJ9",
        "npm_config_registry npm_lifecycle_event",
        "hf_hub_download_and_something_else",
        "SG.example.com",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ",
        "eyJeyJeyJeyJ" * 20,
    ],
)
def test_not_found(text):
    check(text, "openai_key")

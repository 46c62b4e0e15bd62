"""One unmistakable value of each kind, in words that say what it is.

Put together here, so that no scanner of pushes meets a secret. Numbers are documented
examples and of ranges that were never given out; secrets are random.
"""

import base64
import random
import string
from dataclasses import dataclass

_RANDOM = random.Random(20261125)
_ALNUM = string.ascii_letters + string.digits
_URL64 = _ALNUM + "_-"
_HEX = "0123456789abcdef"
_BASE32 = string.ascii_uppercase + "234567"

# So much of a value's middle tells it from all else, where it is long.
_TELLING = 12


@dataclass(frozen=True)
class Canary:
    """``words`` contain ``value``; none of ``traces`` may be left of it."""

    kind: str
    words: str
    value: str

    @property
    def traces(self) -> tuple[str, ...]:
        lines = [line for line in self.value.split("\n") if "-----" not in line]
        long = [line for line in lines if len(line) >= 2 * _TELLING]
        middles = [
            line[at : at + _TELLING]
            for line in long
            for at in (len(line) // 2 - _TELLING // 2, len(line) - _TELLING)
        ]
        return (self.value, *middles)


def _some(alphabet: str, length: int) -> str:
    middle = "".join(_RANDOM.choice(alphabet) for _ in range(length - 2))
    return _RANDOM.choice(string.ascii_lowercase[:6]) + middle + _RANDOM.choice("abcd")


def _block() -> str:
    body = base64.b64encode(_RANDOM.randbytes(480)).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    kind = "RSA PRIV" + "ATE KEY"
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


def _azure() -> str:
    return base64.b64encode(_RANDOM.randbytes(64)).decode()


def _plain(kind: str, value: str, before: str = "it is ") -> Canary:
    return Canary(kind, f"{before}{value} here", value)


CANARIES = (
    _plain("email", "canary.bird@mail.example.org", "mail "),
    _plain("phone", "+1 212 555 0147", "phone "),
    _plain("ssn", "219-45-6781", "SSN "),
    _plain("itin", "912-73-1234", "ITIN "),
    _plain("credit_card", "4012 8888 8888 1881", "card "),
    _plain("iban", "GB29NWBK60161331926819", "IBAN "),
    _plain("ip_address", "198.51.100.237", "address "),
    _plain("mac_address", "00:00:5e:00:53:c7", "MAC "),
    _plain("crypto_address", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bitcoin "),
    _plain("uk_nino", "AB 12 34 56 C", "national insurance number "),
    _plain("uk_nhs", "943 476 5919", "NHS number "),
    _plain("in_aadhaar", "2345 6789 0124", "Aadhaar "),
    _plain("in_pan", "ABCPE1234F", "PAN card "),
    _plain("es_nif", "12345678Z", "NIF "),
    _plain("it_fiscal_code", "RSSMRA85T10A562S", "codice fiscale "),
    _plain("pl_pesel", "44051401359", "PESEL "),
    _plain("au_tfn", "123 456 782", "tax file number "),
    _plain("sg_fin", "S1234567D", "NRIC "),
    _plain("us_npi", "1234567893", "NPI "),
    _plain("us_mbi", "1EG4-TE5-MK73", "Medicare MBI "),
    _plain("us_routing_number", "021000021", "routing number "),
    _plain("passport", "C01X00T47", "passport number "),
    _plain("anthropic_key", "sk-ant-" + "api03-" + _some(_URL64, 93) + "AA"),
    _plain(
        "openai_key",
        "sk-" + "proj-" + _some(_URL64, 74) + "T3Blbk" + "FJ" + _some(_URL64, 74),
    ),
    _plain("google_key", "AI" + "za" + _some(_URL64, 35)),
    _plain("aws_key_id", "AK" + "IA" + _some(_BASE32, 16).upper()),
    _plain("aws_secret_key", _some(_ALNUM, 40), "aws_secret_access_key = "),
    _plain("azure_storage_key", _azure(), "AccountName=bird;AccountKey="),
    _plain("github_token", "gh" + "p_" + _some(_ALNUM, 36)),
    _plain("gitlab_token", "gl" + "pat-" + _some(_URL64, 20)),
    _plain("slack_token", "xox" + "b-123456789012-123456789012-" + _some(_ALNUM, 24)),
    _plain(
        "slack_webhook",
        "https://hooks.slack.com/services/T0BIRD000/B0BIRD000/" + _some(_ALNUM, 24),
    ),
    _plain("stripe_key", "sk_" + "live_" + _some(_ALNUM, 24)),
    _plain("twilio_key", "S" + "K" + _some(_HEX, 32)),
    _plain("sendgrid_key", "S" + "G." + _some(_URL64, 22) + "." + _some(_URL64, 43)),
    _plain("npm_token", "np" + "m_" + _some(_ALNUM, 36)),
    _plain("pypi_token", "pypi" + "-AgEIcHlwaS5vcmc" + _some(_URL64, 80)),
    _plain("huggingface_token", "h" + "f_" + _some(string.ascii_letters, 34)),
    _plain(
        "discord_token",
        "M" + _some(_ALNUM, 23) + "." + _some(_URL64, 6) + "." + _some(_URL64, 27),
    ),
    _plain("telegram_token", "123456789:A" + "A" + _some(_URL64, 33)),
    _plain("digitalocean_token", "do" + "p_v1_" + _some(_HEX, 64)),
    _plain("databricks_token", "da" + "pi" + _some(_HEX, 32)),
    _plain("vendor_token", "gs" + "k_" + _some(_ALNUM, 52)),
    _plain(
        "jwt",
        "eyJ"
        + _some(_ALNUM, 33)
        + ".eyJ"
        + _some(_ALNUM, 60)
        + "."
        + _some(_URL64, 43),
    ),
    _plain("private_key", _block(), ""),
    Canary(
        "basic_auth_url",
        (_url := "https://bird:" + _some(_ALNUM, 18) + "@files.example.org/x"),
        _url.partition(":")[2].partition(":")[2].partition("@")[0],
    ),
    _plain("bearer_token", _some(_ALNUM, 40), "Authorization: Bearer "),
    _plain("password", _some(_ALNUM, 20), "password="),
)

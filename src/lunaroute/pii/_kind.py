"""The kinds of value that are looked for: names, labels, what vouches for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of personal data or secret.

    ``name`` is what findings and settings call it, ``label`` what stands in a mask
    (``[EMAIL]``). ``check`` says which check vouches for a value, ``context`` whether
    words around it have to; both are sentences for the documents.
    """

    name: str
    label: str
    is_secret: bool
    what: str
    check: str
    context: str
    example: str


def _personal(
    name: str, what: str, check: str, context: str, example: str, label: str = ""
) -> Kind:
    return Kind(name, label or name.upper(), False, what, check, context, example)


def _secret(
    name: str, what: str, check: str, example: str, context: str = "no", label: str = ""
) -> Kind:
    return Kind(name, label or name.upper(), True, what, check, context, example)


# fmt: off
_ALL = (
    _personal(
        "email",
        "e-mail address",
        "a domain that there can be; not a file, a version, a decorator",
        "no",
        "ada@example.org",
    ),
    _personal(
        "phone",
        "telephone number, international or national",
        "calling code, length, grouping",
        "for numbers without + and grouping",
        "+1 (212) 555-0147",
    ),
    _personal(
        "ssn",
        "US social security number",
        "ranges that were never given out are left alone",
        "without separators",
        "123-45-6789",
    ),
    _personal(
        "itin",
        "US individual taxpayer identification number",
        "9xx and the groups in use",
        "without separators",
        "912-70-1234",
    ),
    _personal(
        "credit_card",
        "payment card number",
        "Luhn digit, brand and length",
        "for unusual lengths",
        "4111 1111 1111 1111",
    ),
    _personal(
        "iban",
        "international bank account number",
        "mod 97, length of the country",
        "no",
        "GB82 WEST 1234 5698 7654 32",
    ),
    _personal(
        "ip_address",
        "IPv4 or IPv6 address",
        "ranges; not versions, loopback by choice",
        "no",
        "203.0.113.7",
    ),
    _personal(
        "mac_address",
        "hardware address",
        "six octets and no more",
        "without separators",
        "00:00:5e:00:53:af",
    ),
    _personal(
        "crypto_address",
        "address of a crypto currency",
        "Base58Check, Bech32, EIP-55",
        "for forms without a checksum",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    ),
    _personal(
        "uk_nino",
        "UK national insurance number",
        "prefixes in use",
        "yes",
        "AB 12 34 56 C",
    ),
    _personal("uk_nhs", "UK NHS number", "mod 11", "yes", "943 476 5919"),
    _personal(
        "in_aadhaar", "Indian Aadhaar number", "Verhoeff", "yes", "2345 6789 0124"
    ),
    _personal("in_pan", "Indian PAN", "type of holder", "yes", "ABCPE1234F"),
    _personal("es_nif", "Spanish NIF or NIE", "mod 23 letter", "yes", "12345678Z"),
    _personal(
        "it_fiscal_code",
        "Italian fiscal code",
        "check letter",
        "no",
        "RSSMRA85T10A562S",
    ),
    _personal(
        "pl_pesel", "Polish PESEL", "weighted mod 10, date", "yes", "44051401359"
    ),
    _personal("au_tfn", "Australian tax file number", "mod 11", "yes", "123 456 782"),
    _personal("sg_fin", "Singapore NRIC or FIN", "check letter", "yes", "S1234567D"),
    _personal(
        "us_npi",
        "US national provider identifier",
        "Luhn with 80840",
        "yes",
        "1234567893",
    ),
    _personal(
        "us_mbi",
        "US Medicare beneficiary identifier",
        "its grammar",
        "yes",
        "1EG4-TE5-MK73",
    ),
    _personal(
        "us_routing_number",
        "US bank routing number",
        "3-7-1 mod 10",
        "yes",
        "021000021",
    ),
    _personal("passport", "passport number", "forms of passports", "yes", "C01X00T47"),
    _secret("anthropic_key", "Anthropic key", "its form", "sk-ant-api03-..."),
    _secret("openai_key", "OpenAI key", "its forms", "sk-proj-..."),
    _secret(
        "google_key", "Google API key, OAuth secret or token", "its forms", "AIza..."
    ),
    _secret("aws_key_id", "AWS access key id", "its form", "AKIA..."),
    _secret(
        "aws_secret_key",
        "AWS secret access key",
        "40 mixed characters",
        "40 of base64",
        "yes",
    ),
    _secret(
        "azure_storage_key",
        "Azure storage account key or shared signature",
        "88 of base64",
        "AccountKey=...",
    ),
    _secret("github_token", "GitHub token", "its forms", "ghp_..., github_pat_..."),
    _secret("gitlab_token", "GitLab token", "its forms", "glpat-..."),
    _secret("slack_token", "Slack token", "its forms", "xoxb-..."),
    _secret(
        "slack_webhook",
        "Slack webhook",
        "its address",
        "https://hooks.slack.com/services/...",
    ),
    _secret("stripe_key", "Stripe key", "its forms", "sk_live_..."),
    _secret("twilio_key", "Twilio SID, key or token", "32 hex digits", "SK..."),
    _secret("sendgrid_key", "SendGrid key", "its form", "SG...."),
    _secret("npm_token", "npm token", "its form", "npm_..."),
    _secret("pypi_token", "PyPI token", "its form", "pypi-AgE..."),
    _secret("huggingface_token", "Hugging Face token", "its form", "hf_..."),
    _secret("discord_token", "Discord token or webhook", "its forms", "three parts"),
    _secret("telegram_token", "Telegram bot token", "its form", "123456789:AA..."),
    _secret("digitalocean_token", "DigitalOcean token", "its forms", "dop_v1_..."),
    _secret("databricks_token", "Databricks token", "its form", "dapi..."),
    _secret(
        "vendor_token",
        "token of a further vendor",
        "its form",
        "gsk_..., xai-..., hvs....",
    ),
    _secret("jwt", "JSON web token", "its three parts", "eyJ..."),
    _secret("private_key", "private key", "the whole PEM block", "-----BEGIN ..."),
    _secret(
        "basic_auth_url", "URL with a password", "its form", "https://user:...@host"
    ),
    _secret(
        "bearer_token",
        "credentials of the field Authorization",
        "length, mixture",
        "Bearer ...",
        "yes",
    ),
    _secret(
        "password",
        "value given to a name such as password, by a command, in a cookie",
        "length, mixture",
        "password=...",
        "yes",
    ),
)

# fmt: on
KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in _ALL})
SECRETS = frozenset(kind.name for kind in _ALL if kind.is_secret)
PERSONAL = frozenset(KINDS) - SECRETS

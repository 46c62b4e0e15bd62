"""The labelled corpus: texts with the values that stand in them, and texts without.

Personal data and what only looks like it lie in ``tests/corpora/pii``: documented test
numbers and ranges kept for fiction. Secrets are made here, from parts and a fixed seed,
so that no scanner of pushes could take one for real.
"""

import base64
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.pii.marked import read

DIRECTORY = Path(__file__).parent.parent / "corpora" / "pii"
ALNUM = string.ascii_letters + string.digits
URL64 = ALNUM + "_-"
STD64 = ALNUM + "+/"
HEX = "0123456789abcdef"
BASE32 = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class Example:
    """A text and where values stand in it; ``kind`` is a negative's class, too."""

    kind: str
    text: str
    spans: tuple[tuple[int, int], ...]


def _example(kind: str, marked: str) -> Example:
    text, spans = read(marked)
    return Example(kind, text, tuple(spans))


def _lines(name: str) -> Iterator[Example]:
    for line in (DIRECTORY / name).read_text("utf-8").splitlines():
        kind, marked = line.split("\t", 1)
        yield _example(kind, marked.replace("⏎", "\n"))


def personal() -> list[Example]:
    """Values of every personal kind."""
    return list(_lines("personal.tsv"))


def negatives() -> list[Example]:
    """What looks like a value and is none."""
    return list(_lines("negatives.tsv"))


class Maker:
    """Makes secrets in the current formats, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def some(self, alphabet: str, length: int) -> str:
        """Random characters; the first and last are letters or digits."""
        inner = "".join(self._random.choices(alphabet, k=length - 2))
        ends = [c for c in alphabet if c.isalnum()]
        return self._random.choice(ends) + inner + self._random.choice(ends)

    def mixed(self, alphabet: str, length: int) -> str:
        """The same with a digit and both cases in it."""
        while True:
            value = self.some(alphabet, length)
            if any(map(str.isdigit, value)) and value not in (
                value.lower(),
                value.upper(),
            ):
                return value

    def values(self) -> list[tuple[str, str]]:
        """One value of each format, with its kind."""
        some, mixed, digits = self.some, self.mixed, string.digits
        openai = "T3Blbk" + "FJ"
        header = _b64(b'{"alg":"HS256","typ":"JWT"}')
        claims = _b64(json.dumps({"sub": some(digits, 10), "iat": 1516239022}).encode())
        return [
            *(
                ("anthropic_key", f"sk-ant-{head}-" + some(URL64, 93) + "AA")
                for head in ("api03", "admin01", "oat01")
            ),
            ("openai_key", "sk-" + some(ALNUM, 20) + openai + some(ALNUM, 20)),
            ("openai_key", "sk-" + some(ALNUM, 48)),
            *(
                (
                    "openai_key",
                    f"sk-{head}-" + some(URL64, 74) + openai + some(URL64, 74),
                )
                for head in ("proj", "svcacct", "admin")
            ),
            ("google_key", "AI" + "za" + some(URL64, 35)),
            ("google_key", "GOC" + "SPX-" + some(URL64, 28)),
            ("google_key", "ya" + "29." + some(URL64, 120)),
            ("aws_key_id", "AK" + "IA" + some(BASE32, 16)),
            ("aws_key_id", "AS" + "IA" + some(BASE32, 16)),
            *(("github_token", f"gh{c}_" + some(ALNUM, 36)) for c in "pousr"),
            (
                "github_token",
                "github_" + "pat_" + some(ALNUM, 22) + "_" + some(ALNUM, 59),
            ),
            *(
                ("gitlab_token", f"gl{head}-" + some(URL64, 20))
                for head in ("pat", "rt", "dt", "ft", "soat", "imt")
            ),
            ("gitlab_token", "gl" + "ptt-" + some(HEX, 40)),
            ("gitlab_token", "gl" + "pat-" + some(ALNUM, 27) + ".01." + some(HEX, 9)),
            ("gitlab_token", "glc" + "bt-1a_" + some(URL64, 20)),
            (
                "slack_token",
                "xox" + f"b-{some(digits, 12)}-{some(digits, 12)}-{some(ALNUM, 24)}",
            ),
            (
                "slack_token",
                "xox"
                f"p-{some(digits, 12)}-{some(digits, 12)}-{some(digits, 12)}-{some(HEX, 32)}",
            ),
            (
                "slack_token",
                "xapp" + f"-1-A{some(BASE32, 10)}-{some(digits, 13)}-{some(HEX, 64)}",
            ),
            ("slack_token", "xoxe" + f".xoxp-1-{some(ALNUM, 160)}"),
            (
                "slack_webhook",
                f"https://hooks.{'slack'}.com/services/T{some(BASE32, 8)}/B{some(BASE32, 10)}/{some(ALNUM, 24)}",
            ),
            *(
                ("stripe_key", f"{head}_" + some(ALNUM, 24))
                for head in (
                    "sk" + "_live",
                    "rk" + "_live",
                    "pk" + "_live",
                    "sk" + "_test",
                )
            ),
            ("stripe_key", "wh" + "sec_" + some(ALNUM, 32)),
            ("twilio_key", "A" + "C" + some(HEX, 32)),
            ("twilio_key", "S" + "K" + some(HEX, 32)),
            ("sendgrid_key", "S" + "G." + some(URL64, 22) + "." + some(URL64, 43)),
            ("npm_token", "np" + "m_" + some(ALNUM, 36)),
            ("pypi_token", "pypi" + "-AgEIcHlwaS5vcmc" + some(URL64, 120)),
            ("huggingface_token", "h" + "f_" + some(string.ascii_letters, 34)),
            (
                "discord_token",
                "M" + some(ALNUM, 23) + "." + some(URL64, 6) + "." + some(URL64, 27),
            ),
            (
                "discord_token",
                "MT" + some(ALNUM, 24) + "." + some(URL64, 6) + "." + some(URL64, 38),
            ),
            (
                "discord_token",
                f"https://{'discord'}.com/api/webhooks/{some(digits, 19)}/{some(URL64, 68)}",
            ),
            ("telegram_token", some(digits, 10) + ":A" + "A" + some(URL64, 33)),
            ("digitalocean_token", "do" + "p_v1_" + some(HEX, 64)),
            ("databricks_token", "da" + "pi" + some(HEX, 32)),
            ("jwt", f"{header}.{claims}.{some(URL64, 43)}"),
            ("vendor_token", "gs" + "k_" + mixed(ALNUM, 52)),
            ("vendor_token", "hv" + "s." + some(URL64, 91)),
        ]

    def private_key(self, kind: str, joint: str) -> str:
        """A block of armour, its lines joined as the text around would join them."""
        lines = [f"-----{'BEGIN'} {kind}PRIVATE KEY-----"]
        lines += [self.some(STD64, 64) for _ in range(6)]
        lines += [self.some(STD64, 30) + "==", f"-----END {kind}PRIVATE KEY-----"]
        return joint.join(lines)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


# Where secrets stand: headers, files, code, shells, prose, addresses.
AROUND = (
    "{}",
    "My key is {}.",
    "export KEY={}",
    'KEY="{}"\nOTHER=1',
    '{"config": {"value": "{}", "n": 1}}',
    "value: {}\nnext: 2",
    "client = Client('{}', timeout=3)",
    "curl -H 'X-Auth: {}' https://api.example.com/v1",
    "https://api.example.com/v1?q={}&page=2",
    "| prod | {} | yes |",
    "2026-11-25 10:00:00 WARN rejected credential={}, retrying",
    "`{}`",
    "({}), see above",
    '"text": "first\\n{}\\nlast"',
    "- {}\n- next",
    "<value>{}</value>",
)

NAMED = {
    "aws_secret_key": (
        "aws_secret_access_key = {}",
        "AWS_SECRET_ACCESS_KEY={}",
        'export AWS_SECRET_ACCESS_KEY="{}"',
        '"SecretAccessKey": "{}",',
        "aws:\n  secret_key: {}\n",
        "secretAccessKey: '{}', // aws",
        "The AWS secret access key is {}",
        "AWS secret: {}",
    ),
    "azure_storage_key": (
        "DefaultEndpointsProtocol=https;AccountName=dev;AccountKey={};EndpointSuffix=core.windows.net",
        "AZURE_STORAGE_KEY={}",
        'account_key = "{}"',
        '"accountKey": "{}"',
        "AccountKey={}",
    ),
    "bearer_token": (
        "Authorization: Bearer {}",
        '"Authorization": "Bearer {}"',
        "curl -H 'Authorization: Bearer {}' https://x.example",
        "headers={'Authorization': f'Bearer {}'}",
        "authorization: bearer {}\r\nhost: x",
        "-H \"Authorization: Bearer {}\"",
    ),
    "password": (
        "password={}",
        "DB_PASSWORD={}",
        'password = "{}"',
        '"password": "{}"',
        "password: {}",
        "db:\n  password: '{}'\n",
        "PGPASSWORD={} psql -h db",
        "mysql --password={} -u root",
        "login --password {} --user x",
        "const password = '{}';",
        '{"user":"u","passwd":"{}"}',
        "Server=db;User Id=sa;Password={};Encrypt=true",
        "The password is {}",
        "secret_key: \"{}\"",
        "api_key = '{}'",
        "API_KEY={}",
        'apiKey: "{}"',
        "X-Api-Key: {}",
        "client_secret={}&grant_type=x",
        'os.environ["API_TOKEN"] = "{}"',
        "<password>{}</password>",
        "define('DB_PASSWORD', '{}');",
        'private static final String PASSWORD = "{}";',
        'password: str = "{}"',
        "?token={}&x=1",
        '\\"password\\": \\"{}\\"',
        "passphrase: {}",
        "set -x DB_PASS {}".replace("DB_PASS ", "DB_PASS="),
    ),
}  # fmt: skip
WORDS = (
    "hunter2!",
    "S3cr3t-Pa55",
    "Tr0ub4dor&3",
    "pa$$w0rd99",
    "xK9#mQ2v",
    "Summer2026!",
)


KEYS = ("{}", 'key = """{}"""\nx = 1', '"key": "{}",', "pem: |\n    {}\nb: 2")
URLS = (
    *("{}", "DATABASE_URL={}", 'url = "{}"', "git clone {} x", "see <{}>"),
    "url: {}\n",
)


def secrets(seed: int = 7) -> list[Example]:
    """Secrets of every kind, each in several surroundings."""
    return [
        _example(kind, around.replace("{}", f"⟦{value}⟧"))
        for kind, value, around in _placed(Maker(seed))
    ]


def _placed(maker: Maker) -> Iterator[tuple[str, str, str]]:
    for round_ in range(3):
        for number, (kind, value) in enumerate(maker.values()):
            for step in range(3):
                place = (number * 3 + step + round_ * 5) % len(AROUND)
                yield kind, value, AROUND[place]
    for kind, places in NAMED.items():
        for place in places:
            for value in _named(maker, kind):
                # In an address these end a value.
                if not (place[0] == "?" and {"&", "#"} & set(value)):
                    yield kind, value, place
    for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "):
        for joint in ("\n", "\\n", "\r\n", "\n    "):
            block = maker.private_key(kind, joint)
            for around in KEYS:
                yield "private_key", block, around
    for scheme, password, place in (
        ("https", maker.mixed(ALNUM, 12), "api.example.com/v1"),
        ("postgres", maker.mixed(ALNUM, 16), "db.example.com:5432/app?sslmode=require"),
        ("mongodb+srv", maker.mixed(ALNUM, 10), "cluster0.example.net/test"),
        ("redis", maker.mixed(ALNUM, 20), "cache.example.com:6379/0"),
        ("amqp", "guest1%40x", "mq.example.com"),
        ("https", "hunter2", "git.example.com/o/r.git"),
    ):
        for around in URLS:
            yield "basic_auth_url", f"{scheme}://admin:{password}@{place}", around


def _named(maker: Maker, kind: str) -> list[str]:
    if kind == "aws_secret_key":
        return [maker.mixed(STD64, 40), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"]
    if kind == "azure_storage_key":
        return [maker.some(STD64, 86) + "==", maker.some(STD64, 86) + "=="]
    if kind == "bearer_token":
        return [maker.mixed(ALNUM, 32), maker.mixed(URL64, 64), maker.some(HEX, 40)]
    return [maker.mixed(ALNUM, 16), maker.mixed(ALNUM, 32), maker.some(HEX, 32), *WORDS]

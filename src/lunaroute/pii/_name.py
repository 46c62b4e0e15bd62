"""Names that secrets are given to: which they are, and what makes them mean another
thing.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from lunaroute.pii._shape import is_fair, is_strong

_KEYS = (
    "api access auth private secret account signing encryption master storage service "
    "shared app consumer session jwt hmac cipher crypto webhook license function"
)
# What a password is given to may be a word that a human chose ...
CHOSEN = (
    *("password", "passwd", "passphrase", "passcode", "pwd", "pass", "passwort", "pw"),
    *("kennwort", "contraseña", "contrasena", "motdepasse", "mot_de_passe", "senha"),
    *("mot de passe", "mot-de-passe", "passwrd", "pswd", "wachtwoord", "lösenord"),
    *("losenord", "salasana", "haslo", "heslo", "adgangskode", "palavra-passe", "parola"),
)  # fmt: skip
# ... the others are given what a machine made.
MADE = (
    *("secret", "token", "credential", "_auth", "subscription-key", "passkey"),
    *(f"{word}{joint}key" for word in _KEYS.split() for joint in ("", *"_-. ")),
)
# Of the environment: STRIPE_KEY, whoever's it is; what they are given tells more.
_OTHER_KEY = "_key"
_NO_KEYS = frozenset(
    """
    cache primary foreign sort partition public publishable gpg pgp ssh host object s3
    registry map dict hash search index row column group idempotency dedup dedupe lock i18n
    message translation storage local redis topic routing event config env json xml query
    param header cookie meta data hot short press release up down left right arrow enter
    """.split()
)
# Of letters that one byte does not hold; no trigger sees them.
FOREIGN = (
    *("пароль", "Пароль", "ПАРОЛЬ", "密码", "密碼", "口令", "パスワード", "비밀번호"),
    *("hasło", "Hasło", "şifre", "Şifre", "jelszó", "κωδικός"),
)
_CHOSEN = frozenset((*CHOSEN, *FOREIGN))
# By their first two letters, the longer ones first.
_WORDS: dict[str, list[str]] = {}
for _word in sorted(
    {each.lower() for each in (*CHOSEN, *MADE, *FOREIGN, _OTHER_KEY)},
    key=len,
    reverse=True,
):
    _WORDS.setdefault(_word[:2], []).append(_word)
_LONGEST = max(len(word) for words in _WORDS.values() for word in words)
_BEFORE = re.compile(r"[0-9A-Za-z_\-]{0,40}\Z")
_REST = re.compile(r"(?:[0-9A-Za-z_-]{0,31}[0-9A-Za-z_])?(?:\.value(?!\w))?")
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
    age at seconds minutes hours days timeout lifetime period duration score
    handler callback factory helper utils util parser generator encoder bucket buckets
    algorithm alg iterator stats details info status state source target column row table
    header headers rate window threshold ize izer ized ization ing s ed less word words
    available present exists changed valid invalid env plugin backend digest sha sha256
    md5 checksum fingerprint encryption encrypted changes forgotten
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
    bi mono semicolon comma keyword string number identifier unexpected
    """.split()
)
# What "pass" is the end of in one word: not compass, bypass, trespass.
_PASSES = frozenset(
    """
    store key smtp db user ftp require root admin mail email ssh my proxy trust login sql
    mysql redis auth src dest new old http wifi imap pop ldap bind postgres pg mongo rabbit
    rabbitmq sudo su web dest cert ssl tls sasl zip pdf jks client server backup api test
    """.split()
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name that secrets are given to, from ``start`` to ``end`` of a text.

    ``chosen``: its value may be a word that a human chose; ``is_secret``: no key or
    token that a machine must have made.
    """

    start: int
    end: int
    word: str
    chosen: bool

    @property
    def is_vague(self) -> bool:
        """Whether it may be the key of anything, a lock's or a table's."""
        return self.word == _OTHER_KEY

    def is_sure(self, value: str) -> bool:
        """Whether a value counts where only its place says that it is one."""
        return is_fair(value) if self.chosen else is_strong(value)

    @property
    def is_human(self) -> bool:
        return self.chosen or self.word == "secret"


def name_at(text: str, at: int) -> Name | None:
    """The name of which the telling part begins at ``text[at]``, if it is one."""
    folded = text[at : at + _LONGEST].lower()
    for word in _WORDS.get(folded[:2], ()):
        if folded.startswith(word):
            break
    else:
        return None
    behind = at + len(word)
    rest = _REST.match(text, behind)
    before = _BEFORE.search(text, max(0, at - 40), at)
    assert rest is not None
    assert before is not None
    if _names_no_secret(before.group(), text[at:behind], rest.group()):
        return None
    return Name(before.start(), rest.end(), word, word in _CHOSEN)


# Code says the same names again and again.
@lru_cache(maxsize=4096)
def _names_no_secret(before: str, word: str, rest: str) -> bool:
    first = _SEGMENT.findall(before)
    if word.lower() == _OTHER_KEY:
        shouted = word.isupper() and before.isupper() and not rest
        return not shouted or not first or first[-1].lower() in _NO_KEYS
    if word.lower() in ("pass", "pw") and (rest or not _is_apart(before, word, first)):
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
    if len(last) > 1 and last[-1].isdigit() and (last[-2] + last[-1]).lower() in _LAST:
        return True
    return bool(last) and last[-1].lower() in _LAST and rest.lower() != "s"


def _is_apart(before: str, word: str, first: list[str]) -> bool:
    """Whether a short word is one of its own: PASS, db_pass, dbPass, keypass."""
    if not before or not before[-1].isalnum():
        return True
    if before[-1].islower() and word[0] == "P":
        return True
    if before[-1].isupper() and word.isupper():
        # SSHPASS, not BYPASS.
        return word == "PASS" and first[-1].lower() in _PASSES
    return word == "pass" and first[-1].lower() in _PASSES

"""Passwords that commands are given: of shells and of SQL, by their place."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lunaroute.pii._cloud import cloud_kind
from lunaroute.pii._finding import Finding
from lunaroute.pii._placeholder import is_placeholder
from lunaroute.pii._shape import (
    is_fair,
    is_given,
    is_jumbled,
    is_mixed,
    is_path,
    is_strong,
)

# A value in quotes, or a word; what reads a variable or runs a command is none.
_VALUE = (
    r"(?:\\*'(?P<single>[^'\r\n\\]{4,128})\\*'|\\*\"(?P<double>[^\"\r\n\\]{4,128})\\*\""
    r"|(?P<word>[^\s\"'`|;&<>$\\-][^\s\"'`|;<>\\]{3,127}))"
)
_REST = r"[^\n|;&]{0,160}?[ \t]"


@dataclass(frozen=True, slots=True)
class Command:
    """Literals that call for a look, and where the password stands then.

    ``strong``: only a value that tells by itself; the place may hold other things.
    """

    literals: tuple[str, ...]
    pattern: re.Pattern[str]
    strong: bool = False


def _command(literals: str, pattern: str, *, strong: bool = False) -> Command:
    return Command(
        tuple(literals.split("|")), re.compile(pattern, re.IGNORECASE), strong
    )


COMMANDS = (
    _command(
        "identified by |identified with ",
        rf"identified (?:with [\w\"']{{1,40}} (?:by|as) |by )(?:password )?(?=[\"']){_VALUE}",
    ),
    _command("identified by ", rf"identified by (?![%\"']){_VALUE}", strong=True),
    _command("rabbitmqctl ", rf"rabbitmqctl (?:-\w \S{{1,64}} )?(?:add_user|change_password|authenticate_user) [\"']?[\w.@-]{{1,64}}[\"']? {_VALUE}"),
    _command("snmp-server community ", rf"snmp-server community (?:0 )?{_VALUE}"),
    _command("snmp", rf"snmp(?:walk|get|getnext|bulkwalk|bulkget|set|table)\b{_REST}-c[ ]?{_VALUE}"),
    _command(
        "fill_in",
        r"fill_in[ (]\\*[\"'][^\"'\n]{0,60}?(?:passw|passphrase|pwd)[^\"'\n]{0,40}\\*[\"'],\s{0,4}with:\s{0,4}(?=\\*[\"'])"
        + _VALUE,
    ),
    # What a token is signed with, behind what is signed.
    _command(
        "jwt.sign(|jwt.encode(|jwt.verify(|jwt.decode(",
        r"jwt\.(?:sign|encode|verify|decode)\(\s{0,8}(?:\{[^{}]{0,160}\}|[\w.$]{1,60}(?:\([^()]{0,60}\))?)\s{0,4},\s{0,8}"
        r"(?:\w{1,20}\s{0,2}=\s{0,2})?b?\\*(?P<q>[\"'`])(?P<value>[^\"'`\r\n\\]{6,256})\\*(?P=q)",
        strong=True,
    ),
    _command("sshpass -p", rf"sshpass -p ?{_VALUE}"),
    _command(
        "mysql|mariadb",
        rf"(?:mysql\w{{0,12}}|mariadb[\w-]{{0,8}})\b{_REST}-p(?:{_VALUE})",
    ),
    _command("redis-cli", rf"redis-cli\b{_REST}(?:-a|--pass)[ =]{_VALUE}"),
    _command("requirepass |masterauth ", rf"(?:requirepass|masterauth) {{1,8}}{_VALUE}"),
    _command("openssl ", rf"openssl {_REST}-(?:k|K|passin|passout|pass)[ ](?:pass:)?{_VALUE}", strong=True),
    _command("net use ", rf"net use {_REST}/u(?:ser)?:\S{{1,64}}[ ]{_VALUE}"),
    _command("net use ", rf"net use [^\s]{{1,64}}(?:[ ]\\\\\\\\?\S{{1,64}})?[ ]{_VALUE}[ ]/u", strong=True),
    _command("net user ", rf"net user \S{{1,64}}[ ]{_VALUE}", strong=True),
    _command(
        "docker login|podman login|nerdctl login|oc login|cf login|az login|registry login",
        rf"(?:\w{{2,8}}|registry) login\b{_REST}-p[ =]{_VALUE}",
        strong=True,
    ),
    _command("mongo", rf"mongo(?:sh|dump|restore|export|import)?\b{_REST}-p[ =]?{_VALUE}", strong=True),
    _command("sqlcmd|osql|bcp ", rf"(?:sqlcmd|osql|bcp)\b{_REST}-P[ ]?{_VALUE}", strong=True),
    _command("ldap", rf"ldap(?:search|modify|add|delete|whoami|passwd)\b{_REST}-w[ ]?{_VALUE}", strong=True),
    _command("smbclient|rpcclient|crackmapexec|wmic", rf"(?:smbclient|rpcclient)\b{_REST}-U[ ]?[\"']?[^\s%\"']{{1,64}}%{_VALUE}"),
    _command("7z |rar ", rf"(?:7z|rar)[ ]{_REST}-p{_VALUE}", strong=True),
    _command("zip ", rf"zip[ ]{_REST}-P[ ]{_VALUE}", strong=True),
    _command("ssh-keygen", rf"ssh-keygen\b{_REST}-[NP][ ]{_VALUE}", strong=True),
    _command("htpasswd ", rf"htpasswd[ ](?:-\w+[ ])*\S{{1,128}}[ ]\S{{1,64}}[ ]{_VALUE}", strong=True),
    _command("wpa_passphrase ", rf"wpa_passphrase[ ](?:\"[^\"]{{1,32}}\"|'[^']{{1,32}}'|\S{{1,32}})[ ]{_VALUE}"),
    _command("sqlplus ", rf"sqlplus[ ](?:-\w+[ ])*\w{{1,32}}/{_VALUE}", strong=True),
    _command("secret set ", rf"secret set \S{{1,64}} {_REST}?(?:-b|--body)[ =]?{_VALUE}", strong=True),
    _command("machine ", rf"machine \S{{1,128}}\s{{1,8}}(?:login \S{{1,64}}\s{{1,8}})?password {_VALUE}"),
    _command("setx ", r"setx \w{0,32}(?:pw|pass|key|token|secret)\w{0,16} " + _VALUE, strong=True),
    _command("convertto-securestring ", rf"convertto-securestring (?:-string )?{_VALUE}"),
    _command("psk=", rf"psk={_VALUE}"),
    _command(
        "--with-token|--password-stdin",
        rf"--(?:with-token|password-stdin)[^\n|;&<]{{0,80}}<<<[ ]?{_VALUE}",
    ),
    # user:password, of curl and its like; of requests and other clients of HTTP.
    _command(
        "-u |--user|--proxy-user |--auth|http -a |https -a ",
        r"(?:-u|--user|--proxy-user|--auth|https? -a)[ =]{1,2}\\*(?P<q>[\"']?)"
        r"(?:\$\{?\w{1,40}\}?|[^\s:\"'$<{\\]{1,64}):\\*[\"']?(?P<value>[^\s\"'<\\][^\s\"'\\]{3,127})",
    ),
    _command(
        "auth=(|auth(|basicauth(|credentials(|credential(|login(",
        r"(?:auth|login|credentials?)=?\(\s{0,8}(?:[\w.]{1,40}\s{0,2}=\s{0,2})?"
        r"(?:b?\\*[\"'`][^\"'`\r\n]{1,80}[\"'`]|[A-Za-z_][\w.]{0,40})\s{0,4},\s{0,8}"
        r"(?:\w{1,20}\s{0,2}=\s{0,2})?b?\\*(?P<q>[\"'`])(?P<value>[^\"'`\r\n\\]{4,128})\\*(?P=q)",
        strong=True,
    ),
    # host:port:database:user:password, a line of .pgpass.
    _command(":5432:", r":5432:[\w*-]{1,63}:[\w*.-]{1,63}:(?P<value>[^\s\"'\\]{4,128})(?=\\|[\"'\s]|\Z)"),
)  # fmt: skip

# What a password is piped into; it stands before.
_PIPED = re.compile(
    r"(?:echo|printf)(?:[ ]-[ne]+)?[ ](?:\\*[\"']%s(?:\\+n)?\\*[\"'][ ])?"
    r"(?:\\*'(?P<single>[^'\r\n\\]{4,128})(?:\\+n)?\\*'"
    r"|\\*\"(?P<double>[^\"\r\n\\]{4,128})(?:\\+n)?\\*\""
    r"|(?P<word>[^\s\"'`$|<>\\][^\s\"'`|<>\\]{3,127}))[ ]?\|[^\n|]{0,120}\Z"
)
PIPED_INTO = (
    "--password-stdin",
    "sudo -s",
    "chpasswd",
    "passwd --stdin",
    "--with-token",
)


class CommandFinder:
    """Looks for one command's password where one of its literals stands."""

    __slots__ = ("_command",)

    def __init__(self, command: Command) -> None:
        self._command = command

    def __call__(self, text: str, at: int, context: int) -> Finding | None:
        match = self._command.pattern.match(text, at)
        if match is None:
            return None
        group = match.lastgroup if match.lastgroup != "q" else "value"
        assert group is not None
        sure = is_strong if self._command.strong else _is_given
        before = match.string[match.start(group) - 1]
        if before in "\"'`":
            sure = is_fair if self._command.strong else _is_given_in_quotes
        return _judged(text, *match.span(group), context, sure)


def _is_given(value: str) -> bool:
    return is_mixed(value) or (len(value) >= 12 and is_jumbled(value))


def _is_given_in_quotes(value: str) -> bool:
    return _is_given(value) or is_given(value)


def find_piped(text: str, at: int, context: int) -> Finding | None:
    """The password that is piped into the command at ``text[at]``."""
    begin = max(text.rfind("\n", max(0, at - 256), at), at - 256, 0)
    match = _PIPED.search(text, begin, at)
    if match is None:
        return None
    assert match.lastgroup is not None
    start, end = match.span(match.lastgroup)
    if text.startswith("chpasswd", at):
        start = text.find(":", start, end) + 1 or start
    return _judged(text, start, end, context, is_mixed)


def _judged(
    text: str, start: int, end: int, context: int, sure: Callable[[str], bool]
) -> Finding | None:
    value = text[start:end]
    if is_placeholder(value) or is_path(value) or not sure(value):
        return None
    kind, confidence = cloud_kind(value, context) or ("password", 0.85)
    return Finding(start, end, kind, confidence)

"""What a request says about itself: its path, and the headers that name a vendor.

A credential is recognised by its form alone; its value is looked at and let go.
"""

import re
from dataclasses import dataclass

from lunaroute._fast import pick_fields
from lunaroute.model import Dialect
from lunaroute.wire import RequestHead

CARRIERS = frozenset((b"authorization", b"x-api-key"))

# A key begins the value or follows what may stand before it: a scheme, a quote. Inside
# an opaque token the same letters mean nothing. OpenAI's first keys are "sk-" and 48
# letters and digits with a mark in the middle; other vendors' "sk-" keys lack it.
_BEGIN = rb"(?:^|(?<=[\s,;:=\"']))"
_ANTHROPIC_KEY = re.compile(_BEGIN + rb"sk-ant-")
_OPENAI_KEY = re.compile(
    _BEGIN
    + rb"(?:sk-(?:proj|svcacct|admin)-|sess-"
    + rb"|sk-(?=[A-Za-z0-9]*T3BlbkFJ)[A-Za-z0-9]{48}(?![\w-]))"
)
_FORMS = (
    (_ANTHROPIC_KEY, Dialect.ANTHROPIC),
    (_OPENAI_KEY, Dialect.OPENAI),
)
# Set by another proxy or by a browser: who asks is not the process that connected.
_INDIRECT = frozenset(
    (b"forwarded", b"x-forwarded-for", b"via", b"origin", b"sec-fetch-site")
)
# The fields that the choice is made of.
TELLING = (
    CARRIERS
    | _INDIRECT
    | frozenset((b"anthropic-version", b"chatgpt-account-id", b"user-agent"))
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the choice of a provider is made of. Holds no header's value."""

    path: str  # raw: nothing decoded, no dot segment resolved
    anthropic_version: bool = False
    chatgpt_account_id: bool = False
    x_api_key: bool = False
    has_credential: bool = False
    keys: frozenset[Dialect] = frozenset()  # whose form a credential has
    is_indirect: bool = False  # came through another proxy or from a web page
    is_codex: bool = False

    @property
    def vendor(self) -> Dialect | None:
        """Whose request it is by its headers, the surest sign first."""
        if self.anthropic_version or Dialect.ANTHROPIC in self.keys:
            return Dialect.ANTHROPIC
        if self.chatgpt_account_id or Dialect.OPENAI in self.keys:
            return Dialect.OPENAI
        return Dialect.ANTHROPIC if self.x_api_key else None


def facts_of(head: RequestHead) -> Facts:
    """Reads a request's target and all its header fields, repeated ones too."""
    telling = pick_fields(head.raw, TELLING)
    names = {name for name, _ in telling}
    carried = [
        (name, value)
        for name, value in telling
        if name in CARRIERS and _is_credential(value)
    ]
    return Facts(
        path=head.target.partition(b"?")[0].decode("latin-1"),
        anthropic_version=b"anthropic-version" in names,
        chatgpt_account_id=b"chatgpt-account-id" in names,
        x_api_key=any(name == b"x-api-key" for name, _ in carried),
        has_credential=bool(carried),
        keys=frozenset(
            dialect
            for _, value in carried
            for form, dialect in _FORMS
            if form.search(value)
        ),
        is_indirect=not names.isdisjoint(_INDIRECT),
        is_codex=any(
            name == b"user-agent" and value.lower().startswith(b"codex")
            for name, value in telling
        ),
    )


def _is_credential(value: bytes) -> bool:
    """False for nothing, and for a scheme whose token was an empty variable."""
    return value.strip().lower() not in (b"", b"bearer", b"basic")

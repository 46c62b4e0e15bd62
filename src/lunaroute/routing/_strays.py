"""What one vendor must never get from the other's clients. Pure.

Holds for every provider of a dialect, whichever host its base URL names.
"""

from lunaroute.errors import ClientFault
from lunaroute.model import Dialect
from lunaroute.routing._facts import Facts

_NAMES = {Dialect.ANTHROPIC: "Anthropic", Dialect.OPENAI: "OpenAI"}
_REMEDIES = {
    Dialect.ANTHROPIC: "an Anthropic credential belongs here (x-api-key or a bearer "
    "token); OpenAI's goes with OpenAI's paths, such as /v1/responses",
    Dialect.OPENAI: "an OpenAI credential belongs here (a bearer token); Anthropic's "
    "goes with Anthropic's paths, such as /v1/messages",
}


def refuse_strays(facts: Facts, dialect: Dialect, *, replaced: bool) -> None:
    """Raises ClientFault 403 if the request carries what is the other vendor's.

    ``replaced``: a configured key takes the place of the client's credentials, so
    that they never leave. The headers that are no secret name the vendor all the
    same: what is written for one is not sent to the other.
    """
    sign = _stray(facts, dialect, replaced=replaced)
    if sign:
        raise ClientFault(
            f"the request carries {sign}, but goes to {_NAMES[dialect]} and was not "
            f"forwarded: {_REMEDIES[dialect]}",
            status=403,
        )


def _stray(facts: Facts, dialect: Dialect, *, replaced: bool) -> str:
    """What is astray, in words; never a value."""
    for other in facts.keys:
        if other is not dialect and not replaced:
            return f"a credential in {_NAMES[other]}'s form"
    if dialect is Dialect.OPENAI and facts.anthropic_version:
        return "the header anthropic-version"
    if dialect is Dialect.ANTHROPIC and facts.chatgpt_account_id:
        return "the header chatgpt-account-id"
    return ""

"""Which look is taken where: literals and shapes on one side, kinds on the other."""

from collections.abc import Callable
from dataclasses import dataclass

from lunaroute._fast import _triggered as trigger
from lunaroute._fast._triggered import Literal
from lunaroute.pii._card import find_card
from lunaroute.pii._context import NONE, WORDS, Context
from lunaroute.pii._email import find_email
from lunaroute.pii._finding import Finding
from lunaroute.pii._network import find_bare_mac, find_colons, find_ipv4, find_mac
from lunaroute.pii._phone import find_phone
from lunaroute.pii._private_key import find_private_key
from lunaroute.pii._taxpayer import find_bare_taxpayer, find_taxpayer
from lunaroute.pii._token import FORMS, find_discord, find_jwt, find_telegram, finder

# Looks closer at a position of a text, given the context words near it.
Look = Callable[[str, int, int], Finding | None]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A look, the kinds it can give, and what calls for it."""

    kinds: frozenset[str]
    look: Look
    literals: tuple[Literal, ...] = ()
    shapes: tuple[int, ...] = ()
    contexts: Context = NONE
    # Below this context an ID is not looked at; 0 for shapes that need none.
    needs: Context = NONE


def _of(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


_NUMBERED = Context.NUMBERED
RECOGNISERS: tuple[Recogniser, ...] = (
    Recogniser(_of("email"), find_email, shapes=(trigger.AT,)),
    Recogniser(
        _of("ip_address"), find_ipv4, shapes=(trigger.IPV4,), contexts=Context.IP
    ),
    Recogniser(_of("ip_address", "mac_address"), find_colons, shapes=(trigger.COLON,)),
    Recogniser(
        _of("mac_address"), find_mac, shapes=(trigger.MAC,), contexts=Context.MAC
    ),
    Recogniser(
        _of("mac_address"), find_bare_mac, shapes=(trigger.ID,), needs=Context.MAC
    ),
    Recogniser(
        _of("credit_card"),
        find_card,
        shapes=(trigger.CARD,),
        contexts=Context.CARD | _NUMBERED,
    ),
    Recogniser(
        _of("ssn", "itin"),
        find_taxpayer,
        shapes=(trigger.SSN,),
        contexts=Context.SSN | Context.ITIN | _NUMBERED,
    ),
    Recogniser(
        _of("ssn", "itin"),
        find_bare_taxpayer,
        shapes=(trigger.ID,),
        needs=Context.SSN | Context.ITIN,
    ),
    Recogniser(
        _of("phone"),
        find_phone,
        shapes=(trigger.PHONE,),
        contexts=Context.PHONE | Context.CALL | _NUMBERED,
    ),
    Recogniser(
        _of("phone"),
        find_phone,
        shapes=(trigger.ID,),
        contexts=_NUMBERED,
        needs=Context.PHONE | Context.CALL,
    ),
    *(
        Recogniser(
            _of(form.kind),
            finder(form),
            tuple(
                Literal(
                    literal.encode(),
                    flags=form.flags,
                    follow=form.follow,
                    least=form.least,
                )
                for literal in form.literals
            ),
        )
        for form in FORMS
    ),
    Recogniser(
        _of("jwt"),
        find_jwt,
        (
            Literal(
                b"eyJ",
                flags=trigger.EXACT | trigger.LEFT | trigger.LEFT64,
                follow="url64",
                least=10,
            ),
        ),
    ),
    Recogniser(
        _of("telegram_token"),
        find_telegram,
        (Literal(b":A", flags=trigger.EXACT, follow="url64", least=34),),
    ),
    Recogniser(_of("discord_token"), find_discord, shapes=(trigger.DISCORD,)),
    Recogniser(
        _of("private_key"),
        find_private_key,
        (Literal(b"-----BEGIN ", flags=trigger.EXACT),),
    ),
)


def context_literals(contexts: Context) -> list[Literal]:
    """The words that set any of these bits; each word once, with all its bits."""
    bits: dict[str, Context] = {}
    for context, words in WORDS.items():
        if context & contexts:
            for word in words:
                bits[word] = bits.get(word, NONE) | context
    return [
        Literal(word.encode("latin-1"), flags=trigger.CONTEXT, mask=int(mask))
        for word, mask in bits.items()
    ]

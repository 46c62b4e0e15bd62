"""Which look is taken where: literals and shapes on one side, kinds on the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lunaroute._fast import _triggered as trigger
from lunaroute._fast._triggered import Literal
from lunaroute.pii._assignment import find_assigned
from lunaroute.pii._bank import find_iban, find_routing
from lunaroute.pii._card import find_card
from lunaroute.pii._cloud import (
    find_aws_pair,
    find_aws_secret,
    find_azure_client_secret,
    find_azure_key,
    find_azure_signature,
    find_twilio_pair,
)
from lunaroute.pii._command import COMMANDS, PIPED_INTO, CommandFinder, find_piped
from lunaroute.pii._context import NONE, WORDS, Context
from lunaroute.pii._cookie import NAMES as COOKIES
from lunaroute.pii._cookie import find_cookie
from lunaroute.pii._credentials import (
    find_authorization,
    find_basic,
    find_bearer,
    find_docker_login,
)
from lunaroute.pii._crypto import find_bech32, find_cash, find_ethereum, find_word
from lunaroute.pii._email import find_email, find_encoded_email
from lunaroute.pii._finding import Finding
from lunaroute.pii._further import find_further
from lunaroute.pii._login import LOGINS, TYPING, find_login, find_typed
from lunaroute.pii._name import CHOSEN, FOREIGN, MADE
from lunaroute.pii._national import (
    FOREIGN as NATIONAL,
)
from lunaroute.pii._national import (
    NUMBERS,
    NamedFinder,
    NumberFinder,
    find_fiscal_code,
)
from lunaroute.pii._network import find_bare_mac, find_colons, find_ipv4, find_mac
from lunaroute.pii._phone import (
    NAMED,
    PHONE_WORDS,
    find_foreign_phone,
    find_named_phone,
    find_phone,
)
from lunaroute.pii._private_key import find_private_key
from lunaroute.pii._taxpayer import find_bare_taxpayer, find_taxpayer
from lunaroute.pii._token import FORMS, find_discord, find_jwt, find_telegram, finder
from lunaroute.pii._url import (
    find_basic_auth,
    find_discord_webhook,
    find_slack_webhook,
)

# Looks closer at a position of a text, given the context words near it.
Look = Callable[[str, int, int], Finding | None]
# Gives what belongs to the same name as a finding.
More = Callable[[str, Finding], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A look, the kinds it can give, and what calls for it."""

    kinds: frozenset[str]
    look: Look
    literals: tuple[Literal, ...] = ()
    shapes: tuple[int, ...] = ()
    # Words with letters that one byte does not hold, which no trigger sees.
    words: tuple[str, ...] = ()
    contexts: Context = NONE
    # Below this context an ID is not looked at; 0 for shapes that need none.
    needs: Context = NONE
    more: More | None = None


def _of(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


_NUMBERED = Context.NUMBERED
RECOGNISERS: tuple[Recogniser, ...] = (
    Recogniser(_of("email"), find_email, shapes=(trigger.AT,)),
    Recogniser(
        _of("email"), find_encoded_email, (Literal(b"%40", follow="url64", least=3),)
    ),
    Recogniser(_of("ip_address"), find_ipv4, shapes=(trigger.IPV4,)),
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
    Recogniser(_of("phone"), find_foreign_phone, words=PHONE_WORDS),
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
    Recogniser(_of("phone"), find_named_phone, words=NAMED),
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
    Recogniser(_of("iban"), find_iban, shapes=(trigger.IBAN,)),
    Recogniser(
        _of("us_routing_number"),
        find_routing,
        shapes=(trigger.ID,),
        needs=Context.ROUTING,
    ),
    *(
        Recogniser(
            _of(number.kind),
            NumberFinder(number),
            shapes=(trigger.ID,),
            needs=number.needs,
        )
        for number in NUMBERS
    ),
    *(
        Recogniser(
            _of(number.kind),
            NamedFinder(NumberFinder(number)),
            words=NATIONAL[number.kind],
        )
        for number in NUMBERS
        if number.kind in NATIONAL
    ),
    Recogniser(_of("it_fiscal_code"), find_fiscal_code, shapes=(trigger.FISCAL,)),
    Recogniser(
        _of("crypto_address"),
        find_word,
        shapes=(trigger.BASE58,),
        contexts=Context.CRYPTO,
    ),
    Recogniser(
        _of("crypto_address"),
        find_ethereum,
        (Literal(b"0x", flags=trigger.LEFT, follow="hex", least=40),),
        contexts=Context.CRYPTO,
    ),
    Recogniser(
        _of("crypto_address"),
        find_bech32,
        tuple(
            Literal(prefix, flags=trigger.LEFT, follow="alnum", least=11)
            for prefix in (
                *(b"bc1", b"tb1", b"bcrt1", b"ltc1", b"addr1", b"stake1", b"cosmos1"),
                *(b"osmo1", b"inj1", b"celestia1", b"zs1", b"bnb1", b"terra1"),
            )
        ),
    ),
    Recogniser(
        _of("crypto_address"),
        find_cash,
        (Literal(b"bitcoincash:", flags=trigger.LEFT), Literal(b"bchtest:")),
    ),
    Recogniser(
        _of("basic_auth_url"),
        find_basic_auth,
        (Literal(b"://", flags=trigger.AUTHORITY),),
    ),
    Recogniser(
        _of("slack_webhook"),
        find_slack_webhook,
        (Literal(b"hooks.slack.com/"), Literal(b"hooks.slack-gov.com/")),
    ),
    Recogniser(_of("discord_token"), find_discord_webhook, (Literal(b"/webhooks/"),)),
    Recogniser(
        _of("bearer_token"), find_bearer, (Literal(b"bearer", flags=trigger.LEFT),)
    ),
    Recogniser(
        _of("bearer_token"),
        find_authorization,
        (Literal(b"authorization"), Literal(b"authorisation")),
    ),
    Recogniser(
        _of("bearer_token"),
        find_docker_login,
        (Literal(b'"auth"', flags=trigger.EXACT),),
    ),
    Recogniser(
        _of("bearer_token"),
        find_basic,
        (
            *(Literal(b"basic ", follow="base64", least=8),),
            *(Literal(b"token ", follow="base64", least=8),),
        ),
    ),
    Recogniser(
        _of("password", "aws_secret_key", "azure_storage_key", "twilio_key"),
        find_assigned,
        (
            *(
                Literal(name.encode("latin-1"), flags=trigger.ASSIGN)
                for name in (*CHOSEN, *MADE)
            ),
            Literal(b"_KEY", flags=trigger.ASSIGN | trigger.EXACT),
        ),
        words=FOREIGN,
        contexts=Context.AWS | Context.TWILIO,
        more=find_further,
    ),
    Recogniser(
        _of("password"),
        find_login,
        tuple(Literal(call.encode(), flags=trigger.EXACT) for call in LOGINS),
    ),
    Recogniser(
        _of("password"),
        find_typed,
        tuple(Literal(call.encode()) for call in TYPING),
    ),
    *(
        Recogniser(
            _of("password", "twilio_key", "azure_storage_key", "aws_secret_key"),
            CommandFinder(command),
            tuple(
                Literal(
                    literal.encode(),
                    flags=trigger.EXACT if literal.startswith("-u") else 0,
                )
                for literal in command.literals
            ),
            contexts=Context.TWILIO | Context.AWS,
        )
        for command in COMMANDS
    ),
    Recogniser(
        _of("password"),
        find_piped,
        tuple(Literal(literal.encode()) for literal in PIPED_INTO),
    ),
    Recogniser(
        _of("password"),
        find_cookie,
        tuple(Literal(name.encode(), follow="base64", least=1) for name in COOKIES),
    ),
    Recogniser(
        _of("azure_storage_key"),
        find_azure_key,
        (Literal(b"==", flags=trigger.EXACT),),
    ),
    Recogniser(
        _of("azure_storage_key"),
        find_azure_signature,
        (Literal(b"sig=", flags=trigger.EXACT | trigger.LEFT),),
    ),
    Recogniser(
        _of("vendor_token"),
        find_azure_client_secret,
        (
            Literal(b"7Q~", flags=trigger.EXACT),
            Literal(b"8Q~", flags=trigger.EXACT),
        ),
    ),
    Recogniser(
        _of("twilio_key"),
        find_twilio_pair,
        tuple(
            Literal(prefix, flags=trigger.EXACT | trigger.LEFT, follow="hex", least=32)
            for prefix in (b"AC", b"SK")
        ),
    ),
    Recogniser(
        _of("aws_secret_key"),
        find_aws_secret,
        (Literal(b"secret"),),
        contexts=Context.AWS,
    ),
    Recogniser(
        _of("aws_secret_key"),
        find_aws_pair,
        tuple(
            Literal(
                prefix, flags=trigger.EXACT | trigger.LEFT, follow="alnum", least=16
            )
            for prefix in (b"AKIA", b"ASIA")
        ),
    ),
    Recogniser(
        _of("private_key"),
        find_private_key,
        (
            Literal(b"PRIVATE KEY-----", flags=trigger.EXACT | trigger.ARMOUR),
            Literal(b"PRIVATE KEY BLOCK-----", flags=trigger.EXACT | trigger.ARMOUR),
        ),
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

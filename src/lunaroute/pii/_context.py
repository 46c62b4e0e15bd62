"""Words that say what a number near them is: bits, and the words that set them.

A number that no check digit vouches for, or a weak one, counts only near such a word.
"""

import re
from enum import IntFlag


class Context(IntFlag):
    """What the words near a value speak of."""

    PHONE = 1 << 0
    SSN = 1 << 1
    ITIN = 1 << 2
    CARD = 1 << 3
    NINO = 1 << 4
    NHS = 1 << 5
    AADHAAR = 1 << 6
    PAN = 1 << 7
    NIF = 1 << 8
    PESEL = 1 << 9
    TFN = 1 << 10
    FIN = 1 << 11
    NPI = 1 << 12
    MBI = 1 << 13
    ROUTING = 1 << 14
    PASSPORT = 1 << 15
    CRYPTO = 1 << 16
    MAC = 1 << 17
    AWS = 1 << 18
    TWILIO = 1 << 19
    FISCAL = 1 << 20
    # Says that a number is none of ours.
    NUMBERED = 1 << 21
    VERSION = 1 << 22
    # Says "telephone" only beside a number that looks like one.
    CALL = 1 << 23


NONE = Context(0)

# fmt: off
WORDS: dict[Context, tuple[str, ...]] = {
    Context.PHONE: (
        "phone",
        "telephone",
        "phones",
        "tel",
        "telefon",
        "telefono",
        "telefone",
        "téléphone",
        "tél",
        "teléfono",
        "mobile",
        "mobil",
        "cell",
        "cellphone",
        "celular",
        "fax",
        "whatsapp",
        "sms",
        "handy",
        "handynummer",
        "rufnummer",
        "telefonnummer",
        "portable",
        "móvil",
        "movil",
        "msisdn",
        "hotline",
        "phone_number",
        "phonenumber",
        "landline",
        "voicemail",
        "cellulare",
        "gsm",
        "ph",
        "mob",
        "tlf",
        "telefoon",
        "telefoonnummer",
        "mobiel",
        "telefonu",
        "telefonnummer",
        "telefonnr",
        "puhelin",
        "telefón",
        "natel",
        "wa.me",
    ),
    Context.CALL: (
        "call",
        "calls",
        "called",
        "dial",
        "reach",
        "text",
        "ring",
        "contact",
        "number",
        "numéro",
        "numero",
        "número",
        "nummer",
        "numer",
        "ansprechpartner",
        "appelez",
        "ruf",
        "llama",
        "chiama",
        "callback",
        "emergency",
    ),
    Context.SSN: (
        "ssn",
        "ssns",
        "social security",
        "social-security",
        "social_security",
        "socialsecurity",
        "soc sec",
        "ss#",
        "ssn#",
        "taxpayer",
        "tax id",
        "tax_id",
        "tin",
    ),
    Context.ITIN: (
        "itin",
        "itins",
        "individual taxpayer",
        "taxpayer",
        "tax id",
        "tax_id",
        "tin",
    ),
    Context.CARD: (
        "card",
        "cards",
        "visa",
        "mastercard",
        "amex",
        "american express",
        "discover",
        "maestro",
        "cc",
        "ccn",
        "pan",
        "creditcard",
        "credit_card",
        "cardnumber",
        "card_number",
        "karte",
        "kreditkarte",
        "kaart",
        "creditcardnummer",
        "cartão",
        "karta",
        "kreditkartennummer",
        "carte",
        "tarjeta",
        "carta",
        "jcb",
        "diners",
        "unionpay",
        "debit",
    ),
    Context.NINO: (
        "nino",
        "national insurance",
        "national_insurance",
        "nationalinsurance",
        "ni number", "nat ins", "nat. ins",
        "ni no",
        "ni_number",
        "insurance number",
        "n.i. number", "n.i. no", "n.i.",
        "insurance no",
        "ni",
    ),
    Context.NHS: ("nhs", "national health", "nhs_number", "nhsnumber"),
    Context.AADHAAR: ("aadhaar", "aadhar", "adhaar", "uid", "uidai"),
    Context.PAN: (
        "pan",
        "permanent account",
        "income tax",
        "pancard",
        "pan_number",
        "pannumber",
    ),
    Context.NIF: (
        "nif",
        "dni",
        "nie",
        "cif",
        "documento nacional",
        "identidad",
        "identificación fiscal",
        "n.i.f", "d.n.i", "n.i.e", "c.i.f",
        "número de identificación",
    ),
    Context.PESEL: ("pesel",),
    Context.TFN: ("tfn", "tax file", "tax_file", "taxfile"),
    Context.FIN: (
        "nric",
        "fin",
        "singapore",
        "identity card",
        "foreign identification",
        "sg",
    ),
    Context.NPI: (
        "npi",
        "provider identifier",
        "provider id",
        "national provider",
        "provider",
    ),
    Context.MBI: ("mbi", "medicare", "beneficiary"),
    Context.ROUTING: (
        "routing",
        "aba",
        "rtn",
        "routing_number",
        "routingnumber",
        "bank routing",
        "transit",
    ),
    Context.PASSPORT: (
        "passport",
        "passports",
        "passeport",
        "reisepass",
        "pasaporte",
        "passaporto",
        "passaporte",
        "reisepassnummer",
        "passnummer",
        "paszport",
        "paszportu",
        "paspoort",
        "paspoortnummer",
        "pasaportes",
        "passport_number",
        "passportnumber",
        "travel document",
    ),
    Context.CRYPTO: (
        "wallet",
        "btc",
        "bitcoin",
        "eth",
        "ether",
        "ethereum",
        "crypto",
        "solana",
        "sol",
        "monero",
        "xmr",
        "ripple",
        "xrp",
        "tron",
        "trx",
        "litecoin",
        "ltc",
        "dogecoin",
        "doge",
        "usdt",
        "usdc",
        "erc20",
        "donate",
        "donations",
        "payout",
        "0x address",
    ),
    Context.MAC: (
        "mac",
        "hwaddr",
        "ether",
        "hardware address",
        "physical address",
        "bssid",
        "lladdr",
    ),
    Context.AWS: (
        "aws",
        "secretaccesskey",
        "secret_access_key",
        "secret access key",
        "secretkey",
        "secret_key",
    ),
    Context.TWILIO: ("twilio",),
    Context.FISCAL: ("codice fiscale", "codicefiscale", "fiscal", "fiscale", "cf", "c.f."),
    Context.NUMBERED: (
        "order",
        "orders",
        "invoice",
        "ticket",
        "case",
        "sku",
        "part",
        "isbn",
        "issn",
        "serial",
        "tracking",
        "build",
        "commit",
        "batch",
        "lot",
        "barcode",
        "ean",
        "upc",
        "imei",
        "zip",
        "zipcode",
        "postal",
        "version",
        "epoch",
        "timestamp",
        "bestellnummer",
        "po number",
        "rfc",
        "bug",
        "issue",
        "item",
        "product",
        "asin",
    ),
    Context.VERSION: (
        "version",
        "ver",
        "release",
        "v",
        "section",
        "chapter",
        "build",
        "clause",
        "oid",
        "assemblyversion",
        "fileversion",
        "firmware",
        "upgrade",
        "upgraded",
        "changelog",
    ),
}
# fmt: on

# Between such a word and its number stands what belongs to both, and no other member
# of an object, no other word of a sentence: "model" is in every request.
_LINK = (
    r"(?:[ \t:#=.\"'_()\\-]|(?<![A-Za-z])(?:no|nos|nr|num|number|numbers|nummer|id|ids|code|ref"
    r"|reference|confirmation|key|value|is|was|lautet)(?![A-Za-z])|(?<!\d)\d{1,3}(?!\d)){0,12}"
)
_WORD = "|".join(map(re.escape, WORDS[Context.NUMBERED]))
_NUMBERED_BEFORE = re.compile(
    rf"(?i)(?:\b|_)(?:{_WORD})(?:id|no|nr|number|code|ref)?{_LINK}\Z"
)
_NUMBERED_BEHIND = re.compile(
    rf"(?i)[ \"')=:-]{{0,4}}(?:(?:is|was|are) )?(?:(?:the|an|a|our|your) )?(?:{_WORD})\b"
)
# Longer than the longest word and what links it to its number.
_NUMBERED_REACH = 48


def is_numbered(text: str, start: int, end: int) -> bool:
    """Whether a word at the value says that it is the number of something."""
    before = text[max(0, start - _NUMBERED_REACH) : start]
    return (
        _NUMBERED_BEFORE.search(before) is not None
        or _NUMBERED_BEHIND.match(text, end, end + _NUMBERED_REACH) is not None
    )

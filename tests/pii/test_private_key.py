"""Private keys in PEM armour."""

import base64
import json

import pytest

from tests.pii.marked import ALL, check

LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
BEGIN, END = "-----" + "BEGIN {}PRIVATE " + "KEY-----", "-----END {}PRIVATE KEY-----"


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "])
@pytest.mark.parametrize("joint", ["\n", "\\n", "\\\\n", "\r\n", "\n    ", '\\n" +\n"'])
def test_the_whole_block_is_found(kind, joint):
    block = joint.join(
        [BEGIN.format(kind), LINE, LINE, LINE[:20] + "==", END.format(kind)]
    )
    check(f'key: "⟦{block}⟧"\nrest', "private_key")


# What tools put before the lines of a file that they show.
PREFIXES = [
    "{:6d}\t", "{:6d}→", "{}:", "{:3} | ", "k.pem:{}:", "k.pem-{}-", "/home/ada/keys/server/k.pem:{}:",
    "+", "-", " ", "> ", "# ", "// ", " * ", "    ", "\t", "│ ", "[{}] ", "web_1  | ", "2026-11-25T10:00:00Z app[1]: ",
]  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("escaped", [0, 1, 2])
def test_lines_may_have_numbers_paths_and_signs_before_them(prefix, is_cut, escaped):
    lines = [BEGIN.format("RSA "), *[LINE] * 11, LINE[:20] + "=="]
    lines += [] if is_cut else [END.format("RSA ")]
    numbered = [prefix.format(n) + line for n, line in enumerate(lines, 8)]
    block = "\n".join(numbered).removeprefix(prefix.format(8))
    after = "\nThen there is more\n"
    for _ in range(escaped):
        block, after = json.dumps(block)[1:-1], json.dumps(after)[1:-1]
    head = prefix.format(8).replace("\t", " ")
    check(f"{head}⟦{block}⟧{after}", "private_key")


@pytest.mark.parametrize(
    ("opens", "joint", "closes"),
    [
        ('"', '\\n" +\n    "', '\\n";'),
        ("'", "\\n' .\n'", "';"),
        ("('", "\\n'\n '", "')"),
        ('"', "\\\n", '"'),
        ('"', "%0A", '"'),
        ("", "<br>", "</p>"),
        ('["', '",\n "', '"]'),
    ],
)
@pytest.mark.parametrize("is_cut", [False, True])
def test_lines_may_be_joined_in_code(opens, joint, closes, is_cut):
    lines = [BEGIN.format(""), *[LINE] * 4, LINE[:20] + "=="]
    lines += [] if is_cut else [END.format("")]
    check(f"k = {opens}⟦{joint.join(lines)}⟧{closes}\nrest", "private_key")


def test_a_base64_line_of_php_escapes_its_slashes():
    line = LINE[:30] + "\\/" + LINE[31:]
    block = "\\n".join([BEGIN.format(""), line, line, line])
    check(f'"⟦{block}⟧\\n"', "private_key")


def test_a_header_is_part_of_a_block_that_was_cut():
    header = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{'0123456789ABCDEF' * 2}"
    block = f"{BEGIN.format('RSA ')}\n{header}\n\n{LINE}\n{LINE}"
    check(f"⟦{block}⟧\nand_this", "private_key")


@pytest.mark.parametrize("prefix", ["", "{:6d}\t", "k.pem:{}:"])
def test_whatever_was_settled_of_a_stream_stays(prefix):
    lines = [BEGIN.format(""), *[LINE] * 5, LINE[:20] + "==", END.format("")]
    numbered = "\n".join(prefix.format(n) + line for n, line in enumerate(lines, 1))
    text = f"word {'filler ' * 40}\n{numbered}\nmore\n{'filler ' * 60}"
    [whole] = ALL.find(text)
    assert text[whole.start : whole.end].count(LINE) == 5
    for cut in range(len(text)):
        settled = ALL.settled(text[:cut])
        assert not whole.start < settled < whole.end


def test_a_block_in_base64_is_one():
    for kind in ("", "RSA ", "EC ", "OPENSSH "):
        lines = [BEGIN.format(kind), LINE, LINE, END.format(kind)]
        block = base64.b64encode("\n".join(lines).encode()).decode()
        check(f"tls.key: ⟦{block}⟧\nb: 1", "private_key")
    public = base64.b64encode(b"-----BEGIN CERTIFICATE-----\n" + LINE.encode() * 2)
    check(f"tls.crt: {public.decode()}", "private_key")


def test_pgp():
    block = f"-----{'BEGIN'} PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{LINE}\n=aB3d\n-----END PGP PRIVATE KEY BLOCK-----"
    check(f"⟦{block}⟧", "private_key")


def test_a_block_that_was_cut_is_found_as_far_as_it_goes():
    check(f"⟦{BEGIN.format('RSA ')}\n{LINE}\n{LINE}⟧", "private_key")


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\n" + LINE + "\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\n" + LINE + "\n-----END PUBLIC KEY-----",
        BEGIN.format("") + "\n...\n" + END.format(""),
        f'if "{BEGIN.format("")}" in text:',
        BEGIN.format("") * 50,
        f"{BEGIN.format('')} is how such a file begins; see documentation.",
    ],
)
def test_not_found(text):
    check(text, "private_key")

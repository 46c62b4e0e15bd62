"""E-mail addresses, told from decorators, versions, file names and remotes of git."""

import re

from lunaroute.pii._domain import is_known, is_plain
from lunaroute.pii._finding import Finding

# RFC 5321: 64 octets before the sign, 255 behind it. Letters of any script (RFC 6531).
_LOCAL = re.compile(
    r"(?:[^\W_]|[!#$%&'*+\-./=?^_`{|}~]){0,63}\Z",
)
_QUOTED = re.compile(r'"[^"\\\r\n@]{1,62}"\Z')
_DOMAIN = re.compile(
    r"(?:[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?\.){1,8}(?:xn--[0-9A-Za-z-]{2,59}|[^\W\d_]{2,63})"
)
_LITERAL = re.compile(r"\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]")
_USER = re.compile(r"://[^\s/@:]{0,64}:\Z")
_VERSION = re.compile(r"v?\d+\.\d")
_FILE = frozenset(
    """
    7z avi bak bin bmp bz2 c cfg cjs cmake conf cpp cs css csv cts dll dmg doc
    docx dylib env eot exe gif go gradle gz h hpp html htm ico ini jar java jpeg
    jpg js json json5 jsonc jsx kt lock log lua map markdown mdx mjs mp3 mp4 mts
    node obj otf pdf php plist png ppt pptx proto psd py pyc pyi rb rc rst scala
    scss snap sql svelte svg swift tar tgz tif tiff toml ts tsx ttf txt vue war
    wasm wav webm webp whl woff woff2 xls xlsx xml yaml yml dev0 alpha beta next
    canary latest self append shape dtype values inputs outputs grad size numpy view copy flatten detach cuda half imag item transpose dot matmul inv sum mean
    reshape conj adjoint weight bias data
    """.split()
)
# What a local part does not begin with, though it may contain it: quotes, brackets
# and operators of the text around.
_LEADING = "!#$%&'*/=?^`{|}~.-"
_HANDLE = re.compile(r"git|hg|svn|gitea")
_FORGE = re.compile(
    r"(?i)(?:ssh\.|altssh\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitea\.com|git\.sr\.ht)"
)
_SSH = re.compile(r"\bssh(?:[ ]-\w{1,16}(?:[ ][^\s-]\S{0,31})?){0,3}[ ]\Z")
# host:path, as git writes it; a port or a sentence is none.
_PATH = re.compile(r":[\w.~-]+/[\w.~/-]+")
_CAPITALS = re.compile(r"[a-z].*[A-Z]|[A-Z].*[a-z].*[A-Z]")
_CODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|u00[0-9a-fA-F]{2}")
# What says that an address follows, whatever it looks like.
_SAID = re.compile(
    r"(?:mailto:|(?:mail|mails|address|addr|author|sender|recipient|reply-to|from|to|b?cc)"
    r"[\\\"'`]{0,4}\s{0,2}[:=]\s{0,2}[\\\"'`]{0,4})<?\Z",
    re.IGNORECASE,
)


def find_email(text: str, at: int, _context: int) -> Finding | None:
    """The address whose sign is ``text[at]``."""
    return _find(text, at, 1)


def find_encoded_email(text: str, at: int, _context: int) -> Finding | None:
    """The address whose sign is written ``%40`` at ``text[at]``."""
    return _find(text, at, 3)


def _find(text: str, at: int, width: int) -> Finding | None:
    after = at + width
    domain = _DOMAIN.match(text, after) or _LITERAL.match(text, after)
    if domain is None:
        return None
    end = domain.end()
    start = _local_start(text, at)
    if start == at:
        return None
    if text[after] != "[" and not _is_domain(text, start, at, after, end):
        return None
    return Finding(start, end, "email", 0.95)


def _local_start(text: str, at: int) -> int:
    window = text[max(0, at - 64) : at]
    if window.endswith('"') and not window.endswith('\\"'):
        quoted = _QUOTED.search(window)
        # "a b"@example.org is one, {"x"@... is not: the quote has to open a word.
        if quoted is None:
            return at
        before = window[quoted.start() - 1] if quoted.start() else " "
        opens = ' <,;:\n"' if " " in quoted.group() else " <,;:\n"
        return at - (len(window) - quoted.start()) if before in opens else at
    length = 0
    for character in reversed(window):
        if not (character.isalnum() or character in "!#$%&'*+-./=?^_`{|}~"):
            break
        length += 1
    start = at - length
    # A query string, an assignment, a path: the address begins behind it.
    for separator in "=/?&|`{}":
        cut = text.rfind(separator, start, at)
        if cut >= 0:
            start = cut + 1
    # An apostrophe stands behind a letter, a quotation mark does not.
    cut = text.rfind("'", start, at)
    if cut >= 0 and not (cut > start and text[cut - 1].isalnum()):
        start = cut + 1
    begun = -1
    while begun != start:
        begun = start
        coded = _CODED.match(text, start, at)
        if coded and (text[start] == "%" or text[start - 1 : start] == "\\"):
            start = coded.end()
        while start < at and text[start] in _LEADING:
            start += 1
        if start and start < at and text[start - 1] == "\\" and text[start] in "nrtbf":
            start += 1
    if start < at and text[at - 1] == ".":
        return at
    return start


def _is_domain(text: str, start: int, at: int, after: int, end: int) -> bool:
    name = text[after:end]
    last = name.rsplit(".", 1)[1].lower()
    if _VERSION.match(name) or (last in _FILE and not _is_country(name, last)):
        return False
    if text.startswith("://", start - 3) and start >= 3:
        return False  # the user of an address on the web
    if _USER.search(text, max(0, start - 80), start):
        return False  # its password
    rest = text[end : end + 1]
    if rest == "@" or rest.isalnum():
        return False
    if rest == "_" and (text[start] != "_" or text[end + 1 : end + 2].isalnum()):
        return False  # _as Markdown has it_
    said = _SAID.search(text, max(0, start - 24), start) or (
        rest == ">" and text[start - 1 : start] == "<"
    )
    if not said and (not is_known(last) or _is_code(text[start:at], name, last, rest)):
        return False
    local = set(text[start:at].lower())
    if local == {"x"} and set(name.lower()) <= {"x", "."}:
        return False
    # git@host:path
    if rest in (":", "/") and _HANDLE.fullmatch(text, start, at):
        return False
    if _PATH.match(text, end):
        return False
    # git@github.com: nobody reads mail there.
    return not (
        _HANDLE.fullmatch(text, start, at)
        and (_FORGE.fullmatch(name) or _SSH.search(text, max(0, start - 64), start))
    )


def _is_country(name: str, last: str) -> bool:
    """Whether it ends like a file and is one of Paraguay's domains all the same."""
    return last == "py" and name.lower().endswith((".com.py", ".org.py", ".edu.py"))


def _is_code(local: str, name: str, last: str, rest: str) -> bool:
    """Whether this is rather a product of matrices or the member of an object."""
    if is_plain(last):
        return False
    if rest and rest in "([=":
        return True
    if _CAPITALS.search(name.rsplit(".", 1)[1]):
        return True
    if name.count(".") > 1:
        return False
    return (len(local) <= 2 and name.index(".") <= 2) or (
        "." not in local and _CAPITALS.search(local) is not None
    )

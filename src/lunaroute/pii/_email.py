"""E-mail addresses, told from decorators, versions, file names and remotes of git."""

import re

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
        return at - (len(window) - quoted.start()) if before in " <,;:\n" else at
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
    while start < at and text[start] in _LEADING:
        start += 1
    if start and start < at and text[start - 1] == "\\" and text[start] in "nrtbf":
        start += 1
    escaped = re.match(r"(?:%[0-9A-Fa-f]{2})+|u00[0-9a-f]{2}", text[start:at])
    if escaped is not None and (text[start] == "%" or text[start - 1 : start] == "\\"):
        start += escaped.end()
    if start < at and text[at - 1] == ".":
        return at
    return start


def _is_domain(text: str, start: int, at: int, after: int, end: int) -> bool:
    name = text[after:end]
    last = name.rsplit(".", 1)[1].lower()
    if last in _FILE or _VERSION.match(name):
        return False
    rest = text[end : end + 1]
    if (rest and rest in "([@_=") or rest.isalnum():
        return False
    if text.startswith("://", start - 3) and start >= 3:
        return False  # the user of an address on the web
    # git@host:path
    return not (_HANDLE.fullmatch(text, start, at) and rest in (":", "/"))

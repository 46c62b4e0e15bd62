"""Finds values of a set of kinds in texts: one pass for what could be one, then a
closer look at each. Pure: no state is kept from one text to the next.
"""

import re
from collections.abc import Collection, Iterable, Sequence

from lunaroute._fast import COMPILED
from lunaroute._fast import _triggered as trigger
from lunaroute._fast._triggered import FIRST_LITERAL, Literal
from lunaroute.errors import ConfigError
from lunaroute.pii._border import set_apart
from lunaroute.pii._context import NONE
from lunaroute.pii._custom import Custom, CustomPattern
from lunaroute.pii._finding import Finding, resolve
from lunaroute.pii._kind import KINDS, PERSONAL
from lunaroute.pii._network import is_documentation, is_loopback
from lunaroute.pii._plugin import DetectorPlugin
from lunaroute.pii._recogniser import RECOGNISERS, Look, More, context_literals

# The twin is chosen here and not in `_fast`: it loads a library, which the gateway,
# that imports `_fast`, does not.
if COMPILED:
    from lunaroute._fast._triggers import Triggers
else:
    from lunaroute._fast._triggers_py import Triggers  # type: ignore[assignment]

# More than any value's context reaches: the widest window and the longest number.
MARGIN = 256
_MOST_CONTEXTS = 4096
_SURROGATE = re.compile("[\ud800-\udfff]")
_BEGIN = "-----BEGIN "
# What lies beyond Latin-1, in the bytes that are scanned.
_BEYOND = re.compile(rb"\?+")
_LONGEST_WORD = 16

_NUMBERS = PERSONAL - {"email"}


class Detector:
    """Looks for values of the kinds given, which are names in ``KINDS``.

    ``custom`` adds the user's own patterns, ``extra`` further detectors. Findings
    below ``min_confidence`` are left out. ``loopback`` and ``documentation`` say
    whether addresses of the machine itself and those kept for documents count. Raises
    ConfigError for a kind that is none and for a pattern that RE2 does not compile.
    """

    margin = MARGIN

    def __init__(
        self,
        kinds: Collection[str],
        *,
        custom: Sequence[CustomPattern] = (),
        min_confidence: float = 0.7,
        extra: Sequence[DetectorPlugin] = (),
        loopback: bool = False,
        documentation: bool = True,
    ) -> None:
        if unknown := sorted(set(kinds) - set(KINDS)):
            raise ConfigError(
                f"{unknown[0]!r} is no kind that can be looked for;"
                f" there are {', '.join(KINDS)}"
            )
        self.kinds = frozenset(kinds)
        self.min_confidence = min_confidence
        self._custom = tuple(Custom(pattern) for pattern in custom)
        self._extra = tuple(extra)
        self._loopback = loopback
        self._documentation = documentation
        self._looks: dict[int, list[Look]] = {}
        self._more: dict[Look, More] = {}
        # Those of numbers, which scripts without blanks write close to their words.
        self._of_numbers: set[Look] = set()
        self._id_looks: list[tuple[int, Look]] = []
        self._by_context: dict[int, list[Look]] = {}
        self._words: dict[str, list[Look]] = {}
        self._triggers = self._build()

    def _build(self) -> Triggers:
        literals: list[Literal] = []
        looks: dict[int, list[Look]] = {}
        contexts = NONE
        code = FIRST_LITERAL
        for recogniser in RECOGNISERS:
            if not recogniser.kinds & self.kinds:
                continue
            contexts |= recogniser.contexts | recogniser.needs
            if recogniser.kinds <= _NUMBERS:
                self._of_numbers.add(recogniser.look)
            if recogniser.more:
                self._more[recogniser.look] = recogniser.more
            for word in recogniser.words:
                self._words.setdefault(word, []).append(recogniser.look)
            for shape in recogniser.shapes:
                if shape == trigger.ID:
                    self._id_looks.append((int(recogniser.needs), recogniser.look))
                else:
                    looks.setdefault(shape, []).append(recogniser.look)
            if recogniser.literals:
                looks[code] = [recogniser.look]
                literals.extend(
                    literal._replace(code=code) for literal in recogniser.literals
                )
                code += 1
        words = sorted(self._words, key=len, reverse=True)
        self._latin = [
            (word.encode("latin-1"), looks)
            for word, looks in self._words.items()
            if b"?" not in word.encode("latin-1", "replace")
        ]
        self._any_word = re.compile("|".join(map(re.escape, words)) or r"(?!)")
        self._looks = looks
        shapes = sum(1 << code for code in looks if code < FIRST_LITERAL)
        if self._id_looks:
            shapes |= 1 << trigger.ID
        return Triggers([*literals, *context_literals(contexts)], shapes)

    def find(self, text: str) -> list[Finding]:
        """What is found, sorted and without overlaps; never raises for any text."""
        found: list[Finding] = []
        # One byte for each code point, so that positions are the same.
        data = text.encode("latin-1", "replace")
        # Within a value that was found the same look would only find a part of it.
        within: dict[int, Finding] = {}
        apart = set_apart(text, data)
        of_numbers = self._of_numbers if apart is not text else ()
        for at, code, context in self._triggers.scan(data):
            last = within.get(code) if code >= FIRST_LITERAL else None
            if last is not None and last.start <= at < last.end:
                continue
            for look in self._looks.get(code) or self._looks_of(context):
                seen = apart if look in of_numbers else text
                if finding := look(seen, at, context):
                    # A name between another's and its value: INSERT INTO t (a, b).
                    if last and finding.start < last.end and last.start < finding.end:
                        continue
                    found.append(finding)
                    within[code] = finding
                    if more := self._more.get(look):
                        found.extend(more(text, finding))
        if not text.isascii():
            found.extend(self._find_words(text, data))
        kept = [
            finding
            for finding in found
            if finding.confidence >= self.min_confidence
            and finding.kind in self.kinds
            and (finding.kind != "ip_address" or self._is_chosen(text, finding))
        ]
        if self._custom or self._extra:
            kept.extend(self._find_more(text))
        return resolve(kept)

    def _find_words(self, text: str, data: bytes) -> Iterable[Finding]:
        """What is found by words of other scripts, which are no bytes of ``data``.

        There they are runs of ``?``, and that is where they are looked for: to search
        all of the text for each of them would take longer than all else.
        """
        for word, looks in self._latin:
            at = data.find(word)
            while at >= 0:
                yield from (f for look in looks if (f := look(text, at, 0)))
                at = data.find(word, at + 1)
        start = end = behind = 0
        # A find for each is faster than one pattern for all: they are rare.
        while (start := data.find(b"?", end)) >= 0:
            run = _BEYOND.match(data, start)
            assert run is not None
            end = run.end()
            if start < behind or not (text[start].isalpha() or text[end - 1].isalpha()):
                continue
            behind = end
            first = max(0, start - _LONGEST_WORD)
            for seen in self._any_word.finditer(text, first, end + _LONGEST_WORD):
                behind = max(behind, seen.end())
                for look in self._words[seen.group()]:
                    if finding := look(text, seen.start(), 0):
                        yield finding

    def _is_chosen(self, text: str, address: Finding) -> bool:
        value = text[address.start : address.end]
        return (self._loopback or not is_loopback(value)) and (
            self._documentation or not is_documentation(value)
        )

    def _looks_of(self, context: int) -> list[Look]:
        """What a number is looked at for, given the words near it."""
        looks = self._by_context.get(context)
        if looks is None:
            looks = [look for needs, look in self._id_looks if needs & context]
            # Bounded by the texts: as many as there are neighbourhoods of words.
            if len(self._by_context) < _MOST_CONTEXTS:
                self._by_context[context] = looks
        return looks

    def _find_more(self, text: str) -> Iterable[Finding]:
        # RE2 takes UTF-8, which has no place for half a surrogate pair.
        whole = _SURROGATE.sub("\ufffd", text)
        for custom in self._custom:
            yield from (f for f in custom.find(whole) if self._is_sure(f, text))
        for plugin in self._extra:
            yield from (
                finding
                for finding in plugin.find(text)
                if finding.kind in plugin.kinds and self._is_sure(finding, text)
            )

    def _is_sure(self, finding: Finding, text: str) -> bool:
        inside = 0 <= finding.start < finding.end <= len(text)
        return inside and finding.confidence >= self.min_confidence

    def settled(self, text: str) -> int:
        """Up to where nothing changes whatever follows the text.

        What is found in any longer text that begins with this one has the same
        findings before this offset, and none reaches over it. Custom patterns and
        plug-ins are taken to look no further than ``margin``.
        """
        cut = max(0, len(text) - self.margin)
        # No value but a key's block has blanks beyond the margin: back to the last
        # blank, past what could be the beginning of a longer one.
        cut = max(text.rfind(blank, 0, cut) for blank in " \t\n\r") + 1
        begin = text.rfind(_BEGIN, max(0, cut - 40_000), len(text))
        if begin >= 0 and text.find("-----END", begin) < 0:
            cut = min(cut, begin)
        for finding in self.find(text):
            if finding.start < cut < finding.end:
                cut = finding.start
        return cut

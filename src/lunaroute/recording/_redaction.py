"""Redaction of one exchange, before anything is made of it that will be written.

What is read out of a body that was redacted needs nothing more. Facts that were told
from the pieces of a stream are redacted as they were put together.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import quote, unquote

from lunaroute.model import AnswerFacts, RequestFacts, SessionFacts, ToolCall, Usage
from lunaroute.pii import Mark, Redactor, without_half
from lunaroute.recording._allowed import HIDDEN
from lunaroute.recording._head import Head
from lunaroute.recording._stream import Stream, kept_stream, says_again

# Never kept, and always full of findings.
_CREDENTIALS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"}
)

# What delimits the parts of a target that are coded each for itself.
_TARGET_MARKS = re.compile(r"([/?&=;])")
# Bytes of a body's end in which a value that was cut could have begun.
_END = 8192

_UNQUOTED = "[]:*@!$'(),+~"


class Redaction:
    """What was replaced in one exchange: how often of each kind, and where in the
    request's body. Without a redactor everything stays as it is.
    """

    __slots__ = ("_redactor", "counts", "marks")

    def __init__(self, redactor: Redactor | None) -> None:
        self._redactor = redactor
        self.counts: Counter[str] = Counter()
        self.marks: tuple[Mark, ...] = ()

    def text(self, text: str) -> str:
        """A text by itself."""
        if self._redactor is None or not text:
            return text
        return self._redactor.text(text, self.counts)

    def sent(self, body: bytes, *, is_form: bool = False) -> bytes:
        """The request's body; ``marks`` says afterwards what of it."""
        body, self.marks = self._body(body, is_form=is_form)
        return body

    def cut(self, body: bytes) -> bytes:
        """A redacted body of which the rest is missing: no half of a value ends it."""
        if self._redactor is None:
            return body
        begin = max(0, len(body) - _END)
        end = body[begin:].decode("utf-8", "surrogateescape")
        left = without_half(end).encode("utf-8", "surrogateescape")
        return body[:begin] + left

    def body(self, body: bytes) -> Stream:
        """An answer's body; empty where it says again, in pieces, what was replaced."""
        data, marks = self._body(body)
        return Stream(b"") if marks and says_again(body) else Stream(data, marks)

    def stream(
        self,
        body: bytes,
        told: AnswerFacts,
        kept: AnswerFacts,
        read: Callable[[bytes], AnswerFacts],
    ) -> Stream | None:
        """The body of a stream, as :func:`kept_stream` has it."""
        return kept_stream(body, self._redactor, told, kept, read)

    def head(self, head: Head) -> Head:
        """The fields' values and the first line's target."""
        fields = [f for f in head.fields if f[0].lower() not in _CREDENTIALS]
        method, target, rest = head.first
        first = (self.text(method), self.target(target), self.text(rest))
        if self._is_clean(part for field in fields for part in field):
            return replace(head, first=first)
        kept = tuple((self.text(name), self.text(value)) for name, value in fields)
        return Head(first, kept)

    def target(self, target: str) -> str:
        """A target or a part of one; where it is coded, what it says is looked at."""
        if "%" not in target:
            return self.text(target)
        target = "".join(map(self._part, _TARGET_MARKS.split(target)))
        # What only shows in the light of its neighbours, or has a mark within it.
        plain = unquote(target)
        redacted = self.text(plain)
        if redacted == plain:
            return target
        coded = quote(redacted, safe=f"/?&=;{_UNQUOTED}")
        return coded.replace(quote(HIDDEN), HIDDEN)

    def upstream(self, url: str) -> str:
        """A provider's base URL. Its host is the settings' own word and no finding;
        the path of a gateway may hold the key to it.
        """
        origin, slash, path = _origin_and_path(url)
        return f"{origin}{slash}{self.target(path)}" if path else url

    def who(self, who: SessionFacts) -> SessionFacts:
        """Whose agents speak. The session's own name is not one to be shown."""
        return replace(
            who,
            agent=self._known(who.agent),
            parent_agent=self._known(who.parent_agent),
        )

    def alias(self, client_id: str | None) -> tuple[str, str] | None:
        """Of a session's id that may not be kept: one that tells nothing and is the
        same each time, and what may be shown of the client's own. None where it may.
        """
        if not client_id or self._redactor is None:
            return None
        shown = self.text(client_id)
        return None if shown == client_id else (self._redactor.alias(client_id), shown)

    def request(self, facts: RequestFacts) -> RequestFacts:
        """A request's facts, where there is no body that could be redacted whole."""
        texts = (
            replace(t, role=self.text(t.role), text=self.text(t.text))
            for t in facts.texts
        )
        results = (replace(r, text=self.text(r.text)) for r in facts.tool_results)
        return replace(
            facts,
            model=self._known(facts.model),
            texts=tuple(texts),
            tool_results=tuple(results),
            problem=self._known(facts.problem),
        )

    def answer(self, facts: AnswerFacts) -> AnswerFacts:
        """An answer's facts, each whole; no half of a value ends one that was cut."""
        calls = facts.tool_calls
        texts = [replace(t, text=self.text(t.text)) for t in facts.texts]
        called = [replace(c, arguments=self.text(c.arguments)) for c in calls]
        if self._redactor is not None and not facts.complete:
            if texts:
                texts[-1] = replace(texts[-1], text=without_half(texts[-1].text))
            if called:
                last = called[-1]
                called[-1] = replace(last, arguments=_unended(last.arguments))
        facts = replace(facts, texts=tuple(texts), tool_calls=tuple(called))
        if self._is_clean(_words_of(facts)):
            return facts
        return replace(
            facts,
            model=self._known(facts.model),
            response_id=self._known(facts.response_id),
            stop_reason=self._known(facts.stop_reason),
            error_kind=self._known(facts.error_kind),
            error_text=self._known(facts.error_text),
            service_tier=self._known(facts.service_tier),
            problem=self._known(facts.problem),
            texts=tuple(replace(t, role=self.text(t.role)) for t in facts.texts),
            tool_calls=tuple(self._call(call) for call in facts.tool_calls),
            usage=self._usage(facts.usage),
        )

    def _body(
        self, body: bytes, *, is_form: bool = False
    ) -> tuple[bytes, tuple[Mark, ...]]:
        if self._redactor is None:
            return body, ()
        read = self._redactor.form if is_form else self._redactor.body
        redacted = read(body)
        self.counts.update(mark.kind for mark in redacted.marks)
        return redacted.data, redacted.marks

    def _is_clean(self, words: Iterable[str]) -> bool:
        """Whether all of these short texts may stay: one search instead of many."""
        if self._redactor is None:
            return True
        together = "\n".join(words)
        return self._redactor.text(together) == together

    def _part(self, part: str) -> str:
        plain = unquote(part)
        redacted = self.text(plain)
        return part if redacted == plain else quote(redacted, safe=_UNQUOTED)

    def _known(self, text: str | None) -> str | None:
        return None if text is None else self.text(text)

    def _call(self, call: ToolCall) -> ToolCall:
        # Its id stays: the result that comes for it has no other bond.
        return replace(call, name=self.text(call.name))

    def _usage(self, usage: Usage | None) -> Usage | None:
        if usage is None:
            return None
        vendor: Mapping[str, int] = {self.text(n): v for n, v in usage.vendor.items()}
        return replace(usage, vendor=vendor)


def origin_of(url: str) -> str:
    """Scheme, host and port of a base URL."""
    return _origin_and_path(url)[0]


def _origin_and_path(url: str) -> tuple[str, str, str]:
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority}", slash, path


def _unended(arguments: str) -> str:
    """JSON that is whole is not cut."""
    return arguments if arguments.endswith("}") else without_half(arguments)


def _words_of(facts: AnswerFacts) -> Iterable[str]:
    yield from (
        word
        for word in (
            facts.model,
            facts.response_id,
            facts.stop_reason,
            facts.error_kind,
            facts.error_text,
            facts.service_tier,
            facts.problem,
        )
        if word
    )
    yield from (text.role for text in facts.texts)
    yield from (call.name for call in facts.tool_calls)
    yield from facts.usage.vendor if facts.usage else ()

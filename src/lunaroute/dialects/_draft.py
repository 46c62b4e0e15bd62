"""The facts of an answer while they are being collected."""

from dataclasses import dataclass, field

from lunaroute.dialects._error import read_error, read_status
from lunaroute.dialects._json import JsonObject, get_str
from lunaroute.dialects._transcript import Transcript
from lunaroute.model import AnswerFacts, HeardText, TextKind, Usage


@dataclass(slots=True)
class Draft:
    """An :class:`AnswerFacts` to be; one answer owns and fills it."""

    model: str | None = None
    response_id: str | None = None
    stop_reason: str | None = None
    usage: Usage | None = None
    transcript: Transcript = field(default_factory=Transcript)
    error_kind: str | None = None
    error_text: str | None = None
    error_status: int | None = None
    has_refusal: bool = False
    events: int = 0
    unknown_events: int = 0
    complete: bool = False
    problem: str | None = None
    saw_token: bool = False
    service_tier: str | None = None
    ends_by_done: bool = False  # whether ``[DONE]`` is this dialect's end
    # What was told of texts since somebody looked; None while nobody does.
    heard: list[HeardText] | None = None

    def name(self, holder: JsonObject) -> None:
        """Take id, model and tier from the object that carries them."""
        self.model = get_str(holder, "model") or self.model
        self.response_id = get_str(holder, "id") or self.response_id
        self.service_tier = get_str(holder, "service_tier") or self.service_tier

    def hear(self, kind: TextKind, place: str, text: str | None) -> None:
        """A piece of a text has come, for those who do not wait for its end."""
        if self.heard is not None and text:
            self.heard.append(HeardText(place, kind, text))

    def fail(self, payload: JsonObject) -> None:
        self.error_kind, self.error_text = read_error(payload)
        self.error_status = read_status(payload)

    def trouble(self, problem: str) -> None:
        """The first problem is the one to tell: the others follow from it."""
        self.problem = self.problem or problem

    def facts(self) -> AnswerFacts:
        return AnswerFacts(
            model=self.model,
            response_id=self.response_id,
            stop_reason=self.stop_reason,
            usage=self.usage,
            texts=tuple(self.transcript.texts),
            tool_calls=tuple(self.transcript.tool_calls),
            error_kind=self.error_kind,
            error_text=self.error_text,
            error_status=self.error_status,
            has_refusal=self.has_refusal,
            events=self.events,
            unknown_events=self.unknown_events,
            complete=self.complete,
            problem=self.problem,
            service_tier=self.service_tier,
        )

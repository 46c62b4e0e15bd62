"""Claude Code's transcripts: a line for each message, each block of an answer its own.

The lines of one answer share the message's id and repeat its usage; the last telling
counts. What the user said before an answer is that answer's request.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lunaroute.dialects import JsonObject, get_objects, get_str
from lunaroute.importing._lines import Lines
from lunaroute.importing._turn import (
    Turn,
    answer_facts,
    microseconds,
    request_facts,
    turn_id,
)
from lunaroute.model import AnswerFacts, Endpoint, Outcome


@dataclass(slots=True)
class _Answer:
    """The lines of one answer, and the messages it answers."""

    first: JsonObject
    asked: list[JsonObject]
    started_at: int
    ended_at: int
    message: JsonObject = field(default_factory=dict)
    blocks: list[object] = field(default_factory=list)

    def add(self, message: JsonObject, moment: int) -> None:
        known = {name: value for name, value in message.items() if value is not None}
        self.message |= known
        for block in get_objects(message, "content"):
            if block not in self.blocks:
                self.blocks.append(block)
        if text := get_str(message, "content"):
            self.blocks.append({"type": "text", "text": text})
        self.ended_at = max(self.ended_at, moment)


def read_claude_code(lines: Lines) -> Iterator[Turn]:
    """The turns of one file. A prompt without an answer yet is none."""
    asked: list[JsonObject] = []
    asked_at: int | None = None
    answers: dict[str, _Answer] = {}
    for number, line in lines:
        kind, message = line.get("type"), line.get("message")
        if kind not in ("user", "assistant"):
            continue
        moment = microseconds(line.get("timestamp"))
        if not isinstance(message, dict) or moment is None:
            lines.complain(number, f"{kind} line without message or timestamp")
            continue
        if kind == "user":
            asked.append({"role": "user", "content": message.get("content")})
            asked_at = moment
            continue
        name = get_str(message, "id") or get_str(line, "uuid") or f"line {number}"
        if name not in answers:
            started_at = min(asked_at or moment, moment)
            answers[name] = _Answer(line, asked, started_at, moment)
            asked, asked_at = [], None
        answers[name].add(message, moment)
    for name, answer in answers.items():
        if get_str(answer.message, "model") != "<synthetic>" or _is_error(answer):
            yield _turn(name, answer)


def _is_error(answer: _Answer) -> bool:
    return answer.first.get("isApiErrorMessage") is True


def _turn(name: str, answer: _Answer) -> Turn:
    line = answer.first
    facts = answer_facts(Endpoint.MESSAGES, answer.message | {"content": answer.blocks})
    if _is_error(answer):
        facts = AnswerFacts(error_text="\n".join(text.text for text in facts.texts))
    session = get_str(line, "sessionId") or ""
    version = get_str(line, "version")
    is_side = line.get("isSidechain") is True
    return Turn(
        # A session that was forked or resumed tells its past again under a new id:
        # the answer's own id keeps its tokens from being counted twice.
        id=turn_id("claude-code", name),
        session=session,
        started_at=answer.started_at,
        ended_us=answer.ended_at - answer.started_at,
        endpoint=Endpoint.MESSAGES,
        provider="anthropic",
        request=request_facts(
            Endpoint.MESSAGES, {"model": facts.model, "messages": answer.asked}
        ),
        answer=facts,
        outcome=Outcome.REFUSED_BY_PROVIDER if _is_error(answer) else Outcome.ANSWERED,
        agent=(get_str(line, "agentId") or "sidechain") if is_side else None,
        user_agent=f"claude-cli/{version}" if version else None,
        project=get_str(line, "cwd"),
    )

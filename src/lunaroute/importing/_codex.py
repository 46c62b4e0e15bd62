"""Codex' rollouts: one item a line; a token count ends an answer.

What comes back of tools before the count belongs to the request after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lunaroute.dialects import JsonObject, get_object, get_str
from lunaroute.importing._lines import Lines
from lunaroute.importing._turn import (
    Turn,
    answer_facts,
    microseconds,
    request_facts,
    turn_id,
)
from lunaroute.model import Endpoint


@dataclass(slots=True)
class _Open:
    """The exchange that is being told, and what will ask for the next one."""

    asked: list[object] = field(default_factory=list)
    asked_at: int | None = None
    output: list[object] = field(default_factory=list)
    began_at: int = 0
    ended_at: int = 0
    model: str | None = None
    usage: JsonObject = field(default_factory=dict)
    next_asked: list[object] = field(default_factory=list)
    next_asked_at: int | None = None

    def ask(self, item: JsonObject, moment: int) -> None:
        if self.output:
            self.next_asked.append(item)
            self.next_asked_at = moment
        else:
            self.asked.append(item)
            self.asked_at = moment

    def answer(self, item: JsonObject, moment: int, model: str | None) -> None:
        self.output.append(item)
        self.began_at = self.began_at or moment
        self.ended_at, self.model = moment, model

    def following(self) -> "_Open":
        return _Open(self.next_asked, self.next_asked_at)


@dataclass(slots=True)
class _Rollout:
    meta: JsonObject = field(default_factory=dict)
    model: str | None = None
    total: JsonObject = field(default_factory=dict)
    count: int = 0

    def turn(self, told: _Open) -> Turn:
        self.count += 1
        own = get_str(self.meta, "id") or ""
        parent = get_str(
            self.meta, "source", "subagent", "thread_spawn", "parent_thread_id"
        )
        version = get_str(self.meta, "cli_version")
        started_at = min(told.asked_at or told.began_at, told.began_at)
        body: JsonObject = {
            "model": told.model,
            "instructions": self._instructions(),
            "input": told.asked,
        }
        answer: JsonObject = {
            "status": "completed",
            "model": told.model,
            "output": told.output,
            "usage": told.usage,
        }
        return Turn(
            id=turn_id("codex", own, str(self.count)),
            session=get_str(self.meta, "session_id") or parent or own,
            agent=own if parent else None,
            parent_agent=parent,
            started_at=started_at,
            ended_us=told.ended_at - started_at,
            endpoint=Endpoint.RESPONSES,
            provider=get_str(self.meta, "model_provider") or "openai",
            request=request_facts(Endpoint.RESPONSES, body),
            answer=answer_facts(Endpoint.RESPONSES, answer),
            user_agent=f"codex/{version}" if version else None,
            project=get_str(self.meta, "cwd"),
        )

    def _instructions(self) -> str | None:
        base = get_str(self.meta, "base_instructions", "text")
        return base or get_str(self.meta, "instructions")

    def take_count(self, payload: JsonObject, told: _Open) -> bool:
        """Whether the count is a new one; it is repeated when limits change."""
        total = get_object(payload, "info", "total_token_usage")
        if not total or total == self.total:
            return False
        self.total = total
        told.usage = _usage(get_object(payload, "info", "last_token_usage"))
        return True


def read_codex(lines: Lines) -> Iterator[Turn]:
    """The turns of one file. What has no answer yet is none."""
    rollout, told = _Rollout(), _Open()
    for number, line in lines:
        kind, payload = line.get("type"), get_object(line, "payload")
        if kind == "session_meta":
            # A fork tells its parent's meta after its own.
            rollout.meta = rollout.meta or payload
        elif kind == "turn_context":
            rollout.model = get_str(payload, "model") or rollout.model
        elif kind == "event_msg" and payload.get("type") == "token_count":
            if rollout.take_count(payload, told) and told.output:
                yield rollout.turn(told)
                told = told.following()
        elif kind == "response_item":
            moment = microseconds(line.get("timestamp"))
            if moment is None:
                lines.complain(number, "response_item without timestamp")
            elif not _is_output(payload):
                told.ask(payload, moment)
            else:
                if told.next_asked:  # the count never came
                    yield rollout.turn(told)
                    told = told.following()
                told.answer(payload, moment, rollout.model)
    if told.output:
        yield rollout.turn(told)


def _is_output(item: JsonObject) -> bool:
    kind = get_str(item, "type") or "message"
    if kind == "message":
        return item.get("role") == "assistant"
    return kind == "reasoning" or kind.endswith("_call")


def _usage(last: JsonObject) -> JsonObject:
    """By the names that the API itself has."""
    return {
        "input_tokens": last.get("input_tokens"),
        "input_tokens_details": {"cached_tokens": last.get("cached_input_tokens")},
        "output_tokens": last.get("output_tokens"),
        "output_tokens_details": {
            "reasoning_tokens": last.get("reasoning_output_tokens")
        },
    }

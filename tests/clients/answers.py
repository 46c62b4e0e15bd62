"""What the simulated provider says: streams of events in three dialects.

Pure: from a request's parsed body to the events of its answer. A request that offers
tools is asked to run one command when the scene wants that; when the command's output
has come back, the last answer repeats it, so that what a client prints proves that the
tool's call and its result both passed.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What the tool prints is not what the command line says: only a shell makes it so.
COMMAND = "echo tool-ran-$((6*7))"
PRINTED = "tool-ran-42"
WORDS = ("The ", "moon ", "guides ", "travellers.")
REASONING = ("Looking ", "at the ", "sky.")

Event = dict[str, Any]
Body = Mapping[str, Any]


def text_of(said: str | None) -> Sequence[str]:
    """The words of the last answer; ``said`` is what the tool printed."""
    return WORDS if said is None else (*WORDS, " The tool ", "said ", said, ".")


def printed_by_tool(body: Body) -> str | None:
    """What a tool's result in the request says; None if there is no result yet."""
    results = [*_results(body)]
    if not results:
        return None
    found = re.search(re.escape(PRINTED), json.dumps(results))
    return found[0] if found else "nothing"


def _results(body: Body) -> Iterator[object]:
    for message in body.get("messages") or ():
        if message.get("role") == "tool":
            yield message
        content = message.get("content")
        for block in content if isinstance(content, list) else ():
            if block.get("type") == "tool_result":
                yield block
    items = body.get("input")
    for item in items if isinstance(items, list) else ():
        if str(item.get("type")).endswith("_call_output"):
            yield item


# Anthropic messages.

USAGE = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 500,
    "cache_read_input_tokens": 1000,
    "cache_creation": {
        "ephemeral_5m_input_tokens": 500,
        "ephemeral_1h_input_tokens": 0,
    },
    "output_tokens": 1,
    "service_tier": "standard",
}


def anthropic(body: Body, *, wants_tool: bool) -> Iterator[Event]:
    """The events of ``POST /v1/messages``."""
    names = {tool.get("name", ""): tool for tool in body.get("tools") or ()}
    shell = next((name for name in names if name.lower() == "bash"), None)
    said = printed_by_tool(body)
    calls = wants_tool and shell is not None and said is None
    message = {
        "id": "msg_01tool" if calls else "msg_01last",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": USAGE,
    }
    yield {"type": "message_start", "message": message}
    blocks = [*_thinking(body), _text_block(body, said)]
    if calls:
        blocks.append(_tool_use(str(shell)))
    for index, (block, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": block}
        yield {"type": "ping"}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    reason = "tool_use" if calls else "end_turn"
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {**USAGE, "output_tokens": 26},
    }
    yield {"type": "message_stop"}


Block = tuple[Event, list[Event]]


def _thinking(body: Body) -> Iterator[Block]:
    if (body.get("thinking") or {}).get("type") not in ("enabled", "adaptive"):
        return
    deltas: list[Event] = [
        {"type": "thinking_delta", "thinking": part} for part in REASONING
    ]
    deltas.append({"type": "signature_delta", "signature": "c2lnbmF0dXJl"})
    yield {"type": "thinking", "thinking": "", "signature": ""}, deltas


def _text_block(body: Body, said: str | None) -> Block:
    parts = text_of(said)
    wanted = (body.get("output_config") or {}).get("format")
    if wanted:  # a title as JSON, for one
        parts = (_as_asked("".join(parts), wanted.get("schema") or {}),)
    deltas = [{"type": "text_delta", "text": part} for part in parts]
    return {"type": "text", "text": ""}, deltas


def _tool_use(name: str) -> Block:
    text = json.dumps({"command": COMMAND, "description": "Print a word"})
    deltas = [
        {"type": "input_json_delta", "partial_json": part}
        for part in ("", text[:9], text[9:])
    ]
    block = {"type": "tool_use", "id": "toolu_01called", "name": name, "input": {}}
    return block, deltas


def _as_asked(text: str, schema: Mapping[str, Any]) -> str:
    """JSON of the shape that a structured answer is asked for in."""
    properties = schema.get("properties") or {}
    return json.dumps(
        {
            name: text if kind.get("type") == "string" else False
            for name, kind in properties.items()
        }
    )


# OpenAI chat completions.


def chat(body: Body, *, wants_tool: bool) -> Iterator[Event]:
    """The chunks of ``POST /v1/chat/completions``, without the final ``[DONE]``."""
    names = [tool["function"]["name"] for tool in body.get("tools") or ()]
    said = printed_by_tool(body)
    calls = wants_tool and "bash" in names and said is None

    def made(delta: Event, reason: str | None = None) -> Event:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return {**_chat_base(body), "choices": [choice]}

    yield made({"role": "assistant", "content": ""})
    if calls:
        text = json.dumps({"command": COMMAND, "description": "Print a word"})
        for at, part in enumerate(("", text[:9], text[9:])):
            call: Event = {"index": 0, "function": {"arguments": part}}
            if not at:
                call |= {"id": "call_called", "type": "function"}
                call["function"]["name"] = "bash"
            yield made({"tool_calls": [call]})
    else:
        for word in text_of(said):
            yield made({"content": word})
    yield made({}, "tool_calls" if calls else "stop")
    usage = {
        "prompt_tokens": 50,
        "completion_tokens": 20,
        "total_tokens": 70,
        "prompt_tokens_details": {"cached_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 8},
    }
    yield {**_chat_base(body), "choices": [], "usage": usage}


def _chat_base(body: Body) -> Event:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": body["model"],
    }


# OpenAI responses.


def responses(
    body: Body, *, wants_tool: bool, tools: Sequence[Body] = ()
) -> Iterator[Event]:
    """The events of ``POST /v1/responses`` and of one ``response.create`` frame.

    ``tools`` are those of the frames before on the same WebSocket.
    """
    said = printed_by_tool(body)
    call = _call([*offered(body), *tools]) if wants_tool and said is None else None
    stage = "tool" if call else "last"
    if body.get("generate") is False:
        stage, items = "warm", []
    else:
        items = [_reasoning(stage), call or _message(text_of(said))]
    numbers = iter(range(1000))

    def event(kind: str, **fields: Any) -> Event:
        return {"type": kind, "sequence_number": next(numbers), **fields}

    begun = _response(body, stage, None)
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(items):
        yield event("response.output_item.added", output_index=index, item=_empty(item))
        for kind, fields in _parts(item):
            place = {"item_id": item["id"], "output_index": index}
            yield event(f"response.{kind}", **place, **fields)
        yield event("response.output_item.done", output_index=index, item=item)
    yield event("response.completed", response=_response(body, stage, items))


def offered(body: Body) -> Iterator[Body]:
    """The tools of a request, those within namespaces and input items too."""
    items = body.get("input")
    groups = [body.get("tools") or ()] + [
        item.get("tools") or ()
        for item in (items if isinstance(items, list) else ())
        if item.get("type") == "additional_tools"
    ]
    for tool in itertools.chain.from_iterable(groups):
        if tool.get("type") == "namespace":
            for inner in tool.get("tools") or ():
                yield {**inner, "namespace": tool.get("name")}
        else:
            yield tool


def _call(tools: Sequence[Body]) -> Event | None:
    """A call of whichever shell is among the tools."""
    known = {tool.get("name"): tool for tool in tools}
    for name, arguments in (
        ("exec_command", {"cmd": COMMAND}),
        ("bash", {"command": COMMAND, "description": "Print a word"}),
    ):
        if name in known and known[name].get("type") == "function":
            return {
                "id": "fc_called",
                "type": "function_call",
                "status": "completed",
                "call_id": "call_called",
                "name": name,
                "arguments": json.dumps(arguments),
            }
    if known.get("exec", {}).get("type") != "custom":
        return None
    source = f"const r = await tools.exec_command({json.dumps({'cmd': COMMAND})}); "
    return {
        "id": "ctc_called",
        "type": "custom_tool_call",
        "status": "completed",
        "call_id": "call_called",
        "name": "exec",
        "input": source + "text(r.output ?? r);",
    }


def _reasoning(stage: str) -> Event:
    return {
        "id": f"rs_{stage}",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "".join(REASONING)}],
        "content": [],
        "encrypted_content": "ZW5jcnlwdGVk",
    }


def _message(parts: Sequence[str]) -> Event:
    text = "".join(parts)
    return {
        "id": "msg_last",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }


def _empty(item: Event) -> Event:
    """The item as it is when it begins."""
    bare = {"summary": [], "content": [], "arguments": "", "input": ""}
    begun = {key: bare.get(key, value) for key, value in item.items()}
    if "status" in item:
        begun["status"] = "in_progress"
    return begun


def _parts(item: Event) -> Iterator[tuple[str, Event]]:
    """The events between an item's beginning and its end."""
    kind = item["type"]
    if kind == "reasoning":
        empty = {"type": "summary_text", "text": ""}
        yield "reasoning_summary_part.added", {"summary_index": 0, "part": empty}
        for part in REASONING:
            yield "reasoning_summary_text.delta", {"summary_index": 0, "delta": part}
        text = item["summary"][0]["text"]
        yield "reasoning_summary_text.done", {"summary_index": 0, "text": text}
        part = item["summary"][0]
        yield "reasoning_summary_part.done", {"summary_index": 0, "part": part}
    elif kind == "message":
        yield from _message_parts(item["content"][0])
    else:
        stem, key = {
            "function_call": ("function_call_arguments", "arguments"),
            "custom_tool_call": ("custom_tool_call_input", "input"),
        }[kind]
        text = item[key]
        for part in (text[:9], text[9:]):
            yield f"{stem}.delta", {"delta": part}
        yield f"{stem}.done", {key: text, "name": item["name"]}


def _message_parts(whole: Event) -> Iterator[tuple[str, Event]]:
    place: Event = {"content_index": 0}
    yield "content_part.added", {**place, "part": {**whole, "text": ""}}
    text = whole["text"]
    for at in range(0, len(text), 9):
        yield "output_text.delta", {**place, "delta": text[at : at + 9], "logprobs": []}
    yield "output_text.done", {**place, "text": text, "logprobs": []}
    yield "content_part.done", {**place, "part": whole}


def _response(body: Body, stage: str, output: list[Event] | None) -> Event:
    usage = {
        "input_tokens": 60,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens": 25 if output else 0,
        "output_tokens_details": {"reasoning_tokens": 16 if output else 0},
        "total_tokens": 85 if output else 60,
    }
    return {
        "id": f"resp_{stage}",
        "object": "response",
        "created_at": 1,
        "status": "in_progress" if output is None else "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": body.get("model"),
        "output": output or [],
        "parallel_tool_calls": True,
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "tool_choice": "auto",
        "tools": [],
        "usage": None if output is None else usage,
    }

"""Token counts of each vendor as one :class:`Usage` of disjoint counts."""

from collections.abc import Iterator

from lunaroute.dialects._json import JsonObject, get_count, get_str, is_object
from lunaroute.model import Usage

# Usage objects nest two levels; more is somebody else's idea of one.
_DEPTH = 4


def merge(into: JsonObject, new: JsonObject, depth: int = _DEPTH) -> None:
    """Take over what ``new`` says. What it is silent about, null included, stays."""
    for name, value in new.items():
        known = into.get(name)
        if is_object(known) and is_object(value) and depth > 1:
            merge(known, value, depth - 1)
        elif value is not None:
            into[name] = value


def anthropic_usage(raw: JsonObject) -> Usage | None:
    """Anthropic's input excludes what was read from and written to the cache.

    ``iterations`` are the vendor's own breakdown: those of compaction stand outside its
    sums, and so they stand outside ours, among ``vendor`` only.
    """
    if not raw:
        return None
    thinking = get_count(raw, "output_tokens_details", "thinking_tokens")
    write_5m, write_1h = _cache_writes(raw)
    return Usage(
        input_uncached=get_count(raw, "input_tokens"),
        cache_read=get_count(raw, "cache_read_input_tokens"),
        cache_write_5m=write_5m,
        cache_write_1h=write_1h,
        output=_less(get_count(raw, "output_tokens"), thinking),
        thinking=thinking,
        vendor=dict(_flat(raw)),
    )


def anthropic_tier(raw: JsonObject) -> str | None:
    """Anthropic says within the usage how it served; its fast mode is a word apart."""
    is_fast = get_str(raw, "speed") == "fast"
    return "fast" if is_fast else get_str(raw, "service_tier")


def _cache_writes(raw: JsonObject) -> tuple[int | None, int | None]:
    total = get_count(raw, "cache_creation_input_tokens")
    five_minutes = get_count(raw, "cache_creation", "ephemeral_5m_input_tokens")
    one_hour = get_count(raw, "cache_creation", "ephemeral_1h_input_tokens")
    if total is None:
        return five_minutes, one_hour
    if one_hour is None:
        return total, None
    # At a stream's end the total is repeated, cumulative, and the split is not.
    one_hour = min(one_hour, total)
    return total - one_hour, one_hour


def chat_usage(raw: JsonObject) -> Usage | None:
    """OpenAI's prompt tokens include the cached, written and audio ones.

    Its cache writes live for 30 minutes or longer and have no field of their own here;
    they are counted as the shorter kind.
    """
    if not raw:
        return None
    cached = get_count(raw, "prompt_tokens_details", "cached_tokens")
    written = get_count(raw, "prompt_tokens_details", "cache_write_tokens")
    audio_in = get_count(raw, "prompt_tokens_details", "audio_tokens")
    reasoning = get_count(raw, "completion_tokens_details", "reasoning_tokens")
    audio_out = get_count(raw, "completion_tokens_details", "audio_tokens")
    prompt = get_count(raw, "prompt_tokens")
    return Usage(
        input_uncached=_less(prompt, cached, written, audio_in),
        cache_read=cached,
        cache_write_5m=written,
        output=_less(get_count(raw, "completion_tokens"), reasoning, audio_out),
        reasoning=reasoning,
        audio_input=audio_in,
        audio_output=audio_out,
        vendor=dict(_flat(raw)),
    )


def responses_usage(raw: JsonObject) -> Usage | None:
    """As :func:`chat_usage`, by the names of the Responses API."""
    if not raw:
        return None
    cached = get_count(raw, "input_tokens_details", "cached_tokens")
    written = get_count(raw, "input_tokens_details", "cache_write_tokens")
    reasoning = get_count(raw, "output_tokens_details", "reasoning_tokens")
    return Usage(
        input_uncached=_less(get_count(raw, "input_tokens"), cached, written),
        cache_read=cached,
        cache_write_5m=written,
        output=_less(get_count(raw, "output_tokens"), reasoning),
        reasoning=reasoning,
        vendor=dict(_flat(raw)),
    )


def _less(total: int | None, *parts: int | None) -> int | None:
    if total is None:
        return None
    return max(0, total - sum(part or 0 for part in parts))


def _flat(
    value: object, name: str = "", depth: int = _DEPTH
) -> Iterator[tuple[str, int]]:
    if (count := get_count(value)) is not None:
        yield name, count
        return
    if depth == 0:
        return
    if is_object(value):
        members = list(value.items())
    elif isinstance(value, list):
        members = [(str(at), item) for at, item in enumerate(value)]
    else:
        return
    for part, item in members:
        yield from _flat(item, f"{name}.{part}" if name else part, depth - 1)

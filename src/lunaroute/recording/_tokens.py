"""Token counts under the names that the JSONL events have for them.

Every count is disjoint, as in ``Usage``; the totals are sums of all of them.
"""

from lunaroute.model import Usage


def token_stats(usage: Usage | None) -> dict[str, object]:
    """Of one answer, for ``response_recorded``: null where the vendor is silent."""
    known = usage or Usage()
    output = known.output_total
    share = 100 * known.thinking / output if known.thinking and output else None
    return {
        "input_tokens": known.input_uncached,
        "output_tokens": known.output,
        "total_tokens": None if usage is None else known.total,
        "thinking_tokens": known.thinking,
        "reasoning_tokens": known.reasoning,
        "cache_read_tokens": known.cache_read,
        "cache_creation_tokens": _cache_write(usage),
        "audio_input_tokens": known.audio_input,
        "audio_output_tokens": known.audio_output,
        "thinking_percentage": share,
    }


def token_totals(usage: Usage | None, model: str | None) -> dict[str, object]:
    """The flat totals of ``completed``, of this exchange alone."""
    known = usage or Usage()
    return {
        "total_input": known.input_uncached or 0,
        "total_output": known.output or 0,
        "total_thinking": known.thinking or 0,
        "total_reasoning": known.reasoning or 0,
        "total_cached": known.cache_read or 0,
        "total_cache_read": known.cache_read or 0,
        "total_cache_creation": _cache_write(usage) or 0,
        "total_audio_input": known.audio_input or 0,
        "total_audio_output": known.audio_output or 0,
        "grand_total": known.total,
        "by_model": {model: token_stats(usage)} if model and usage else {},
    }


def final_tokens(usage: Usage | None) -> dict[str, int]:
    """The nested short form in ``final_stats``."""
    known = usage or Usage()
    return {
        "input": known.input_uncached or 0,
        "output": known.output or 0,
        "thinking": known.thinking or 0,
        "reasoning": known.reasoning or 0,
        "cache_read": known.cache_read or 0,
        "cache_creation": _cache_write(usage) or 0,
        "total": known.total,
    }


def _cache_write(usage: Usage | None) -> int | None:
    if usage is None or (usage.cache_write_5m is None and usage.cache_write_1h is None):
        return None
    return (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0)

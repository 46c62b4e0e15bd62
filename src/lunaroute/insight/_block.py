"""Figures as a block of lines: what `lunaroute stats` and the summary print."""

from collections.abc import Iterator, Sequence

from lunaroute.insight._stats import Figures, Spread, ToolFigures
from lunaroute.insight._text import counted, cut, dollars, seconds

_TOOL_WIDTH = 40


def block(
    figures: Figures, tools: Sequence[ToolFigures], most_tools: int | None = None
) -> list[str]:
    """The lines, indented; of the tools the ``most_tools`` that were called most."""
    lines = [*_tokens(figures)]
    if tools:
        lines += ["", _tool_heading(tools), *_tools(tools[:most_tools])]
        if len(tools) > len(tools[:most_tools]):
            lines.append(f"    {len(tools[most_tools:])} more")
    if figures.response.count:
        lines += ["", "  Performance:", *_times(figures)]
    cost = dollars(figures.cost_usd, figures.unpriced_count)
    return [*lines, "", f"  Estimated cost:  {cost}"]


def _tokens(figures: Figures) -> Iterator[str]:
    failed = f" ({figures.failures:,} failed)" if figures.failures else ""
    yield f"  Requests:        {figures.requests:,}{failed}"
    yield f"  Input tokens:    {figures.input_tokens:,}"
    yield f"  Output tokens:   {figures.output_tokens:,}"
    yield f"  Thinking tokens: {_thinking(figures)}"
    read, written = figures.cache_read_tokens, figures.cache_creation_tokens
    yield f"  Cache tokens:    {read:,} read, {written:,} written"
    if figures.audio_input_tokens or figures.audio_output_tokens:
        heard, said = figures.audio_input_tokens, figures.audio_output_tokens
        yield f"  Audio tokens:    {heard:,} in, {said:,} out"
    yield f"  Total tokens:    {figures.total_tokens:,}"


def _thinking(figures: Figures) -> str:
    """Where a provider does not tell it apart it is part of the output, and unknown."""
    known = figures.thinking_tokens + figures.reasoning_tokens
    unknown = figures.thinking_unknown_count
    if not unknown:
        return f"{known:,}"
    if not known:
        return "not told apart from output"
    return f"{known:,} (not told apart in {counted(unknown, 'request')})"


def _tool_heading(tools: Sequence[ToolFigures]) -> str:
    """Says what the times hold, unless clients measured them all."""
    if all(tool.time.count == tool.client_timed for tool in tools):
        return "  Tool usage:"
    return "  Tool usage (times with waits for permission):"


def _tools(tools: Sequence[ToolFigures]) -> Iterator[str]:
    names = [cut(tool.label, _TOOL_WIDTH) or "-" for tool in tools]
    width = max(map(len, names)) + 1
    for name, tool in zip(names, tools, strict=True):
        known = [counted(tool.calls, "call")]
        if tool.time.count:
            mean, middle = seconds(tool.time.mean_ms), seconds(tool.time.median_ms)
            known.append(f"(avg {mean}, median {middle})")
        if tool.errors:
            known.append(f"{tool.errors:,} failed")
        yield f"    {name + ':':<{width}} {' '.join(known)}"


def _times(figures: Figures) -> Iterator[str]:
    provider, overhead = figures.provider, figures.overhead
    share = figures.overhead_percent
    ours = theirs = ""
    if share is not None:
        digits = 1 if share >= 0.1 else 3
        ours, theirs = f" ({share:.{digits}f}%)", f" ({100 - share:.{digits}f}%)"
    yield f"    Avg response time: {_spread(figures.response)}"
    if figures.first_token.count:
        yield f"    First token:       {_spread(figures.first_token)}"
    if overhead.count:
        middle, high = seconds(overhead.median_ms), seconds(overhead.p95_ms)
        whole = seconds(overhead.total_ms)
        yield f"    Proxy overhead:    {whole} total{ours}, median {middle}, 95% {high}"
    yield f"    Provider latency:  {seconds(provider.mean_ms)} avg{theirs}"


def _spread(times: Spread) -> str:
    middle, high = seconds(times.median_ms), seconds(times.p95_ms)
    return f"{seconds(times.mean_ms)} (median {middle}, 95% {high})"

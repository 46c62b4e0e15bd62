"""Recorded text made safe for a terminal, and numbers as people read them.

What a model or a web page said may hold escape sequences that move the cursor, change
the title or hide the rest of a line.
"""

import re
from datetime import datetime

import orjson

# Controls but for tab and newline, the C1 controls that UTF-8 terminals obey too, marks
# that turn the direction of writing, invisible ones, and halves of surrogate pairs.
_UNSAFE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ud800-\udfff"
)
_UNSAFE_OR_BREAK = re.compile(f"[{_UNSAFE}\t\n]+")
_UNSAFE_CHARACTER = re.compile(f"[{_UNSAFE}]")


def neutral(text: str) -> str:
    """The text over its lines, with every unsafe character shown as a mark."""
    return _UNSAFE_CHARACTER.sub(
        "\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n")
    )


def one_line(text: str) -> str:
    """The text on one line, unsafe characters and line breaks as a space."""
    return _UNSAFE_OR_BREAK.sub(" ", text)


def cut(text: str, width: int) -> str:
    """The text on one line, not longer than ``width``."""
    line = one_line(text).strip()
    return line if len(line) <= width else f"{line[: width - 1]}…"


def dollars(usd: float | None, unknown: int) -> str:
    """A cost, and of how many requests it is not known; "-" where nothing was used."""
    if usd is None:
        return "unknown" if unknown else "-"
    known = f"${usd:.4f}" if usd >= 0.0001 or not usd else "<$0.0001"
    return f"{known} + {unknown} unknown" if unknown else known


def clock(started_at: int) -> str:
    """Microseconds since the epoch as the time of day of the reader's own clock."""
    moment = datetime.fromtimestamp(started_at / 1_000_000).astimezone()
    return moment.strftime("%H:%M:%S")


def json_text(value: object) -> str:
    """JSON for people and programs; safe to look at in a terminal as well."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return _UNSAFE_CHARACTER.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    # Such a character can stand in a JSON string only.
    return f"\\u{ord(found.group()):04x}"


def seconds(milliseconds: float | None) -> str:
    """A time in the unit that suits it, with three digits; "-" where there is none."""
    if milliseconds is None:
        return "-"
    if milliseconds < 0.9995:
        return f"{milliseconds * 1000:.0f}us"
    if milliseconds < 999.5:
        return f"{milliseconds:.3g}ms"
    if milliseconds < 119_500:
        return f"{milliseconds / 1000:.3g}s"
    return _minutes(milliseconds)


def _minutes(milliseconds: float) -> str:
    minutes, rest = divmod(round(milliseconds / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s"


def counted(number: int, noun: str) -> str:
    """So many of something that has a plural in s: "1 turn", "1,200 turns"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short(number: int) -> str:
    """A count in three or four characters: 950, 1.2k, 34k, 5.6M."""
    value, unit = float(number), ""
    for larger in ("k", "M", "G", "T"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    if not unit:
        return str(number)
    return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"


def sparkline(values: list[int]) -> str:
    """One block a value, the highest for the largest; a space for none."""
    most = max(values, default=0)
    blocks = "▁▂▃▄▅▆▇█"
    return "".join(
        blocks[(value * 8 - 1) // most] if value > 0 else " " for value in values
    )

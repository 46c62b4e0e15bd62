"""How commands print: the reader's clock and the console.

What was recorded is made safe by functions of `insight`, named here for the commands.
"""

from datetime import datetime

from rich.console import Console

from lunaroute.insight import counted, cut, dollars, json_text, neutral, one_line

__all__ = [
    "console",
    "counted",
    "cut",
    "dollars",
    "json_text",
    "local_time",
    "neutral",
    "one_line",
]


def local_time(started_at: int) -> str:
    """Microseconds since the epoch as the reader's own clock shows them."""
    moment = datetime.fromtimestamp(started_at / 1_000_000).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def console() -> Console:
    """Standard output without markup or guesses; without colours when piped."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

"""Prices that the user sets, in the parts that a cost has."""

from lunaroute.config._kind import Dollars, Text
from lunaroute.config._setting import Section, setting

_UNIT = "USD per million tokens"


def _part(meaning: str) -> Dollars | None:
    part: Dollars | None = setting(None, meaning, unit=_UNIT, built=True)
    return part


class PriceOverride(Section):
    model: Text = setting(
        ..., "The model as it is asked for or answers; `*` is any text.", built=True
    )
    provider: Text | None = setting(
        None, "Only of this provider: `anthropic`, `openai`.", built=True
    )
    input: Dollars | None = _part("What goes in and is in no cache.")
    cache_read: Dollars | None = _part("What is read from the cache.")
    cache_write: Dollars | None = _part("What is written into the cache.")
    cache_write_1h: Dollars | None = _part("The same for an hour, if it differs.")
    output: Dollars | None = _part("What comes out.")
    thinking: Dollars | None = _part("Thinking or reasoning, if it differs.")
    audio_input: Dollars | None = _part("Audio that goes in.")
    audio_output: Dollars | None = _part("Audio that comes out.")

"""Answers without a conversation in them: token counts, embeddings, anything else."""

from collections.abc import Callable

from lunaroute.dialects._draft import Draft
from lunaroute.dialects._json import JsonObject, get_object
from lunaroute.model import Usage


class PlainAnswer:
    """Errors are read, and the usage where ``usage`` knows its names.

    A count of tokens gets none: it is no turn, and must not be summed up with turns.
    """

    __slots__ = ("_usage", "draft")

    def __init__(self, usage: Callable[[JsonObject], Usage | None] | None) -> None:
        self.draft = Draft()
        self._usage = usage

    def take_event(self, name: str, payload: JsonObject, /) -> bool:
        is_error = "error" in (name, payload.get("type"))
        if not is_error and payload.get("error") is None:
            return False
        self.draft.fail(payload)
        return True

    def take_body(self, payload: JsonObject, /) -> None:
        self.take_event("", payload)
        self.draft.name(payload)
        if self._usage is not None:
            self.draft.usage = self._usage(get_object(payload, "usage"))
        self.draft.complete = True

    def usage_so_far(self) -> Usage | None:
        return self.draft.usage

    def finish(self) -> None:
        """Nothing was collected."""

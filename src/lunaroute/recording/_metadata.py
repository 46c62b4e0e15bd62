"""Whose work a request is: project, developer and context, and what the user names.

The words are its headers' or the configuration's; a header of a request goes before a
value that holds for all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lunaroute.recording._head import Head

# By the names that the record gives them.
_HEADERS = {
    "x-project-id": "project",
    "x-developer-id": "developer",
    "x-session-context": "context",
}

_MAX_VALUE = 256


@dataclass(frozen=True, slots=True)
class Labels:
    """``headers`` gives headers, in lower case, the names that their values have in
    the record; ``values`` are those of every request.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def of(self, head: Head) -> dict[str, str]:
        """The values by their names, each cut at 256 characters; of one name the
        header that came first counts.
        """
        names = {**_HEADERS, **self.headers}
        found: dict[str, str] = {}
        for name, value in head.fields:
            key = names.get(name.lower())
            if key is not None and value.strip():
                found.setdefault(key, value.strip()[:_MAX_VALUE])
        return {**self.values, **found}

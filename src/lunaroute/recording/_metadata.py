"""What a request's headers say about whose work it is: project, developer, context."""

from lunaroute.recording._head import Head

# By the names that the record gives them.
_HEADERS = {
    "x-project-id": "project",
    "x-developer-id": "developer",
    "x-session-context": "context",
}

_MAX_VALUE = 256


def metadata(head: Head) -> dict[str, str]:
    """The values by their names, each cut at 256 characters; a first one counts."""
    found: dict[str, str] = {}
    for name, value in head.fields:
        key = _HEADERS.get(name.lower())
        if key is not None and value.strip():
            found.setdefault(key, value.strip()[:_MAX_VALUE])
    return found

"""Raw heads as the recorder needs them: tolerant, for what was forwarded already.

What of them may be kept is decided in ``_allowed``.
"""

import re
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r?\n")


@dataclass(frozen=True, slots=True)
class Head:
    """A first line in its three parts and the fields in order."""

    first: tuple[str, str, str]
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """The value of the first field of this name (in lower case)."""
        for field, value in self.fields:
            if field.lower() == name:
                return value
        return None

    def words(self, name: str) -> tuple[str, ...]:
        """The members of a comma-separated field, over all its lines, lower case."""
        joined = ",".join(v for field, v in self.fields if field.lower() == name)
        return tuple(
            word for part in joined.split(",") if (word := part.strip().lower())
        )


def read_head(block: bytes) -> Head:
    """Splits a head block; what is no field is left out, nothing raises."""
    lines = _LINE_END.split(block)
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        name, colon, value = line.decode("latin-1").partition(":")
        if name[:1] in (" ", "\t") and fields:
            last, so_far = fields[-1]
            fields[-1] = (last, f"{so_far} {line.decode('latin-1').strip()}".strip())
        elif colon and name.strip():
            fields.append((name.strip(), value.strip()))
    parts = [*lines[0].decode("latin-1").split(" ", 2), "", ""]
    return Head((parts[0], parts[1], parts[2]), tuple(fields))

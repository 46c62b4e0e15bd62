"""The JSON objects of a file of lines; a bad line is told and passed over."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from lunaroute.dialects import JsonObject, read_object

# More than any recorded exchange; a line beyond is no record and must not fill memory.
_LONGEST = 256 * 1024 * 1024


@dataclass(slots=True)
class Lines:
    """Iterate once; ``bad`` then says which lines could not be read, and why."""

    path: Path
    bad: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, JsonObject]]:
        with _opened(self.path) as file:
            number = 0
            while line := file.readline(_LONGEST):
                number += 1
                if not line.strip():
                    continue
                value, problem = read_object(line)
                if value:
                    yield number, value
                else:
                    self.complain(number, problem or "an empty object")

    def complain(self, number: int, problem: str) -> None:
        """Notes that a line says nothing that can be used."""
        self.bad.append(f"{self.path}:{number}: {problem}")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        if path.suffix != ".zst":
            yield file
            return
        reader = zstandard.ZstdDecompressor().stream_reader(
            file, read_across_frames=True
        )
        try:
            with BufferedReader(cast("BinaryIO", reader)) as lines:  # type: ignore[type-var]
                yield lines
        except zstandard.ZstdError as error:
            raise OSError(f"damaged zstd: {error}") from error

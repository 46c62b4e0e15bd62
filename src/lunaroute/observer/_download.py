"""A body that may be large: made in a thread, kept in a file beyond a megabyte."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import IO

import trio
from starlette.responses import StreamingResponse

_IN_MEMORY = 1024 * 1024
_PIECE = 256 * 1024


def spooled(pieces: Iterable[bytes]) -> IO[bytes]:
    """A file that holds the pieces and is gone when it is closed."""
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - returned
    try:
        file.writelines(pieces)
    except BaseException:
        file.close()
        raise
    return file


class Download(StreamingResponse):
    """Sends a file from its beginning to its end, then closes it."""

    def __init__(
        self, file: IO[bytes], headers: Mapping[str, str], media_type: str
    ) -> None:
        size = file.tell()
        file.seek(0)
        super().__init__(
            _sent(file),
            headers={**headers, "content-length": str(size)},
            media_type=media_type,
        )


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while piece := await trio.to_thread.run_sync(file.read, _PIECE):
            yield piece

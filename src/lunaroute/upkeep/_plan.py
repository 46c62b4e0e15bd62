"""What goes and what is compressed: decided here, done elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from lunaroute.upkeep._pieces import Piece
from lunaroute.upkeep._site import Limits

# A little more goes than must, so that it is not one file an hour: the index is
# rewritten each time.
_ENOUGH = 0.95

# About what a row takes in the database beside its texts, and one without a file whole.
_ROW_BYTES = 2_000
_LOOSE_ROW_BYTES = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """The three have nothing in common. All are oldest first."""

    expired: tuple[Piece, ...] = ()
    excess: tuple[Piece, ...] = ()
    compress: tuple[Piece, ...] = ()


def make_plan(
    pieces: Sequence[Piece], database: int, limits: Limits, newest: date, today: date
) -> Plan:
    """``database`` is its size in bytes, ``newest`` the day of the newest record.

    What is written into today, or was on the newest day, neither goes for its size nor
    is compressed; in which an exchange is under way, nothing is done to it.
    """
    expired = expired_pieces(pieces, limits, newest)
    left = [piece for piece in pieces if piece not in set(expired)]
    gone = _share(expired, pieces, database)
    excess = excess_pieces(left, database - gone, limits, min(newest, today))
    kept = [piece for piece in left if piece not in set(excess)]
    return Plan(expired, excess, pieces_to_compress(kept, limits, newest, today))


def expired_pieces(
    pieces: Sequence[Piece], limits: Limits, newest: date
) -> tuple[Piece, ...]:
    """Those of days that are too long ago."""
    if limits.max_age_days is None:
        return ()
    first = _before(newest, limits.max_age_days)
    return tuple(piece for piece in pieces if piece.day < first and not piece.is_open)


def excess_pieces(
    pieces: Sequence[Piece], database: int, limits: Limits, protected: date
) -> tuple[Piece, ...]:
    """The oldest, as far as they must go to be below the largest size.

    None of ``protected`` or later is among them.
    """
    total = total_bytes(pieces, database)
    if limits.max_bytes is None or total <= limits.max_bytes:
        return ()
    too_much = total - limits.max_bytes * _ENOUGH
    going: list[Piece] = []
    for piece in pieces:
        if too_much <= 0 or piece.day >= protected:
            break
        if piece.is_open:
            continue
        going.append(piece)
        too_much -= piece.size + _share((piece,), pieces, database)
    return tuple(going)


def pieces_to_compress(
    pieces: Sequence[Piece], limits: Limits, newest: date, today: date
) -> tuple[Piece, ...]:
    """Those that stand there plain and have not been written to for long enough."""
    if limits.compress_after_days is None:
        return ()
    # After a crash the recorder looks at the last two days' files.
    last = _before(min(newest, today), max(limits.compress_after_days, 2))
    return tuple(
        piece
        for piece in pieces
        if piece.day <= last and piece.plain is not None and not piece.is_open
    )


def total_bytes(pieces: Sequence[Piece], database: int) -> int:
    """What everything takes."""
    return sum(piece.size for piece in pieces) + database


def _before(day: date, days: int) -> date:
    try:
        return day - timedelta(days=days)
    except OverflowError:
        return date.min


def _share(some: Sequence[Piece], of: Sequence[Piece], database: int) -> int:
    """About what the rows of some pieces take of the database."""
    whole = sum(map(_weight, of))
    return database * sum(map(_weight, some)) // whole if whole else 0


def _weight(piece: Piece) -> int:
    if not piece.name:
        return piece.exchanges * _LOOSE_ROW_BYTES
    # Compressed it takes about a fifth.
    plain = sum(1 if path.suffix != ".zst" else 5 for path in piece.paths)
    each = piece.size * plain // max(1, len(piece.paths))
    return each + piece.exchanges * _ROW_BYTES if piece.exchanges else 0

"""A WebSocket that is still open: its turns as they end, and the one under way.

Its frames are read once as they come. When it ends all of it is read once more, and
what is on disk then is known by its id.
"""

from dataclasses import dataclass, replace

from lunaroute.link import RawExchange, Tapped
from lunaroute.pii import Redactor
from lunaroute.recording._frames import Direction, is_deflated
from lunaroute.recording._head import read_head
from lunaroute.recording._metadata import Labels
from lunaroute.recording._opening import as_open, snapshot
from lunaroute.recording._reading import Reading, clean, read_exchange
from lunaroute.recording._record import Record, write_down
from lunaroute.recording._redaction import Redaction
from lunaroute.recording._so_far import Texts
from lunaroute.recording._turns import Conversation, Turn, told_turn, turn_reading
from lunaroute.store import Heard

_NO_LABELS = Labels()


@dataclass(frozen=True, slots=True)
class CameFrames:
    """The chunks that passed in both directions since the last look."""

    up: tuple[tuple[int, bytes], ...]
    down: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What is to be committed of one WebSocket: in this order."""

    begun: tuple[Record, ...] = ()
    ended: tuple[Record, ...] = ()
    heard: tuple[Heard, ...] = ()


class SocketSoFar:
    """What is known of one WebSocket: ``take`` what came, ``tell``."""

    __slots__ = (
        "_anew",
        "_begun",
        "_conversation",
        "_down",
        "_first",
        "_heard_of",
        "_is_begun",
        "_is_unreadable",
        "_piece",
        "_raw",
        "_socket",
        "_texts",
        "_up",
        "id",
    )

    def __init__(self, raw: RawExchange) -> None:
        self.id = str(raw.id)
        deflate = is_deflated(read_head(raw.answer_head))
        self._raw = replace(snapshot(raw), answer_head=raw.answer_head)
        self._up = Direction(Tapped(), deflate=deflate)
        self._down = Direction(Tapped(), deflate=deflate)
        self._conversation = Conversation()
        self._socket: Reading | None = None
        self._is_begun = False
        self._is_unreadable = False
        self._first = 0  # the first turn that is not told to its end
        self._begun = 0  # how many were told of at all
        self._heard_of = -1
        self._texts = Texts()
        self._anew = True
        self._piece = 0

    def give_up(self) -> None:
        """Reads no more of it."""
        self._is_unreadable = True
        self._first = self._begun = len(self._conversation.turns)

    def take(self, came: CameFrames) -> None:
        """Reads what came, up to the first frame that cannot be read."""
        if self._is_unreadable:
            return
        turns = self._conversation.turns
        known = len(turns)
        for message in self._up.feed(came.up):
            self._conversation.ask(message)
        for turn in turns[known:]:
            if not turn.asked.is_warm_up:
                turn.reader.follow()
        for message in self._down.feed(came.down):
            self._conversation.hear(message)
        # What follows can only be told apart when all of it is there.
        self._is_unreadable = bool(self._up.problem or self._down.problem)

    def tell(
        self, key: bytes, redactor: Redactor | None = None, labels: Labels = _NO_LABELS
    ) -> Told:
        """What is news; the reading of the handshake is made the first time."""
        if self._socket is None:
            self._socket = read_exchange(self._raw, key, redactor)
        if not self._socket.is_socket:
            return Told()
        ended: list[Reading] = []
        turns = self._conversation.turns
        while self._first < len(turns) and turns[self._first].is_over:
            number = self._first + 1
            reading = turn_reading(
                self._socket, number, turns[self._first], key, redactor
            )
            ended.append(reading)
            turns[self._first] = told_turn()
            self._first = number
        self._begun = max(self._begun, self._first)
        begun = [
            turn_reading(self._socket, number, turn, key, redactor)
            for number, turn in enumerate(turns[self._begun :], start=self._begun + 1)
        ]
        self._begun = len(turns)
        if (own := self._own([*ended, *begun])) is not None:
            begun.insert(0, own)
        return Told(
            tuple(as_open(write_down(each, key, labels)) for each in begun),
            tuple(write_down(each, key, labels) for each in ended),
            self._heard(redactor),
        )

    def _own(self, turns: list[Reading]) -> Reading | None:
        """The WebSocket's own reading, once, as soon as its session is known."""
        socket = self._socket
        if self._is_begun or socket is None or not (socket.who.id or turns):
            return None
        self._is_begun = True
        if socket.who.id is None:
            socket = replace(socket, session=turns[0].session, who=turns[0].who)
        return socket

    def _heard(self, redactor: Redactor | None) -> tuple[Heard, ...]:
        """What came of the answer that is under way."""
        turns = self._conversation.turns
        if self._first >= len(turns) or not turns[self._first].heard:
            return ()
        turn = turns[self._first]
        if self._heard_of != self._first:
            self._heard_of = self._first
            self._texts, self._anew, self._piece = Texts(), True, 0
        pieces = self._texts.pieces(turn.reader.take_heard(), redactor)
        facts = Redaction(redactor).answer(turn.reader.so_far())
        anew, self._anew = self._anew, False
        first_piece = self._piece
        self._piece += len(pieces)
        heard = Heard(
            id=str(replace(self._raw.id, turn=self._first + 1)),
            anew=anew,
            first_piece=first_piece,
            pieces=pieces,
            status=101,
            answer_bytes=turn.heard_bytes,
            answer_chunks=len(turn.heard),
            streaming=True,
            model_used=None if facts.model is None else clean(facts.model),
            response_id=None if facts.response_id is None else clean(facts.response_id),
            first_body_down_us=_since(turn, turn.first_heard),
            first_token_us=_since(turn, turn.first_token),
            ended_us=_since(turn, turn.heard[-1]),
        )
        return (heard,)


def _since(turn: Turn, moment: int) -> int | None:
    return max(0, moment - turn.begun) // 1_000 if moment else None

"""A record of several days to be looked after."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lunaroute.recording import Recorder
from lunaroute.store import open_store
from lunaroute.upkeep import Limits, Site
from lunaroute.upkeep._clock import Moment
from tests.recording.build import WALL, anthropic_message, question

FIRST_DAY = datetime.fromtimestamp(WALL / 1e9, UTC).date()
DAY_MS = 86_400_000
WORDS = "the quick brown fox jumps over the lazy dog. "


def site(tmp_path: Path, **limits: int | None) -> Site:
    home = tmp_path / "home"
    return Site(home, home / "sessions", home / "sessions.db", Limits(**limits))


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def moment(number: int, **more: float) -> Moment:
    """The clock at noon of a day."""
    wall = WALL / 1e9 + number * 86_400
    return Moment(wall, more.get("running", wall - 1_000_000), "boot")


def fill(
    place: Site,
    days: list[int],
    *,
    sqlite: bool = True,
    jsonl: bool = True,
    words: str = "",
    session: str = "day",
) -> None:
    """On each of the days one session of its own, with three exchanges."""
    place.home.mkdir(exist_ok=True)
    store = open_store(place.database, writer=True) if sqlite else None
    for number in days:
        recorder = Recorder(
            place.directory if jsonl else None,
            store,
            today=lambda number=number: day(number),
        )
        recorder.record(
            [
                anthropic_message(
                    1_000 * number + at + (0 if session == "day" else 500),
                    session=f"{session}-{number}",
                    body=question(f"turn {at} of {number} {words or WORDS * 20}"),
                    start=(number * DAY_MS + at * 1_000) * 1_000_000,
                )
                for at in range(3)
            ]
        )
    if store is not None:
        store.close()


def finish(steps):
    """A task's result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def names(place: Site) -> list[str]:
    """The files that are there."""
    return sorted(
        str(path.relative_to(place.directory))
        for path in place.directory.rglob("*")
        if path.is_file()
    )


def sessions(place: Site) -> list[str]:
    with open_store(place.database, writer=False) as store:
        return sorted(row.session_id for row in store.list_sessions(1_000))

from dataclasses import replace
from pathlib import Path

from lunaroute.config import make_plan, resolve
from lunaroute.pii import Policy
from lunaroute.upkeep import Limits, Site


def test_it_is_what_the_plan_says(tmp_path):
    plan = make_plan(resolve({}, {"HOME": str(tmp_path)}))
    home = tmp_path / ".lunaroute"
    made = Site.from_plain(plan["observer"]["upkeep"])
    assert made.redaction.plain() == plan["observer"]["redaction"]
    assert replace(made, redaction=Policy({})) == Site(
        home=home,
        directory=home / "sessions",
        database=home / "sessions.db",
        limits=Limits(30, 1024**3, 7),
        interval_minutes=60,
    )
    assert isinstance(home, Path)

import json

import pytest

from lunaroute.errors import StoreError
from lunaroute.upkeep import begin
from tests.upkeep.kit import fill, finish, site


def test_a_result_is_plain_json(tmp_path):
    place = site(tmp_path, max_age_days=3)
    fill(place, [0])
    done = finish(begin(place, {"task": "cleanup", "dry_run": True}))
    assert json.loads(json.dumps(done)) == done
    assert done["dry_run"] is True


@pytest.mark.parametrize("task", [{}, {"task": None}, {"task": ["x"]}, {"task": "dig"}])
def test_what_is_no_task(tmp_path, task):
    with pytest.raises(StoreError, match="there is no task"):
        begin(site(tmp_path), task)

"""A task as whoever wants it done says it: plain JSON, checked, begun."""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lunaroute.errors import StoreError
from lunaroute.pii import Policy
from lunaroute.recording import redactor_of, vault_of
from lunaroute.upkeep._cleanup import clean_up
from lunaroute.upkeep._deletion import delete_sessions
from lunaroute.upkeep._importing import bring_in
from lunaroute.upkeep._reindexing import reindex
from lunaroute.upkeep._repricing import read_range, reprice
from lunaroute.upkeep._scan import Means, scan_record
from lunaroute.upkeep._site import Site

Steps = Generator[str, None, dict[str, Any]]


def begin(site: Site, task: Mapping[str, Any]) -> Steps:
    """The steps of a task, and its result as plain JSON.

    Between two yields, which say what is being done, a recorder may write. Raises
    StoreError, also for a task that there is none of.
    """
    name = task.get("task")
    if name == "cleanup":
        return _clean_up(site, task)
    if name == "delete":
        return _delete(site, task)
    if name == "reindex":
        return _reindex(site, task)
    if name == "reprice":
        return _reprice(site, task)
    if name == "import":
        return _import(site, task)
    if name == "scan":
        return _scan(site, task)
    raise StoreError(f"there is no task {name!r}")


def _clean_up(site: Site, task: Mapping[str, Any]) -> Steps:
    done = yield from clean_up(
        site,
        dry_run=task.get("dry_run") is True,
        trust_clock=task.get("trust_clock") is True,
    )
    return asdict(done)


def _delete(site: Site, task: Mapping[str, Any]) -> Steps:
    wanted = task.get("sessions")
    if not isinstance(wanted, list) or not wanted:
        raise StoreError("delete: sessions must be a list of ids")
    done = yield from delete_sessions(
        site, list(map(str, wanted)), dry_run=task.get("dry_run") is True
    )
    return asdict(done)


def _reindex(site: Site, task: Mapping[str, Any]) -> Steps:
    done = yield from reindex(site, missing=task.get("missing") is True)
    return asdict(done)


def _reprice(site: Site, task: Mapping[str, Any]) -> Steps:
    asked = (task.get(name) for name in ("since", "until", "session", "model"))
    wanted = read_range(*asked)
    done = yield from reprice(site, wanted, dry_run=task.get("dry_run") is True)
    return asdict(done)


def _import(site: Site, task: Mapping[str, Any]) -> Steps:
    paths = task.get("paths")
    if not isinstance(paths, list):
        raise StoreError("import: paths must be a list of files")
    batch_size = task.get("batch_size")
    report = yield from bring_in(
        site,
        [Path(str(path)) for path in paths],
        skip_existing=task.get("skip_existing") is True,
        continue_on_error=task.get("continue_on_error") is not False,
        batch_size=batch_size if isinstance(batch_size, int) and batch_size > 0 else 1,
    )
    # A set is no JSON.
    return {**asdict(report), "recorded_sessions": sorted(report.recorded_sessions)}


def _scan(site: Site, task: Mapping[str, Any]) -> Steps:
    """What is found is redacted: a mere look needs no writer."""
    try:
        policy = Policy.from_plain(task["policy"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"scan: no policy of redaction: {error!r}") from error
    with closing(vault_of(policy, site.home)) as vault:
        redactor = redactor_of(policy, site.home, vault)
        if redactor is None:
            raise StoreError("scan: the policy redacts nothing")
        done = yield from scan_record(site, Means(redactor, fix=True))
    return asdict(done)

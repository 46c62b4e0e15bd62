"""Files of other programs brought into the record, a few exchanges at a time."""

from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

from lunaroute.importing import Importer, Report, Source, find_sources
from lunaroute.store import open_store
from lunaroute.upkeep._site import Site, redacting


def bring_in(
    site: Site,
    files: Sequence[Path],
    *,
    skip_existing: bool,
    continue_on_error: bool,
    batch_size: int,
) -> Generator[str, None, Report]:
    """Does a bounded piece of work between two yields. Raises StoreError.

    A file is looked at when its turn comes: it may have grown or gone meanwhile.
    """
    with open_store(site.database, writer=True) as store, redacting(site) as redactor:
        importer = Importer(
            store,
            redactor=redactor,
            skip_existing=skip_existing,
            continue_on_error=continue_on_error,
            batch_size=batch_size,
        )
        done = 0

        def sources() -> Iterator[Source]:
            for path in files:
                for each in find_sources([path]):
                    if isinstance(each, Source):
                        yield each
                    else:
                        importer.report.fail(each)

        def advance() -> None:
            nonlocal done
            done += 1

        yield "importing"
        for _ in importer.steps(sources(), advance):
            yield f"importing: {done} of {len(files)} files"
        return importer.report

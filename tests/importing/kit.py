"""Imports fixtures into a store of their own."""

from pathlib import Path

from lunaroute.importing import Importer, Report, Source, find_sources
from lunaroute.store import ExchangeRow, Store

FIXTURES = Path(__file__).parent.parent / "corpora" / "imports"


def bring_in(store: Store | None, *paths: Path, **options) -> Report:
    importer = Importer(store, **options)
    sources = [each for each in find_sources(paths) if isinstance(each, Source)]
    return importer.run(sources, lambda: None)


def tokens(row: ExchangeRow) -> tuple[int | None, ...]:
    """Uncached, read, written, out, thinking or reasoning."""
    named = row.thinking if row.thinking is not None else row.reasoning
    return row.input_uncached, row.cache_read, row.cache_write_5m, row.output, named


def found(store: Store, words: str) -> list[str]:
    return [hit.kind for hit in store.search(words, 10)]

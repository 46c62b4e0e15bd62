"""Where an exchange went, as a URL."""

from lunaroute.errors import ConfigError
from lunaroute.model import Dialect
from lunaroute.routing import parse_base
from lunaroute.store import ExchangeRow


def address(row: ExchangeRow) -> str | None:
    """Base, path and the query as it was kept; None where the provider is not known."""
    if not row.upstream or not row.dialect or not row.path:
        return None
    try:
        dialect = Dialect(row.dialect)
        base = parse_base(row.upstream, dialect)
    except (ConfigError, ValueError):
        return None
    target = f"{row.path}?{row.query}" if row.query else row.path
    joined = base.target(dialect, target.encode("utf-8", "replace"))
    scheme = "https" if base.origin.tls else "http"
    return f"{scheme}://{base.origin.authority.decode()}{joined.decode()}"

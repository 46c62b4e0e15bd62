"""The settings of session recording: what is kept, where, how long, how redacted."""

from typing import TYPE_CHECKING

from pydantic import create_model

from lunaroute.config._kind import (
    Count,
    CustomRedaction,
    Durability,
    Flag,
    Fraction,
    FreeMap,
    LabelHeaders,
    Labels,
    Limit,
    Megabytes,
    Modes,
    Natural,
    Overflow,
    PathText,
    Redaction,
    Text,
)
from lunaroute.config._setting import Section, section, setting
from lunaroute.pii import KINDS


class Retention(Section):
    max_age_days: Limit = setting(
        30,
        "What is older is deleted: files and rows. Counted from the newest record.",
        unit="days",
        built=True,
    )
    max_size_mb: Limit = setting(
        1024,
        "When files and database together are larger, the oldest go.",
        unit="MB",
        built=True,
    )
    max_total_size_gb: Limit | None = setting(
        None,
        "The same limit in GB; of two that are given the smaller one holds.",
        unit="GB",
        built=True,
    )
    compress_after_days: Limit = setting(
        7, "Older session files are compressed (zstd).", unit="days", built=True
    )
    cleanup_interval_minutes: Count = setting(
        60, "How often the limits are looked after.", unit="minutes", built=True
    )


class Jsonl(Section):
    enabled: Flag = setting(
        True,
        "Whether sessions are written as JSON Lines files.",
        env="LUNAROUTE_ENABLE_JSONL_WRITER",
        built=True,
    )
    directory: PathText = setting(
        "<home>/sessions",
        "The directory of these files.",
        env="LUNAROUTE_SESSIONS_DIR",
        built=True,
        path=True,
    )
    retention: Retention = section(Retention, "How long sessions are kept.")


class Sqlite(Section):
    enabled: Flag = setting(
        True,
        "Whether sessions are written into the SQLite database, which search needs.",
        env="LUNAROUTE_ENABLE_SQLITE_WRITER",
        built=True,
    )
    path: PathText = setting(
        "<home>/sessions.db",
        "The database file.",
        env="LUNAROUTE_SESSIONS_DB_PATH",
        built=True,
        path=True,
    )
    max_connections: Count = setting(
        5, "How many connections to the database are kept.", feature="sqlite pool"
    )


class Postgres(Section):
    enabled: Flag = setting(False, "Whether sessions are written into PostgreSQL.")
    connection_string: Text = setting("", "The database to connect to.", secret=True)
    max_connections: Count = setting(5, "The largest number of connections.")
    min_connections: Natural = setting(1, "The number of connections kept open.")
    acquire_timeout_seconds: Count = setting(
        30, "How long to wait for a free connection.", unit="seconds"
    )
    idle_timeout_seconds: Count = setting(
        600, "How long an idle connection is kept.", unit="seconds"
    )
    max_lifetime_seconds: Count = setting(
        1800, "How long any connection is kept.", unit="seconds"
    )


class Worker(Section):
    batch_size: Count = setting(100, "Events that are written together.", unit="events")
    batch_timeout_ms: Count = setting(
        100, "How long a batch waits for more events.", unit="milliseconds"
    )


class CustomPattern(Section):
    name: Text = setting(..., "The kind that its findings are reported as.", built=True)
    pattern: Text = setting(
        ..., "The regular expression, taken verbatim.", template=True, built=True
    )
    confidence: Fraction = setting(0.9, "How sure a match is.", built=True)
    redaction_mode: CustomRedaction = setting(
        "mask", "What happens to a match.", built=True
    )
    placeholder: Text | None = setting(
        None,
        "What a masked match is replaced with, taken verbatim.",
        template=True,
        built=True,
    )


class PiiRules(Section):
    """All but the kinds' switches."""

    enabled: Flag = setting(
        False,
        "Whether personal data is redacted. Secrets are, whatever this says.",
        built=True,
    )
    secrets: Flag = setting(
        True, "Whether keys, tokens and passwords are redacted.", built=True
    )
    min_confidence: Fraction = setting(
        0.7, "Less certain findings are left alone.", built=True
    )
    redaction_mode: Redaction = setting(
        "mask",
        "What becomes of personal data: `mask` writes `[EMAIL]`, `remove` nothing, "
        "`tokenize` `[EMAIL:a3f8e9d2]`, the same for the same value, `partial` the "
        "last characters.",
        built=True,
    )
    secrets_mode: Redaction = setting(
        "mask", "What becomes of secrets; the same words.", built=True
    )
    modes: Modes = setting(
        {}, "What becomes of single kinds, as in `{email: partial}`.", built=True
    )
    partial_show_chars: Natural = setting(
        4,
        "How many characters `partial` leaves; of a secret never more than a quarter.",
        unit="characters",
        built=True,
    )
    hmac_secret: Text = setting(
        "",
        "Keys what `tokenize` writes. Without it a file in the home does.",
        secret=True,
        built=True,
    )
    reversible: Flag = setting(
        False,
        "Whether what `tokenize` replaced is kept, encrypted, for `lunaroute "
        "unredact`. Needs `hmac_secret` from outside the home.",
        built=True,
    )
    detect_loopback_addresses: Flag = setting(
        False,
        "Whether `127.0.0.1`, `::1` and their like count as IP addresses.",
        built=True,
    )
    detect_documentation_addresses: Flag = setting(
        True,
        "Whether addresses that are kept for documents, such as `192.0.2.1` and "
        "`2001:db8::1`, count as IP addresses.",
        built=True,
    )
    custom_patterns: list[CustomPattern] = setting(
        [],
        "Patterns of your own, for RE2. They are looked for whatever else is off.",
        built=True,
    )


if TYPE_CHECKING:
    Pii = PiiRules
else:
    # With one switch for each kind that there is; they are read by their names.
    Pii = create_model(
        "Pii",
        __base__=PiiRules,
        **{
            f"detect_{name}": (
                Flag,
                setting(True, f"Whether it is looked for: {kind.what}.", built=True),
            )
            for name, kind in KINDS.items()
        },
    )


class Cleanup(Section):
    retention: Retention = section(
        Retention,
        "Another spelling of `session_recording.jsonl.retention`.",
        same_as="session_recording.jsonl.retention",
    )


class SessionRecording(Section):
    enabled: Flag = setting(
        True,
        "Whether anything is recorded.",
        env="LUNAROUTE_ENABLE_SESSION_RECORDING",
        flag="--no-recording",
        built=True,
    )
    sessions_dir: PathText | None = setting(
        None,
        "Another spelling of `session_recording.jsonl.directory`.",
        built=True,
        path=True,
        same_as="session_recording.jsonl.directory",
    )
    max_body_mb: Megabytes = setting(
        8,
        "Of a longer request or response body the beginning and the end are kept.",
        unit="MB",
        built=True,
    )
    buffer_mb: Megabytes = setting(
        256,
        "The memory for what is forwarded but not yet recorded.",
        unit="MB",
        built=True,
    )
    overflow: Overflow = setting(
        "shed",
        "When that memory is full: `shed` drops the bodies of the newest exchanges "
        "from the record, `wait` slows forwarding down.",
        built=True,
    )
    durability: Durability = setting(
        "full",
        "`full`: what is recorded survives a loss of power. `fast`: the system writes "
        "it down when it likes; a loss of power may cost the last seconds, a crash of "
        "a process still nothing.",
        built=True,
    )
    writers: FreeMap = setting(
        {},
        "Writers of installed packages that get a copy of all that is recorded, by "
        "their names, with the settings of each; see docs/writers.md.",
        secret=True,
        built=True,
    )
    capture_user_agent: Flag = setting(
        True, "Whether the client's name is recorded.", feature="user agent"
    )
    max_user_agent_length: Count = setting(
        255, "Where it is cut.", unit="characters", feature="user agent"
    )
    metadata: Labels = setting(
        {},
        "What is recorded of every request besides, such as `project: shop`, where no "
        "header of the request says it.",
        built=True,
    )
    metadata_headers: LabelHeaders = setting(
        {},
        "Request headers whose values are recorded, besides `X-Project-ID`, "
        "`X-Developer-ID` and `X-Session-Context`: a map from header to name, such as "
        "`X-Team: team`. They reach the provider, too.",
        built=True,
    )
    jsonl: Jsonl = section(Jsonl, "JSON Lines files.")
    sqlite: Sqlite = section(Sqlite, "The SQLite database.")
    postgres: Postgres = section(Postgres, "A PostgreSQL database.", feature="postgres")
    worker: Worker = section(
        Worker, "Batches of the recorder.", feature="recording worker"
    )
    cleanup: Cleanup = section(Cleanup, "Another spelling of retention.")
    pii: Pii = section(Pii, "Redaction of secrets and personal data.", feature="pii")

"""The schema as numbered steps. A released step is never edited: append another.

Nothing here needs more than what an ordinary ``sqlite3`` has built in.
"""

from lunaroute.store._views import OLDER_NAMES, TOOL_FACTS

# "Luna": tells our file from any other program's that sits at the same path.
APPLICATION_ID = 0x4C756E61

_TABLES = """
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys the hashes of bodies and texts, so that a hash alone confirms no guess.
INSERT INTO meta VALUES ('install_key', lower(hex(randomblob(32))));

CREATE TABLE exchanges (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  client_session_id TEXT,
  agent TEXT,
  parent_agent TEXT,
  request_class TEXT,
  dialect TEXT,
  provider TEXT,
  endpoint TEXT,
  method TEXT,
  path TEXT,
  query TEXT,
  upstream TEXT,
  client TEXT,
  listener TEXT,
  user_agent TEXT,
  model_requested TEXT,
  model_used TEXT,
  response_id TEXT,
  streaming INTEGER NOT NULL,
  status INTEGER,
  stop_reason TEXT,
  error_kind TEXT,
  error_text TEXT,
  has_refusal INTEGER NOT NULL,
  request_bytes INTEGER NOT NULL,
  answer_bytes INTEGER NOT NULL,
  tunnel_up_bytes INTEGER NOT NULL,
  tunnel_down_bytes INTEGER NOT NULL,
  request_truncated INTEGER NOT NULL,
  answer_truncated INTEGER NOT NULL,
  shed_bytes INTEGER NOT NULL,
  request_hash TEXT,
  answer_hash TEXT,
  head_received_us INTEGER,
  first_byte_up_us INTEGER,
  last_byte_up_us INTEGER,
  first_byte_down_us INTEGER,
  first_body_down_us INTEGER,
  first_token_us INTEGER,
  ended_us INTEGER,
  answer_chunks INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  reused INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  tool_count INTEGER NOT NULL,
  has_system INTEGER NOT NULL,
  input_uncached INTEGER,
  cache_read INTEGER,
  cache_write_5m INTEGER,
  cache_write_1h INTEGER,
  output INTEGER,
  thinking INTEGER,
  reasoning INTEGER,
  audio_input INTEGER,
  audio_output INTEGER,
  vendor_usage TEXT,
  request_headers TEXT,
  answer_headers TEXT,
  problem TEXT,
  jsonl_file TEXT
) STRICT;
CREATE INDEX exchanges_by_session ON exchanges (session_id, started_at);
CREATE INDEX exchanges_by_start ON exchanges (started_at);

-- A text that comes back with every turn is kept where it came first.
CREATE TABLE texts (
  id INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL,
  exchange_id TEXT NOT NULL REFERENCES exchanges (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,
  role TEXT NOT NULL,
  text TEXT NOT NULL,
  hash BLOB NOT NULL,
  UNIQUE (session_id, hash)
) STRICT;
CREATE INDEX texts_by_exchange ON texts (exchange_id);
CREATE INDEX texts_by_kind ON texts (session_id, kind);

CREATE TABLE tool_calls (
  exchange_id TEXT NOT NULL REFERENCES exchanges (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  call_id TEXT NOT NULL,
  name TEXT NOT NULL,
  arguments TEXT NOT NULL,
  result_exchange_id TEXT REFERENCES exchanges (id) ON DELETE SET NULL,
  result_text_id INTEGER REFERENCES texts (id) ON DELETE SET NULL,
  result_bytes INTEGER,
  result_is_error INTEGER,
  PRIMARY KEY (exchange_id, ordinal)
) STRICT;
CREATE INDEX tool_calls_by_call ON tool_calls (session_id, call_id);
CREATE INDEX tool_calls_by_result ON tool_calls (result_exchange_id);
CREATE INDEX tool_calls_by_result_text ON tool_calls (result_text_id);
CREATE INDEX tool_calls_by_name ON tool_calls (name);

CREATE TABLE jsonl_files (
  path TEXT PRIMARY KEY,
  day TEXT NOT NULL,
  offset INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX jsonl_files_by_day ON jsonl_files (day);
"""

# Outside tables share nothing with their index but the row ids; the triggers of
# SQLite's own manual keep the two together whoever writes.
_SEARCH = """
CREATE VIRTUAL TABLE texts_index USING fts5 (
  text, content='texts', content_rowid='id',
  tokenize="unicode61 remove_diacritics 2 tokenchars '_'"
);
CREATE TRIGGER texts_inserted AFTER INSERT ON texts BEGIN
  INSERT INTO texts_index (rowid, text) VALUES (new.id, new.text);
END;
CREATE TRIGGER texts_deleted AFTER DELETE ON texts BEGIN
  INSERT INTO texts_index (texts_index, rowid, text)
  VALUES ('delete', old.id, old.text);
END;
CREATE TRIGGER texts_changed AFTER UPDATE OF text ON texts BEGIN
  INSERT INTO texts_index (texts_index, rowid, text)
  VALUES ('delete', old.id, old.text);
  INSERT INTO texts_index (rowid, text) VALUES (new.id, new.text);
END;
"""

# Lists of models and requests to unknown paths belong to no conversation: they are
# rows of `exchanges` and no sessions. Every count is disjoint, total is their sum.
_VIEWS = """
CREATE VIEW sessions AS
SELECT
  e.session_id AS session_id,
  (SELECT f.id FROM exchanges f WHERE f.session_id = e.session_id
    ORDER BY f.started_at, f.seq LIMIT 1) AS request_id,
  strftime('%Y-%m-%d %H:%M:%S', min(e.started_at) / 1000000, 'unixepoch')
    AS started_at,
  strftime('%Y-%m-%d %H:%M:%S',
    max(e.started_at + ifnull(e.ended_us, 0)) / 1000000, 'unixepoch') AS completed_at,
  (SELECT f.provider FROM exchanges f
    WHERE f.session_id = e.session_id AND f.provider IS NOT NULL
    ORDER BY f.started_at DESC, f.seq DESC LIMIT 1) AS provider,
  (SELECT f.listener FROM exchanges f
    WHERE f.session_id = e.session_id AND f.listener IS NOT NULL
    ORDER BY f.started_at, f.seq LIMIT 1) AS listener,
  (SELECT f.model_requested FROM exchanges f
    WHERE f.session_id = e.session_id AND f.model_requested IS NOT NULL
    ORDER BY f.started_at, f.seq LIMIT 1) AS model_requested,
  (SELECT f.model_used FROM exchanges f
    WHERE f.session_id = e.session_id AND f.model_used IS NOT NULL
    GROUP BY f.model_used
    ORDER BY sum(ifnull(f.output, 0) + ifnull(f.thinking, 0)
      + ifnull(f.reasoning, 0) + ifnull(f.audio_output, 0)) DESC, max(f.seq) DESC
    LIMIT 1) AS model_used,
  min(e.outcome = 'answered') AS success,
  (SELECT f.error_text FROM exchanges f
    WHERE f.session_id = e.session_id AND f.error_text IS NOT NULL
    ORDER BY f.started_at DESC, f.seq DESC LIMIT 1) AS error_message,
  (SELECT f.stop_reason FROM exchanges f
    WHERE f.session_id = e.session_id AND f.stop_reason IS NOT NULL
    ORDER BY f.started_at DESC, f.seq DESC LIMIT 1) AS finish_reason,
  (max(e.started_at + ifnull(e.ended_us, 0)) - min(e.started_at)) / 1000
    AS total_duration_ms,
  sum(max(0, ifnull(e.ended_us - e.first_byte_up_us, 0))) / 1000
    AS provider_latency_ms,
  ifnull(sum(e.input_uncached), 0) AS input_tokens,
  ifnull(sum(e.output), 0) AS output_tokens,
  ifnull(sum(e.thinking), 0) AS thinking_tokens,
  ifnull(sum(e.reasoning), 0) AS reasoning_tokens,
  ifnull(sum(e.cache_read), 0) AS cache_read_tokens,
  ifnull(sum(e.cache_write_5m), 0) + ifnull(sum(e.cache_write_1h), 0)
    AS cache_creation_tokens,
  ifnull(sum(e.audio_input), 0) AS audio_input_tokens,
  ifnull(sum(e.audio_output), 0) AS audio_output_tokens,
  ifnull(sum(e.input_uncached), 0) + ifnull(sum(e.output), 0)
    + ifnull(sum(e.thinking), 0) + ifnull(sum(e.reasoning), 0)
    + ifnull(sum(e.cache_read), 0) + ifnull(sum(e.cache_write_5m), 0)
    + ifnull(sum(e.cache_write_1h), 0) + ifnull(sum(e.audio_input), 0)
    + ifnull(sum(e.audio_output), 0) AS total_tokens,
  (SELECT t.text FROM texts t
    WHERE t.session_id = e.session_id AND t.kind = 'prompt'
    ORDER BY t.id DESC LIMIT 1) AS request_text,
  (SELECT t.text FROM texts t
    WHERE t.session_id = e.session_id AND t.kind = 'answer'
    ORDER BY t.id DESC LIMIT 1) AS response_text,
  (SELECT rtrim(rtrim(f.client, '0123456789'), ':') FROM exchanges f
    WHERE f.session_id = e.session_id AND f.client IS NOT NULL
    ORDER BY f.started_at, f.seq LIMIT 1) AS client_ip,
  (SELECT f.user_agent FROM exchanges f
    WHERE f.session_id = e.session_id AND f.user_agent IS NOT NULL
    ORDER BY f.started_at, f.seq LIMIT 1) AS user_agent,
  max(e.streaming) AS is_streaming,
  CAST(avg(e.first_token_us - ifnull(e.first_byte_up_us, 0)) / 1000 AS INTEGER)
    AS time_to_first_token_ms,
  sum(e.answer_chunks) AS chunk_count,
  sum(max(0, ifnull(e.ended_us - e.first_token_us, 0))) / 1000
    AS streaming_duration_ms,
  strftime('%Y-%m-%d %H:%M:%S', min(e.started_at) / 1000000, 'unixepoch')
    AS created_at,
  count(*) AS request_count,
  sum(e.endpoint IN ('messages', 'chat_completions', 'responses')) AS turn_count,
  (SELECT count(*) FROM tool_calls c WHERE c.session_id = e.session_id)
    AS tool_call_count
FROM exchanges e
WHERE ifnull(e.endpoint, '') NOT IN ('models', 'other')
GROUP BY e.session_id;
"""

# A WebSocket's own row lasts as long as all of its turns together, and as the user's
# pauses between them.
_LATENCY = "sum(max(0, ifnull(e.ended_us - e.first_byte_up_us, 0)))"
_VIEWS_WITH_WEBSOCKETS = "DROP VIEW sessions;" + _VIEWS.replace(
    _LATENCY, f"{_LATENCY} FILTER (WHERE ifnull(e.endpoint, '') <> 'websocket')"
)

# Where an exchange's lines stand, whose it was, what it cost.
_PLACES_AND_COSTS = """
ALTER TABLE exchanges ADD COLUMN jsonl_offset INTEGER;
ALTER TABLE exchanges ADD COLUMN jsonl_length INTEGER;
ALTER TABLE exchanges ADD COLUMN project TEXT;
ALTER TABLE exchanges ADD COLUMN metadata TEXT;
ALTER TABLE exchanges ADD COLUMN retry INTEGER NOT NULL DEFAULT 0;
ALTER TABLE exchanges ADD COLUMN cost_usd REAL;
ALTER TABLE exchanges ADD COLUMN cost_input_usd REAL;
ALTER TABLE exchanges ADD COLUMN cost_cache_read_usd REAL;
ALTER TABLE exchanges ADD COLUMN cost_cache_write_usd REAL;
ALTER TABLE exchanges ADD COLUMN cost_output_usd REAL;
ALTER TABLE exchanges ADD COLUMN price_entry TEXT;
ALTER TABLE exchanges ADD COLUMN price_version TEXT;
"""

# Finds what was sent before with the same body.
_RETRIES = """
CREATE INDEX exchanges_by_body
  ON exchanges (session_id, request_hash, started_at, outcome)
  WHERE request_hash IS NOT NULL;
"""

# The parts of identifiers beside the words themselves, which weigh four times as much.
# `identifier_parts` is ours (``_connect``): only this step and the writer call it.
_PARTS = """
DROP TRIGGER texts_inserted;
DROP TRIGGER texts_deleted;
DROP TRIGGER texts_changed;
DROP TABLE texts_index;
ALTER TABLE texts ADD COLUMN parts TEXT NOT NULL DEFAULT '';
UPDATE texts SET parts = identifier_parts(text);
CREATE VIRTUAL TABLE texts_index USING fts5 (
  text, parts, content='texts', content_rowid='id',
  tokenize="unicode61 remove_diacritics 2 tokenchars '_'"
);
INSERT INTO texts_index (texts_index, rank) VALUES ('rank', 'bm25(4.0, 1.0)');
INSERT INTO texts_index (texts_index) VALUES ('rebuild');
CREATE TRIGGER texts_inserted AFTER INSERT ON texts BEGIN
  INSERT INTO texts_index (rowid, text, parts) VALUES (new.id, new.text, new.parts);
END;
CREATE TRIGGER texts_deleted AFTER DELETE ON texts BEGIN
  INSERT INTO texts_index (texts_index, rowid, text, parts)
  VALUES ('delete', old.id, old.text, old.parts);
END;
CREATE TRIGGER texts_changed AFTER UPDATE OF text, parts ON texts BEGIN
  INSERT INTO texts_index (texts_index, rowid, text, parts)
  VALUES ('delete', old.id, old.text, old.parts);
  INSERT INTO texts_index (rowid, text, parts) VALUES (new.id, new.text, new.parts);
END;
"""

# Files that were imported, so that one that did not change is not read again.
_IMPORTS = """
CREATE TABLE imported_files (
  path TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  kind TEXT NOT NULL,
  rows INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# The files that a call's arguments name, for `file:`.
_TOOL_FILES = """
CREATE TABLE tool_files (
  exchange_id TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  path TEXT NOT NULL,
  PRIMARY KEY (exchange_id, ordinal, path),
  FOREIGN KEY (exchange_id, ordinal)
    REFERENCES tool_calls (exchange_id, ordinal) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX tool_files_by_path ON tool_files (path, exchange_id, ordinal);
"""

# All that a list of sessions may be filtered and sorted by: a page's ids are found
# without one of the wide rows.
_SESSIONS_INDEX = """
CREATE INDEX exchanges_for_sessions ON exchanges (
  session_id, started_at, ended_us, endpoint, outcome, streaming, provider, agent,
  project, model_requested, model_used, input_uncached, output, thinking, reasoning,
  cache_read, cache_write_5m, cache_write_1h, audio_input, audio_output, cost_usd
);
"""

# What sessions cost, and of how many exchanges that is not known.
_VIEWS_WITH_COSTS = _VIEWS_WITH_WEBSOCKETS.replace(
    "\nFROM exchanges e\nWHERE",
    """,
  sum(e.cost_usd) AS cost_usd,
  sum(e.cost_usd IS NULL AND ifnull(e.input_uncached, 0) + ifnull(e.cache_read, 0)
    + ifnull(e.cache_write_5m, 0) + ifnull(e.cache_write_1h, 0) + ifnull(e.output, 0)
    + ifnull(e.thinking, 0) + ifnull(e.reasoning, 0) + ifnull(e.audio_input, 0)
    + ifnull(e.audio_output, 0) > 0) AS unpriced_count
FROM exchanges e
WHERE""",
)

# What was replaced before the exchange was written, as JSON: kinds and how often.
_REDACTED = """
ALTER TABLE exchanges ADD COLUMN redacted TEXT;
"""
# Exchanges under way: found at once at the next start. What of an answer has come is
# kept in pieces, so that a long one is not written again and again; it becomes a text
# as any other when it has ended. What is not over is no failure.
_OPEN_ROWS = """
CREATE INDEX exchanges_open ON exchanges (id) WHERE outcome = 'open';
CREATE TABLE open_answers (
  exchange_id TEXT NOT NULL REFERENCES exchanges (id) ON DELETE CASCADE,
  piece INTEGER NOT NULL,
  place TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (exchange_id, piece)
) STRICT, WITHOUT ROWID;
"""
_VIEWS_WITH_OPEN_ROWS = _VIEWS_WITH_COSTS.replace(
    "min(e.outcome = 'answered') AS success",
    "min(e.outcome IN ('answered', 'open')) AS success",
)

# What is kept or goes together: the exchanges of one file; those that stand in none by
# age. What was imported ages from then on, however old it was.
_AGES = """
ALTER TABLE exchanges ADD COLUMN imported_at INTEGER;
UPDATE exchanges SET imported_at = CAST(strftime('%s', 'now') AS INTEGER) * 1000000
  WHERE listener LIKE 'import:%' AND listener <> 'import:lunaroute';
CREATE INDEX exchanges_by_file ON exchanges (jsonl_file) WHERE jsonl_file IS NOT NULL;
CREATE INDEX exchanges_without_file ON exchanges (ifnull(imported_at, started_at))
  WHERE jsonl_file IS NULL;
"""

# How the vendor says it was served: prices differ by it.
_TIERS = """
ALTER TABLE exchanges ADD COLUMN service_tier TEXT;
UPDATE exchanges SET service_tier = json_extract(price_entry, '$.service_tier')
  WHERE json_valid(price_entry);
"""

# When the provider's last byte came: what follows until the end is our own share.
_LAST_BYTES_DOWN = """
ALTER TABLE exchanges ADD COLUMN last_byte_down_us INTEGER;
"""

MIGRATIONS: tuple[str, ...] = (
    _TABLES,
    _SEARCH,
    _VIEWS,
    _VIEWS_WITH_WEBSOCKETS,
    _PLACES_AND_COSTS,
    OLDER_NAMES,
    _RETRIES,
    _PARTS,
    _IMPORTS,
    _TOOL_FILES,
    _SESSIONS_INDEX,
    _VIEWS_WITH_COSTS,
    _REDACTED,
    _OPEN_ROWS,
    _VIEWS_WITH_OPEN_ROWS,
    _AGES,
    TOOL_FACTS,
    _TIERS,
    _LAST_BYTES_DOWN,
)
SCHEMA_VERSION = len(MIGRATIONS)

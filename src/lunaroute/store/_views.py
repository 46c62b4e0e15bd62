"""Views under the older names, for scripts that ask for them; never stored, so that
none can disagree with ``exchanges`` and ``tool_calls``.
"""

_PACE = """
ALTER TABLE exchanges ADD COLUMN content_blocks INTEGER;
ALTER TABLE exchanges ADD COLUMN chunk_avg_ms REAL;
ALTER TABLE exchanges ADD COLUMN chunk_p50_ms REAL;
ALTER TABLE exchanges ADD COLUMN chunk_p95_ms REAL;
ALTER TABLE exchanges ADD COLUMN chunk_p99_ms REAL;
ALTER TABLE exchanges ADD COLUMN chunk_max_ms REAL;
ALTER TABLE exchanges ADD COLUMN chunk_min_ms REAL;
"""

_STARTED = "strftime('%Y-%m-%d %H:%M:%S', e.started_at / 1000000, 'unixepoch')"
_ENDED = (
    "strftime('%Y-%m-%d %H:%M:%S',"
    " (e.started_at + ifnull(e.ended_us, 0)) / 1000000, 'unixepoch')"
)
_MODEL = "coalesce(e.model_used, e.model_requested, 'unknown')"
_OUTPUT = (
    "(ifnull(e.output, 0) + ifnull(e.thinking, 0)"
    " + ifnull(e.reasoning, 0) + ifnull(e.audio_output, 0))"
)
_PREPARED = "(e.first_byte_up_us - e.head_received_us) / 1000.0"
_STREAMED = "(e.ended_us - coalesce(e.first_token_us, e.first_body_down_us))"

# Whatever has tokens has a row, also when it was cut: else the sums would disagree.
_SESSION_STATS = f"""
CREATE VIEW session_stats AS
SELECT
  e.seq AS id, e.session_id AS session_id, e.id AS request_id, {_MODEL} AS model_name,
  {_PREPARED} AS pre_processing_ms,
  CAST(NULL AS REAL) AS post_processing_ms,
  {_PREPARED} AS proxy_overhead_ms,
  ifnull(e.input_uncached, 0) AS input_tokens,
  ifnull(e.output, 0) AS output_tokens,
  ifnull(e.thinking, 0) AS thinking_tokens,
  ifnull(e.reasoning, 0) AS reasoning_tokens,
  ifnull(e.cache_read, 0) AS cache_read_tokens,
  ifnull(e.cache_write_5m, 0) + ifnull(e.cache_write_1h, 0) AS cache_creation_tokens,
  ifnull(e.audio_input, 0) AS audio_input_tokens,
  ifnull(e.audio_output, 0) AS audio_output_tokens,
  CASE WHEN e.streaming AND {_STREAMED} > 0
    THEN 1000000.0 * {_OUTPUT} / {_STREAMED} END AS tokens_per_second,
  CASE WHEN {_OUTPUT} > 0 THEN 100.0 * e.thinking / {_OUTPUT} END
    AS thinking_percentage,
  e.request_bytes AS request_size_bytes, e.answer_bytes AS response_size_bytes,
  e.message_count AS message_count, e.content_blocks AS content_blocks,
  e.tool_count > 0 AS has_tools, e.has_refusal AS has_refusal,
  e.user_agent AS user_agent, {_STARTED} AS created_at
FROM exchanges e
WHERE (e.outcome = 'answered' AND ifnull(e.endpoint, '')
    NOT IN ('models', 'other', 'websocket', 'warm_up', 'count_tokens'))
  OR coalesce(e.input_uncached, e.output, e.thinking, e.reasoning, e.cache_read,
    e.cache_write_5m, e.cache_write_1h, e.audio_input, e.audio_output) IS NOT NULL;
"""  # noqa: S608 - our own names

# From the answer's end to the arrival of the request that brought the result: the
# wait for the user's permission is part of it.
_EXECUTIONS = f"""
CREATE VIEW tool_call_executions AS
SELECT
  c.rowid AS id, c.session_id AS session_id, c.exchange_id AS request_id,
  c.call_id AS tool_call_id, c.name AS tool_name, c.arguments AS tool_arguments,
  max(0, r.started_at - (e.started_at + e.ended_us)) / 1000 AS execution_time_ms,
  length(CAST(c.arguments AS BLOB)) AS input_size_bytes,
  c.result_bytes AS output_size_bytes,
  1 - c.result_is_error AS success,
  {_ENDED} AS created_at
FROM tool_calls c JOIN exchanges e ON e.id = c.exchange_id
LEFT JOIN exchanges r ON r.id = c.result_exchange_id;
"""  # noqa: S608 - our own names

# With min() the bare columns are those of the first call.
_TOOL_STATS = f"""
CREATE VIEW tool_stats AS
SELECT
  min(x.id) AS id, x.session_id AS session_id, x.request_id AS request_id,
  {_MODEL} AS model_name, x.tool_name AS tool_name, count(*) AS call_count,
  CAST(avg(x.execution_time_ms) AS INTEGER) AS avg_execution_time_ms,
  ifnull(sum(x.success = 0), 0) AS error_count,
  x.tool_arguments AS tool_arguments, x.created_at AS created_at
FROM tool_call_executions x JOIN exchanges e ON e.id = x.request_id
GROUP BY x.session_id, x.request_id, x.tool_name;
"""  # noqa: S608 - our own names

_STREAM_METRICS = f"""
CREATE VIEW stream_metrics AS
SELECT
  e.seq AS id, e.session_id AS session_id, e.id AS request_id,
  max(0, e.first_token_us - ifnull(e.first_byte_up_us, 0)) / 1000
    AS time_to_first_token_ms,
  e.answer_chunks AS total_chunks,
  max(0, ifnull(e.ended_us, e.first_token_us) - e.first_token_us) / 1000
    AS streaming_duration_ms,
  e.chunk_avg_ms AS avg_chunk_latency_ms, e.chunk_p50_ms AS p50_chunk_latency_ms,
  e.chunk_p95_ms AS p95_chunk_latency_ms, e.chunk_p99_ms AS p99_chunk_latency_ms,
  e.chunk_max_ms AS max_chunk_latency_ms, e.chunk_min_ms AS min_chunk_latency_ms,
  {_ENDED} AS created_at
FROM exchanges e WHERE e.streaming AND e.first_token_us IS NOT NULL;
"""  # noqa: S608 - our own names

_WIRE_TIME = "max(0, r.started_at - (e.started_at + e.ended_us)) / 1000"

# What clients say of their tools: how long they ran, and whose they are.
TOOL_FACTS = f"""
ALTER TABLE tool_calls ADD COLUMN mcp_server TEXT;
ALTER TABLE tool_calls ADD COLUMN mcp_tool TEXT;
ALTER TABLE tool_calls ADD COLUMN client_us INTEGER;
UPDATE tool_calls SET
  mcp_server = substr(name, 6, instr(substr(name, 6), '__') - 1),
  mcp_tool = substr(name, 5 + instr(substr(name, 6), '__') + 2)
WHERE substr(name, 1, 5) = 'mcp__' AND instr(substr(name, 6), '__') > 1
  AND length(name) > 6 + instr(substr(name, 6), '__');
DROP VIEW tool_stats;
DROP VIEW tool_call_executions;
{_EXECUTIONS.replace(_WIRE_TIME, f"coalesce(c.client_us / 1000, {_WIRE_TIME})")}
{_TOOL_STATS}
"""  # noqa: S608 - our own names

OLDER_NAMES = _PACE + _SESSION_STATS + _EXECUTIONS + _TOOL_STATS + _STREAM_METRICS

"""How streams begin, go on and end: known before, and so hardly any room in what is
packed with it.

Never change it: what was packed with it needs it.
"""

FRAMES = (
    b'data: {"id":"chatcmpl-","object":"chat.completion.chunk","created":17,"model":'
    b'"gpt-","service_tier":"default","system_fingerprint":"fp_","choices":[{"index":'
    b'0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,'
    b'"finish_reason":null}],"usage":null,"obfuscation":""}\n\n'
    b'"delta":{"tool_calls":[{"index":0,"id":"call_","type":"function","function":'
    b'{"name":"","arguments":""}}]}"delta":{},"finish_reason":"tool_calls""stop"'
    b'"usage":{"prompt_tokens":,"completion_tokens":,"total_tokens":,'
    b'"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
    b'"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,'
    b'"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
    b"data: [DONE]\n\n"
    b'event: response.created\ndata: {"type":"response.created","sequence_number":0,'
    b'"response":{"id":"resp_","object":"response","created_at":17,"status":'
    b'"in_progress","background":false,"error":null,"incomplete_details":null,'
    b'"instructions":null,"max_output_tokens":null,"model":"gpt-5","output":[],'
    b'"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,'
    b'"reasoning":{"effort":"medium","summary":"auto"},"store":false,"temperature":'
    b'1.0,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto",'
    b'"tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,'
    b'"metadata":{}}}\n\nevent: response.output_item.added\ndata: {"type":'
    b'"response.output_item.added","output_index":0,"item":{"id":"msg_","type":'
    b'"message","status":"in_progress","content":[],"role":"assistant"}}\n\n'
    b"event: response.function_call_arguments.delta\nevent: response.completed\n"
    b'event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
    b'"item_id":"msg_","output_index":0,"content_index":0,"delta":"","logprobs":[],'
    b'"usage":{"input_tokens":,"input_tokens_details":{"cached_tokens":},'
    b'"output_tokens":,"output_tokens_details":{"reasoning_tokens":},"total_tokens":}'
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_","type"'
    b':"message","role":"assistant","model":"claude-","content":[],"stop_reason":null,'
    b'"stop_sequence":null,"usage":{"input_tokens":,"cache_creation_input_tokens":,'
    b'"cache_read_input_tokens":,"cache_creation":{"ephemeral_5m_input_tokens":,'
    b'"ephemeral_1h_input_tokens":},"output_tokens":1,"service_tier":"standard"}}}\n\n'
    b'event: ping\ndata: {"type": "ping"}\n\nevent: content_block_start\ndata: {"type":'
    b'"content_block_start","index":0,"content_block":{"type":"thinking","thinking":'
    b'"","signature":""}}\n\nevent: content_block_start\ndata: {"type":'
    b'"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_'
    b'","name":"","input":{}}}\n\nevent: content_block_delta\ndata: {"type":'
    b'"content_block_delta","index":1,"delta":{"type":"input_json_delta",'
    b'"partial_json":""}}\n\nevent: content_block_start\ndata: {"type":'
    b'"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,'
    b'"delta":{"type":"text_delta","text":""}}\n\nevent: content_block_stop\ndata: '
    b'{"type":"content_block_stop","index":0}\n\nevent: message_delta\ndata: {"type":'
    b'"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":'
    b'{"output_tokens":}}\n\n"stop_reason":"end_turn"event: message_stop\ndata: '
    b'{"type":"message_stop"}\n\n'
)

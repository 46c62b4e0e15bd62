"""HTTP/1.1 and its streams without I/O: heads, body ends, replies, events, frames."""

from lunaroute._fast import FramingError as FramingError
from lunaroute.wire._body import Follower as Follower
from lunaroute.wire._body import follower as follower
from lunaroute.wire._dechunk import Dechunker as Dechunker
from lunaroute.wire._head import forward_request as forward_request
from lunaroute.wire._head import forward_response as forward_response
from lunaroute.wire._head import parse_request as parse_request
from lunaroute.wire._head import parse_response as parse_response
from lunaroute.wire._judge import MAX_HEAD as MAX_HEAD
from lunaroute.wire._message import END as END
from lunaroute.wire._message import Framing as Framing
from lunaroute.wire._message import RequestHead as RequestHead
from lunaroute.wire._message import ResponseHead as ResponseHead
from lunaroute.wire._message import host_name as host_name
from lunaroute.wire._reader import HeadReader as HeadReader
from lunaroute.wire._reply import error_body as error_body
from lunaroute.wire._reply import reply as reply
from lunaroute.wire._sse import SseDecoder as SseDecoder
from lunaroute.wire._sse import SseEvent as SseEvent
from lunaroute.wire._websocket import WebSocketDecoder as WebSocketDecoder
from lunaroute.wire._websocket import WebSocketMessage as WebSocketMessage

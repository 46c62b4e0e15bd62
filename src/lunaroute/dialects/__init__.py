"""Reads model, texts, tools, usage, stop reason and errors out of bodies and streams.

Pure functions of bytes; nothing here changes what it reads.
"""

from lunaroute.dialects._answer import AnswerReader as AnswerReader
from lunaroute.dialects._answer import MessageReader as MessageReader
from lunaroute.dialects._answer import StreamReader as StreamReader
from lunaroute.dialects._answer import answer_reader as answer_reader
from lunaroute.dialects._answer import following_reader as following_reader
from lunaroute.dialects._answer import message_reader as message_reader
from lunaroute.dialects._delta import Delta as Delta
from lunaroute.dialects._delta import DeltaKind as DeltaKind
from lunaroute.dialects._delta import read_deltas as read_deltas
from lunaroute.dialects._endpoint import endpoint_of as endpoint_of
from lunaroute.dialects._json import Json as Json
from lunaroute.dialects._json import JsonObject as JsonObject
from lunaroute.dialects._json import get_count as get_count
from lunaroute.dialects._json import get_object as get_object
from lunaroute.dialects._json import get_objects as get_objects
from lunaroute.dialects._json import get_str as get_str
from lunaroute.dialects._json import read_json as read_json
from lunaroute.dialects._json import read_object as read_object
from lunaroute.dialects._request import facts_of_request as facts_of_request
from lunaroute.dialects._request import read_request as read_request
from lunaroute.dialects._responses_socket import SocketRequest as SocketRequest
from lunaroute.dialects._responses_socket import begins_response as begins_response
from lunaroute.dialects._responses_socket import socket_request as socket_request
from lunaroute.dialects._session import session_of as session_of

__all__ = [
    "AnswerReader",
    "Delta",
    "DeltaKind",
    "Json",
    "JsonObject",
    "MessageReader",
    "SocketRequest",
    "StreamReader",
    "answer_reader",
    "begins_response",
    "endpoint_of",
    "facts_of_request",
    "following_reader",
    "get_count",
    "get_object",
    "get_objects",
    "get_str",
    "message_reader",
    "read_deltas",
    "read_json",
    "read_object",
    "read_request",
    "session_of",
    "socket_request",
]

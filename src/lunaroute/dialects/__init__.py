"""Reads model, texts, tools, usage, stop reason and errors out of bodies and streams.

Pure functions of bytes; nothing here changes what it reads.
"""

from lunaroute.dialects._answer import AnswerReader as AnswerReader
from lunaroute.dialects._answer import answer_reader as answer_reader
from lunaroute.dialects._endpoint import endpoint_of as endpoint_of
from lunaroute.dialects._request import read_request as read_request
from lunaroute.dialects._session import session_of as session_of

__all__ = [
    "AnswerReader",
    "answer_reader",
    "endpoint_of",
    "read_request",
    "session_of",
]

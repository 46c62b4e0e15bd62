"""Turns raw exchanges into JSONL events and rows of the store, each exactly once."""

from lunaroute.recording._allowed import answer_headers as answer_headers
from lunaroute.recording._allowed import masked_headers as masked_headers
from lunaroute.recording._allowed import request_headers as request_headers
from lunaroute.recording._allowed import split_target as split_target
from lunaroute.recording._body import Unframed as Unframed
from lunaroute.recording._cost import cost_of_answer as cost_of_answer
from lunaroute.recording._cost import with_cost as with_cost
from lunaroute.recording._frames import is_deflated as is_deflated
from lunaroute.recording._head import Head as Head
from lunaroute.recording._head import read_head as read_head
from lunaroute.recording._metadata import Labels as Labels
from lunaroute.recording._news import News as News
from lunaroute.recording._opening import Asked as Asked
from lunaroute.recording._opening import snapshot as snapshot
from lunaroute.recording._outcome import ending_of as ending_of
from lunaroute.recording._outcome import outcome_of as outcome_of
from lunaroute.recording._raw import SessionFiles as SessionFiles
from lunaroute.recording._raw import read_lines as read_lines
from lunaroute.recording._raw import recorded_request as recorded_request
from lunaroute.recording._reading import clean as clean
from lunaroute.recording._rebuilding import Rebuilder as Rebuilder
from lunaroute.recording._rebuilding import Rebuilt as Rebuilt
from lunaroute.recording._recorder import RecordedBatch as RecordedBatch
from lunaroute.recording._recorder import Recorder as Recorder
from lunaroute.recording._redaction import Redaction as Redaction
from lunaroute.recording._replacement import (
    finish_replacement as finish_replacement,
)
from lunaroute.recording._replacement import replacement as replacement
from lunaroute.recording._replacement import sync_directory as sync_directory
from lunaroute.recording._replacement import (
    unfinished_replacement as unfinished_replacement,
)
from lunaroute.recording._rewriting import Rewriter as Rewriter
from lunaroute.recording._rows import call_row as call_row
from lunaroute.recording._session import name_session as name_session
from lunaroute.recording._so_far import Came as Came
from lunaroute.recording._so_far import SoFar as SoFar
from lunaroute.recording._socket_so_far import CameFrames as CameFrames
from lunaroute.recording._socket_so_far import SocketSoFar as SocketSoFar
from lunaroute.recording._texts import brought_rows as brought_rows
from lunaroute.recording._texts import spoken_rows as spoken_rows
from lunaroute.recording._texts import text_hash as text_hash
from lunaroute.recording._vaulted import redactor_of as redactor_of
from lunaroute.recording._vaulted import vault_of as vault_of

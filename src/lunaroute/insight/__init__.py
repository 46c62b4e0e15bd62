"""Functions from the store to frozen results: what the commands and pages show."""

from lunaroute.insight._history import Event as Event
from lunaroute.insight._history import SessionRecord as SessionRecord
from lunaroute.insight._history import ToolUse as ToolUse
from lunaroute.insight._history import iso as iso
from lunaroute.insight._history import session_record as session_record
from lunaroute.insight._history import session_timeline as session_timeline
from lunaroute.insight._history import session_tools as session_tools
from lunaroute.insight._sessions import SessionDetail as SessionDetail
from lunaroute.insight._sessions import SessionList as SessionList
from lunaroute.insight._sessions import Tokens as Tokens
from lunaroute.insight._sessions import Turn as Turn
from lunaroute.insight._sessions import session_detail as session_detail
from lunaroute.insight._sessions import session_list as session_list

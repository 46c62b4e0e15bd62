"""Functions from the store to frozen results: what the commands and pages show."""

from lunaroute.insight._sessions import SessionDetail as SessionDetail
from lunaroute.insight._sessions import SessionList as SessionList
from lunaroute.insight._sessions import Tokens as Tokens
from lunaroute.insight._sessions import Turn as Turn
from lunaroute.insight._sessions import session_detail as session_detail
from lunaroute.insight._sessions import session_list as session_list

"""Pure choice: which provider, which address, whose credentials."""

from lunaroute.routing._base import Base as Base
from lunaroute.routing._base import Origin as Origin
from lunaroute.routing._base import parse_base as parse_base
from lunaroute.routing._codex import CodexAuth as CodexAuth
from lunaroute.routing._codex import Login as Login
from lunaroute.routing._codex import LoginError as LoginError
from lunaroute.routing._codex import codex_user_agent as codex_user_agent
from lunaroute.routing._codex import is_openais as is_openais
from lunaroute.routing._codex import login_change as login_change
from lunaroute.routing._codex import may_use_login as may_use_login
from lunaroute.routing._codex import parse_login as parse_login
from lunaroute.routing._credentials import UNCHANGED as UNCHANGED
from lunaroute.routing._credentials import HeaderChange as HeaderChange
from lunaroute.routing._credentials import Key as Key
from lunaroute.routing._credentials import credentials as credentials
from lunaroute.routing._facts import TELLING as TELLING
from lunaroute.routing._facts import Facts as Facts
from lunaroute.routing._facts import facts_of as facts_of
from lunaroute.routing._hops import count_forward as count_forward
from lunaroute.routing._hops import forwards_left as forwards_left
from lunaroute.routing._loopback import is_loopback as is_loopback
from lunaroute.routing._paths import Bypass as Bypass
from lunaroute.routing._paths import dialect_of as dialect_of
from lunaroute.routing._paths import guess_dialect as guess_dialect
from lunaroute.routing._strays import refuse_strays as refuse_strays

"""Pure choice: which provider, which address, whose credentials."""

from lunaroute.routing._base import Base as Base
from lunaroute.routing._base import Origin as Origin
from lunaroute.routing._base import parse_base as parse_base
from lunaroute.routing._credentials import UNCHANGED as UNCHANGED
from lunaroute.routing._credentials import HeaderChange as HeaderChange
from lunaroute.routing._credentials import Key as Key
from lunaroute.routing._credentials import credentials as credentials
from lunaroute.routing._paths import Facts as Facts
from lunaroute.routing._paths import dialect_of as dialect_of
from lunaroute.routing._paths import guess_dialect as guess_dialect

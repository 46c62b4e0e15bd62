"""Settings: declared once, read from file, environment and flags, handed out frozen.

Only short-lived processes import this package. Everything that runs for long is
told what it needs by the plan that ``python -m lunaroute.config resolve`` writes.
"""

from lunaroute.config._declaration import Declaration as Declaration
from lunaroute.config._declaration import declarations as declarations
from lunaroute.config._declaration import find as find
from lunaroute.config._declaration import flags as flags
from lunaroute.config._declaration import variables as variables
from lunaroute.config._layer import Value as Value
from lunaroute.config._location import Location as Location
from lunaroute.config._plan import make_plan as make_plan
from lunaroute.config._redaction import policy as policy
from lunaroute.config._reference import example as example
from lunaroute.config._reference import reference as reference
from lunaroute.config._resolution import Resolved as Resolved
from lunaroute.config._resolution import check_file as check_file
from lunaroute.config._resolution import resolve as resolve
from lunaroute.config._settings import Settings as Settings

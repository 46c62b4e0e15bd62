"""Personal data and secrets: what is found in a text, and what becomes of it."""

from lunaroute.pii._custom import CustomPattern as CustomPattern
from lunaroute.pii._cut import without_half as without_half
from lunaroute.pii._detector import Detector as Detector
from lunaroute.pii._finding import Finding as Finding
from lunaroute.pii._finding import resolve as resolve
from lunaroute.pii._kind import KINDS as KINDS
from lunaroute.pii._kind import PERSONAL as PERSONAL
from lunaroute.pii._kind import SECRETS as SECRETS
from lunaroute.pii._kind import Kind as Kind
from lunaroute.pii._plugin import DetectorPlugin as DetectorPlugin
from lunaroute.pii._plugin import load_plugins as load_plugins
from lunaroute.pii._policy import Policy as Policy
from lunaroute.pii._policy import label_of as label_of
from lunaroute.pii._pseudonym import MemoryBook as MemoryBook
from lunaroute.pii._pseudonym import TokenBook as TokenBook
from lunaroute.pii._pseudonym import Tokens as Tokens
from lunaroute.pii._pseudonym import derived_key as derived_key
from lunaroute.pii._redactor import Mark as Mark
from lunaroute.pii._redactor import Redacted as Redacted
from lunaroute.pii._redactor import Redactor as Redactor
from lunaroute.pii._rule import Mode as Mode
from lunaroute.pii._rule import Rule as Rule
from lunaroute.pii._spot import Finder as Finder
from lunaroute.pii._spot import Spot as Spot
from lunaroute.pii._spot import spots as spots

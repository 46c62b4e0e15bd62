"""A recorded session in formats that other programs read; nothing is invented."""

from lunaroute.exporting._copy import CopiedTurn as CopiedTurn
from lunaroute.exporting._copy import Copy as Copy
from lunaroute.exporting._copy import copy_session as copy_session
from lunaroute.exporting._formats import FORMATS as FORMATS
from lunaroute.exporting._formats import Format as Format
from lunaroute.exporting._formats import export_name as export_name
from lunaroute.exporting._formats import exported as exported
from lunaroute.exporting._replies import Replay as Replay
from lunaroute.exporting._replies import Reply as Reply
from lunaroute.exporting._replies import replies_of as replies_of

"""Looks after a record that is there: what goes, and when; by one writer at a time."""

from lunaroute.upkeep._lock import Contact as Contact
from lunaroute.upkeep._lock import RecorderRuns as RecorderRuns
from lunaroute.upkeep._lock import find_contact as find_contact
from lunaroute.upkeep._lock import leave_contact as leave_contact
from lunaroute.upkeep._lock import lock_path as lock_path
from lunaroute.upkeep._lock import sole_writer as sole_writer
from lunaroute.upkeep._scan import Means as Means
from lunaroute.upkeep._scan import Place as Place
from lunaroute.upkeep._scan import Scan as Scan
from lunaroute.upkeep._scan import scan_files as scan_files
from lunaroute.upkeep._scan import scan_record as scan_record
from lunaroute.upkeep._site import Limits as Limits
from lunaroute.upkeep._site import Site as Site
from lunaroute.upkeep._task import Steps as Steps
from lunaroute.upkeep._task import begin as begin

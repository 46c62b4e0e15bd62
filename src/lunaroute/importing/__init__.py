"""What other programs recorded, read as exchanges and brought into the store."""

from lunaroute.importing._importer import Importer as Importer
from lunaroute.importing._importer import Report as Report
from lunaroute.importing._source import Kind as Kind
from lunaroute.importing._source import Source as Source
from lunaroute.importing._source import find_sources as find_sources

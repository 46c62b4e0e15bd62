"""The SQLite file: opened, migrated, written and searched. The only door to APSW."""

from lunaroute.store._connect import make_private_directory as make_private_directory
from lunaroute.store._fields import FIELD_NAMES as FIELD_NAMES
from lunaroute.store._imports import ImportedFile as ImportedFile
from lunaroute.store._imports import Imports as Imports
from lunaroute.store._query import Query as Query
from lunaroute.store._query import parse_query as parse_query
from lunaroute.store._rows import ExchangeRow as ExchangeRow
from lunaroute.store._rows import Hit as Hit
from lunaroute.store._rows import JsonlFile as JsonlFile
from lunaroute.store._rows import Prepared as Prepared
from lunaroute.store._rows import SessionRow as SessionRow
from lunaroute.store._rows import StoredCall as StoredCall
from lunaroute.store._rows import StoredText as StoredText
from lunaroute.store._rows import TextRow as TextRow
from lunaroute.store._rows import ToolCallRow as ToolCallRow
from lunaroute.store._rows import ToolResultRow as ToolResultRow
from lunaroute.store._schema import APPLICATION_ID as APPLICATION_ID
from lunaroute.store._schema import SCHEMA_VERSION as SCHEMA_VERSION
from lunaroute.store._search import Sort as Sort
from lunaroute.store._store import Store as Store
from lunaroute.store._store import open_store as open_store
from lunaroute.store._write import Batch as Batch

"""The link between gateway and observer: frames and both ends' bookkeeping.

No sockets live here; the two wings move the bytes.
"""

from lunaroute.link._assembler import Assembler as Assembler
from lunaroute.link._exchange import Anchor as Anchor
from lunaroute.link._exchange import Ending as Ending
from lunaroute.link._exchange import ExchangeId as ExchangeId
from lunaroute.link._exchange import RawExchange as RawExchange
from lunaroute.link._exchange import Route as Route
from lunaroute.link._exchange import Tapped as Tapped
from lunaroute.link._exchange import Times as Times
from lunaroute.link._frame import HEADER_SIZE as HEADER_SIZE
from lunaroute.link._frame import Frame as Frame
from lunaroute.link._frame import FrameReader as FrameReader
from lunaroute.link._frame import Gauge as Gauge
from lunaroute.link._frame import Hello as Hello
from lunaroute.link._frame import Kind as Kind
from lunaroute.link._frame import pack_ack as pack_ack
from lunaroute.link._frame import pack_health as pack_health
from lunaroute.link._frame import read_ack as read_ack
from lunaroute.link._outbox import Outbox as Outbox
from lunaroute.link._outbox import TapLimits as TapLimits
from lunaroute.link._tape import TAIL_BYTES as TAIL_BYTES
from lunaroute.link._tape import Tape as Tape

"""The hot wing: runs between a client's byte and a provider's byte, understands
nothing it need not.
"""

from lunaroute.gateway._options import GatewayOptions as GatewayOptions
from lunaroute.gateway._run import run as run

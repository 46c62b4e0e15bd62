"""What an exchange cost, by a table of list prices that is shipped, never fetched, and
by prices of one's own.
"""

from lunaroute.pricing._cost import Cost
from lunaroute.pricing._override import PARTS, use_overrides
from lunaroute.pricing._price import price

__all__ = ["PARTS", "Cost", "price", "use_overrides"]

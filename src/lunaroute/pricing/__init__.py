"""What an exchange cost, by a table of list prices that is shipped, never fetched."""

from lunaroute.pricing._cost import Cost
from lunaroute.pricing._price import price

__all__ = ["Cost", "price"]

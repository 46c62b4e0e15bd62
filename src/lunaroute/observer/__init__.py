"""The cool wing: understands everything, delays nobody."""

from lunaroute.observer._options import ObserverOptions as ObserverOptions
from lunaroute.observer._run import run as run

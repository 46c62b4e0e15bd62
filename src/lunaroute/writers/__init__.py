"""What a writer of somebody else's is: it gets a copy of all that is recorded."""

from lunaroute.writers._loading import GROUP as GROUP
from lunaroute.writers._loading import installed_writers as installed_writers
from lunaroute.writers._loading import load_writer as load_writer
from lunaroute.writers._writer import SessionWriter as SessionWriter
from lunaroute.writers._writer import Written as Written

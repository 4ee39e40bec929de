"""What is known to have happened: figures with unit, period, party, definition and source.

``read(folder)`` gives a ``Ledger``; the rest of the room is imported by module when it is used.
"""

from castor.ledger.figure import Figure, Source
from castor.ledger.record import Conflict, Ledger, ledger_of, read

__all__ = ["Conflict", "Figure", "Ledger", "Source", "ledger_of", "read"]

"""``python -m castor`` is the command line."""

from castor.cli import main

main()

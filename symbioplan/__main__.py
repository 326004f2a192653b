"""``python -m symbioplan``."""

from symbioplan.cli import main

main()

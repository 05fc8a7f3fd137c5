"""`python -m collector` is the command `rcstats`."""

from collector.cli import main

main()

"""`python -m collector` is the command `rcstats`."""

from collector.cli.main import main

main()

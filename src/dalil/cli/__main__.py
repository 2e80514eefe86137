"""Run the command line as ``python -m dalil.cli``."""

from __future__ import annotations

from dalil.cli.main import main

main()

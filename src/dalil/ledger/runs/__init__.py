"""Runs: what a ledger derives from its columns, in immutable files.

A run covers the rows of some blocks and answers, for those rows: which row has
this txid or address; which input spends this output; which outputs were paid
to this address. It is written once and never changed. A reader holds the runs
of its commit, and so keeps its snapshot whatever is committed later. Runs are
merged when there are many, and trimmed when a reorganisation takes blocks
away; either gives the bytes that building over the same rows would give.

Bytes, by section (see `file` for the layout):

=====================  =========================================================
``tx.entries``         16 per transaction
``tx.buckets``         0.5 to 1 per transaction
``tx.sieve``           1.33 per transaction
``address.entries``    16 per new address
``address.buckets``    0.5 to 1 per new address
``address.sieve``      1.33 per new address
``spent.own``          8 per output
``spent.older``        16 per input that spends an output of an earlier run
``history.own``        4 per new address
``history.older``      4 per earlier address that is paid again
``history.offsets``    4 per earlier address that is paid again
``history.rows``       4 per output that has an address
``outside.…``          8 per address told for inputs from outside, 4 per input
=====================  =========================================================

Once all is merged into one run, a chain costs 18 to 18.5 bytes per
transaction, 22 to 22.5 per address and 12 per output.
"""

from dalil.ledger.runs.file import Rows
from dalil.ledger.runs.merge import merge_runs
from dalil.ledger.runs.old import OldRuns
from dalil.ledger.runs.parts import RunParts, write_run
from dalil.ledger.runs.postings import history_part, outside_part
from dalil.ledger.runs.run import Run
from dalil.ledger.runs.runs import Runs
from dalil.ledger.runs.spent import spent_part
from dalil.ledger.runs.trim import trim_run

__all__ = [
    "OldRuns",
    "Rows",
    "Run",
    "RunParts",
    "Runs",
    "history_part",
    "merge_runs",
    "outside_part",
    "spent_part",
    "trim_run",
    "write_run",
]

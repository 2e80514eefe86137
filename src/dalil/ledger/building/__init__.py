"""The parts of a build, in the order a block meets them.

`known` and `heights` say where it belongs, `ahead` and `batch` load it, `undo`
tells what its inputs spend, `taking` puts it into the open segment, `writer`
joins and commits, `resolved` says what the join adds to the columns.
"""

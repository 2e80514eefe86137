"""Saved answers of a TRON node: ``getblockbynum`` and what is told of its calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.chains import tron
from dalil.errors import DalilError, InputError, LimitError
from dalil.sources.accounts.grouping import grouped, unheld
from dalil.sources.accounts.report import SourceReport
from dalil.sources.accounts.strictjson import parse
from dalil.sources.accounts.tronblocks import header_of, tron_block

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from dalil.chains.accounts import AccountBatch
    from dalil.progress import Progress
    from dalil.sources.accounts.shaping import BlockRows

__all__ = ["TronFiles", "saved_files", "saved_items"]

_MAX_FILE = 1 << 28
_Place = tuple["Path", int]


class TronFiles:
    """Files of blocks and of infos, each one JSON, a list of such, or one a line.

    Parameters
    ----------
    chain : str
        CAIP-2.
    paths : sequence of Path
        Files, or folders of files ending in ``.json`` or ``.jsonl``.
    first, last : int, optional
        Blocks outside are passed over.

    Notes
    -----
    Files are read twice: once to see which blocks they hold. Memory: one file
    and one block's worth of infos at a time.
    """

    kind = "tron"

    def __init__(
        self,
        paths: Sequence[Path],
        chain: str = tron.CAIP2,
        *,
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        self.chain = chain
        self.report = SourceReport()
        self._paths = [file for path in paths for file in saved_files(path)]
        self._first, self._last = first, last
        self._open: dict[Path, list[Any]] = {}

    def batches(
        self,
        after: int | None,
        known: Callable[[int], bytes | None],
        progress: Progress,
    ) -> Iterator[AccountBatch]:
        """Give the files' blocks, ascending; see `AccountSource`."""
        blocks = unheld(self._linked(), after, known)
        yield from grouped(self.chain, blocks, self.report, progress, after=after)
        if self.report.n_from_calls:
            self.report.note(
                "calls",
                f"{self.report.n_from_calls} transfers are taken from calls: no logs "
                "are here to confirm them, and what other contracts moved is not known",
            )

    def _linked(self) -> Iterator[BlockRows]:
        """Give blocks in order, each the child of the one before it."""
        places, infos = self._index()
        before: BlockRows | None = None
        for number in sorted(places):
            block = self._item(places[number])
            told = [self._item(place) for place in infos.get(number, [])]
            try:
                rows = tron_block(block, told, self.chain, self.report)
            except DalilError as error:
                path = places[number][0]
                raise InputError(f"{error.message} ({error.value})", path) from error
            child = before is None or number != before.number + 1
            if not child and before is not None and rows.parent != before.hash:
                raise InputError(
                    f"block {number} is no child of the one before", number
                )
            before = rows
            yield rows

    def _index(self) -> tuple[dict[int, _Place], dict[int, list[_Place]]]:
        blocks: dict[int, _Place] = {}
        names: dict[int, bytes] = {}
        infos: dict[int, list[_Place]] = {}
        for path in self._paths:
            for i, item in enumerate(self._items(path)):
                what = item if isinstance(item, dict) else {}
                if "block_header" in what:
                    try:
                        rows = header_of(what)
                    except DalilError as error:
                        message = f"{error.message} ({error.value})"
                        raise InputError(message, path) from error
                    self._add(rows, (path, i), blocks, names)
                elif "id" in what and "blockNumber" in what:
                    number = what["blockNumber"]
                    if type(number) is int:
                        infos.setdefault(number, []).append((path, i))
                else:
                    self.report.note(
                        path.name, "neither a block nor infos; passed over"
                    )
        for number in sorted(infos.keys() - blocks.keys()):
            self.report.note(
                f"block {number}", "infos without their block; passed over"
            )
        return blocks, infos

    def _add(
        self,
        rows: BlockRows,
        place: _Place,
        blocks: dict[int, _Place],
        names: dict[int, bytes],
    ) -> None:
        number = rows.number
        if self._first is not None and number < self._first:
            return
        if self._last is not None and number > self._last:
            return
        if number in blocks:
            if names[number] != rows.hash:
                raise InputError(f"two different blocks {number}", place[0])
            self.report.n_duplicates_dropped += 1
            return
        blocks[number], names[number] = place, rows.hash

    def _item(self, place: _Place) -> Any:  # noqa: ANN401 - JSON
        return self._items(place[0])[place[1]]

    def _items(self, path: Path) -> list[Any]:
        """Read a file's items, and keep those of the last two files asked for.

        Blocks and their infos mostly lie in two files, asked for in turn.
        """
        if path not in self._open:
            while len(self._open) > 1:
                del self._open[next(iter(self._open))]
            self._open[path] = saved_items(path)
        return self._open[path]


def saved_files(path: Path) -> list[Path]:
    """List the JSON files of a folder, or the one file."""
    if path.is_dir():
        found = [f for f in sorted(path.rglob("*.json*")) if f.is_file()]
        if not found:
            raise InputError("no .json file is here", path)
        return found
    if not path.is_file():
        raise InputError("no such file or folder", path)
    return [path]


def saved_items(path: Path) -> list[Any]:
    """Read the objects of a file: one, a list, or one a line."""
    try:
        if path.stat().st_size > _MAX_FILE:
            raise LimitError("larger than 256 MiB; split it", path)
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"not readable: {error.strerror}", path) from error
    lines = [line for line in raw.splitlines() if line.strip()]
    if len(lines) > 1 and _is_whole(lines[0]) and _is_whole(lines[1]):
        held = [parse(line, f"{path}, line {i}") for i, line in enumerate(lines, 1)]
    else:
        held = [parse(raw, path)]
    found: list[Any] = []
    for item in held:
        inner = item.get("block") if isinstance(item, dict) else item
        found += inner if isinstance(inner, list) else [item]
    return found


def _is_whole(line: bytes) -> bool:
    """Whether a line looks like JSON of its own: one object or list, closed."""
    ends = line.strip()[:1] + line.strip()[-1:]
    return ends in (b"{}", b"[]")

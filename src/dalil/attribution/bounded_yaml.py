"""YAML from strangers: parsed fast, with line numbers, and never out of hand.

libyaml's parser hands out events; here they are put together without
recursion. So depth is bounded (PyYAML's own fast loader ends the process on a
file of brackets), aliases cannot multiply (the "billion laughs"), a key that
stands twice is refused instead of overwritten, and each mapping knows its
line. Values are typed as ``yaml.safe_load`` types them, with one exception:
what stands under `RAW_KEYS` stays text, because an address without quotes
would be read as a number and lose its letters' case.
"""

from __future__ import annotations

from typing import Any, ClassVar

import yaml

from dalil.errors import InputError, LimitError

__all__ = ["RAW_KEYS", "YamlMap", "read_yaml"]

RAW_KEYS = frozenset({"address", "tx_hash"})

_MAX_DEPTH = 32
_TOO_DEEP = f"nested deeper than {_MAX_DEPTH} levels"
_MAX_ALIASED = 100_000
"""Values that aliases may add up to, over the whole file."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PREFIX = "tag:yaml.org,2002:"
_TYPED = frozenset(
    _PREFIX + name for name in ("int", "float", "bool", "null", "timestamp")
)
_MERGE = object()


class YamlMap(dict[str, Any]):
    """A mapping that knows the line (from 1) it starts on."""

    __slots__ = ("line",)

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


def read_yaml(text: str) -> Any:  # noqa: ANN401 - as wide as YAML
    r"""Read one YAML document.

    Raises
    ------
    InputError
        If it is not YAML, breaks off, holds several documents, a key twice,
        or a tag that asks for code; the value is ``line N``.
    LimitError
        If it nests deeper than 32 levels or its aliases unfold too far.

    Examples
    --------
    >>> read_yaml("label: x\ntags:\n- address: 0x10")
    {'label': 'x', 'tags': [{'address': '0x10'}]}
    """
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        if "nesting depth" in str(error.problem):  # newer libyaml stops before us
            raise LimitError(_TOO_DEEP, f"line {line}") from None
        raise InputError(f"not YAML ({error.problem})", f"line {line}") from None
    except yaml.YAMLError as error:
        raise InputError(f"not YAML ({str(error).splitlines()[0]})") from None
    return builder.result()


class _Frame:
    """A collection that is not finished yet."""

    __slots__ = ("anchor", "key", "line", "merges", "size", "value")

    def __init__(self, value: Any, anchor: str | None, line: int) -> None:  # noqa: ANN401
        self.value = value
        self.anchor = anchor
        self.line = line
        self.key: Any = None
        self.merges: list[Any] = []
        self.size = 1


class _Builder:
    _scalars: ClassVar[Any] = yaml.SafeLoader("")

    def __init__(self) -> None:
        self._open: list[_Frame] = []
        self._anchored: dict[str, tuple[Any, int]] = {}
        self._documents: list[Any] = []
        self._aliased = 0

    def result(self) -> Any:  # noqa: ANN401
        if len(self._documents) != 1:
            raise InputError(
                f"{len(self._documents)} YAML documents, where one belongs"
            )
        return self._documents[0]

    def take(self, event: Any) -> None:  # noqa: ANN401 - PyYAML is untyped here
        line = event.start_mark.line + 1
        match event:
            case yaml.ScalarEvent():
                value = self._scalar(event, line)
                if event.anchor:
                    self._anchored[event.anchor] = (value, 1)
                self._add(value, 1, line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._start(event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()
            case yaml.AliasEvent():
                self._alias(event.anchor, line)

    def _start(self, event: Any, line: int) -> None:  # noqa: ANN401
        kind = "map" if isinstance(event, yaml.MappingStartEvent) else "seq"
        if event.tag not in (None, "!", _PREFIX + kind):
            raise InputError(
                f"a YAML tag that is not allowed ({event.tag})", f"line {line}"
            )
        if len(self._open) >= _MAX_DEPTH:
            raise LimitError(_TOO_DEEP, f"line {line}")
        value: Any = YamlMap(line) if kind == "map" else []
        self._open.append(_Frame(value, event.anchor, line))

    def _end(self) -> None:
        frame = self._open.pop()
        if frame.merges:
            own = dict(frame.value)
            frame.value.clear()
            for merged in reversed(frame.merges):
                frame.value.update(merged)
            frame.value.update(own)
        if frame.anchor:
            self._anchored[frame.anchor] = (frame.value, frame.size)
        self._add(frame.value, frame.size, frame.line)

    def _alias(self, anchor: str | None, line: int) -> None:
        if anchor is None or anchor not in self._anchored:
            raise InputError(
                f"an alias of something not finished (*{anchor})", f"line {line}"
            )
        value, size = self._anchored[anchor]
        self._aliased += size
        if self._aliased > _MAX_ALIASED:
            raise LimitError(
                f"aliases unfold to more than {_MAX_ALIASED} values", f"line {line}"
            )
        self._add(value, size, line)

    def _add(self, value: Any, size: int, line: int) -> None:  # noqa: ANN401
        if not self._open:
            self._documents.append(value)
            return
        frame = self._open[-1]
        frame.size += size
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif frame.key is None:
            frame.key = self._checked_key(frame, value, line)
        else:
            if frame.key is _MERGE:
                frame.merges += self._merged(value, line)
            else:
                frame.value[frame.key] = value
            frame.key = None

    def _checked_key(self, frame: _Frame, key: Any, line: int) -> Any:  # noqa: ANN401
        if key is _MERGE:
            return key
        if isinstance(key, list | dict) or key is None:
            raise InputError("a key that is no plain value", f"line {line}")
        if key in frame.value:
            raise InputError(
                f"the key `{key}` stands twice in one entry", f"line {line}"
            )
        return key

    def _merged(self, value: Any, line: int) -> list[Any]:  # noqa: ANN401
        many = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in many):
            raise InputError("`<<` merges mappings only", f"line {line}")
        return many

    def _scalar(self, event: Any, line: int) -> Any:  # noqa: ANN401
        text = event.value
        if event.tag is not None:
            tag = event.tag
        elif not event.implicit[0] or self._is_raw():
            return text
        else:
            tag = self._scalars.resolve(yaml.ScalarNode, text, (True, False))
        if tag in ("!", _PREFIX + "str"):
            return text
        if tag == _PREFIX + "merge" and self._wants_key():
            return _MERGE
        if tag not in _TYPED:
            raise InputError(f"a YAML tag that is not allowed ({tag})", f"line {line}")
        try:
            return yaml.SafeLoader.yaml_constructors[tag](
                self._scalars, yaml.ScalarNode(tag, text)
            )
        except (ValueError, OverflowError, yaml.YAMLError):
            raise InputError(
                f"`{text[:40]}` is no {tag.removeprefix(_PREFIX)}", f"line {line}"
            ) from None

    def _is_raw(self) -> bool:
        frame = self._open[-1] if self._open else None
        return (
            frame is not None and isinstance(frame.key, str) and frame.key in RAW_KEYS
        )

    def _wants_key(self) -> bool:
        frame = self._open[-1] if self._open else None
        return frame is not None and isinstance(frame.value, dict) and frame.key is None

"""GraphSense TagPacks and ActorPacks, and vocabularies beside them.

A TagPack's header speaks for all its tags; a tag's own field wins. Every field
is kept: those that `Tag` has no place for go to `extra`, whoever's they are.
``valid_from``, ``valid_to`` and ``retrieved`` are read too, in header or tag;
TagPack has no such fields, but a tag without them makes false evidence once
custody changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dalil.attribution.bounded_yaml import YamlMap, read_yaml
from dalil.attribution.contents import Contents, Gatherer
from dalil.attribution.model import Actor
from dalil.attribution.source_text import day_of, plain_value, text_of
from dalil.errors import InputError, LimitError

if TYPE_CHECKING:
    from dalil.attribution.source_text import ImportOptions, SourceText

__all__ = ["read_yaml_file"]

_ACTOR_FIELDS = frozenset({"id", "label", "categories", "aliases"})


def read_yaml_file(source: SourceText, options: ImportOptions) -> Contents:
    """Read a TagPack, an ActorPack, or a vocabulary (which holds no tags).

    Raises
    ------
    InputError
        If it is none of these, or damaged: it is refused whole, with its line.
    """
    try:
        document = read_yaml(source.text)
    except LimitError as error:
        raise LimitError(error.message, f"{source.name}, {error.value}") from None
    except InputError as error:
        raise InputError(
            f"{error.message}; nothing of the file is imported",
            f"{source.name}, {error.value or 'line 1'}",
        ) from None
    if not isinstance(document, YamlMap):
        raise source.refuse(1, "neither a TagPack nor an ActorPack")
    if "tags" in document:
        return _tagpack(source, document, options)
    if "actors" in document:
        return _actorpack(source, document, options)
    scheme = document.get("scheme")
    if isinstance(scheme, dict) and scheme.get("type") == "conceptScheme":
        return _vocabulary(source, options)
    raise source.refuse(1, "neither a TagPack (`tags`) nor an ActorPack (`actors`)")


def _retrieved(document: YamlMap, options: ImportOptions) -> str | None:
    said = document.get("retrieved") or document.get("lastmod")
    return options.retrieved or day_of(said)


def _entries(source: SourceText, document: YamlMap, name: str) -> list[YamlMap]:
    entries: Any = document[name]
    if not isinstance(entries, list) or not entries:
        raise source.refuse(document.line, f"`{name}` is no list, or empty")
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, YamlMap):
            raise source.refuse(
                document.line, f"entry {number} of `{name}` is no mapping"
            )
    return entries


def _tagpack(source: SourceText, document: YamlMap, options: ImportOptions) -> Contents:
    header = {str(k): v for k, v in document.items() if k != "tags"}
    gather = Gatherer(source, "tagpack", header, _retrieved(document, options))
    entries = _entries(source, document, "tags")
    if not any("confidence" in entry for entry in (header, *entries)):
        gather.note(1, "", "no_confidence", "no confidence class is stated")
    for entry in entries:
        if "address" not in entry:
            shown = str(entry.get("tx_hash", ""))
            what = "a tag without an address; only addresses are tagged here"
            gather.note(entry.line, shown, "no_address", what, refused=True)
            continue
        own = {str(key): value for key, value in entry.items()}
        gather.add(entry.line, own)
    last = gather.contents.problems[-1:]
    if (
        source.ends_open
        and last
        and last[0].refused
        and last[0].line == entries[-1].line
    ):
        raise source.refuse(
            entries[-1].line, "the file ends within an address, as if cut off"
        )
    return gather.contents


def _actorpack(
    source: SourceText, document: YamlMap, options: ImportOptions
) -> Contents:
    header = {str(k): v for k, v in document.items() if k != "actors"}
    gather = Gatherer(source, "actorpack", header, _retrieved(document, options))
    for entry in _entries(source, document, "actors"):
        actor_id, name = text_of(entry.get("id")), text_of(entry.get("label"))
        if actor_id is None or name is None:
            raise source.refuse(entry.line, "an actor without `id` or `label`")
        gather.contents.actors.append(
            Actor(
                id=actor_id,
                name=name,
                concepts=_words(entry.get("categories")),
                aliases=_words(entry.get("aliases")),
                extra={
                    str(k): plain_value(v)
                    for k, v in entry.items()
                    if k not in _ACTOR_FIELDS
                },
            )
        )
    return gather.contents


def _vocabulary(source: SourceText, options: ImportOptions) -> Contents:
    gather = Gatherer(source, "vocabulary", {}, options.retrieved)
    gather.note(1, "", "no_tags", "a vocabulary of concepts: it holds no tags")
    return gather.contents


def _words(value: object) -> tuple[str, ...]:
    many = value if isinstance(value, list) else [value]
    return tuple(word for one in many if (word := text_of(one)))

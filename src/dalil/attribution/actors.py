"""From an actor as a file writes it to the ActorPack entry it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalil.attribution.names import plain_name
from dalil.attribution.services import known_service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dalil.attribution.model import Actor

__all__ = ["ActorIndex"]


class ActorIndex:
    """Actors by id, name and alias.

    An id counts before a name, a name before an alias; a name that two actors
    share names neither.
    """

    def __init__(self, actors: Iterable[Actor]) -> None:
        self._by_id: dict[str, Actor] = {}
        self._by_name: dict[str, Actor | None] = {}
        known = sorted(actors, key=lambda actor: (actor.id, actor.name, actor.concepts))
        for actor in known:
            self._by_id.setdefault(actor.id, actor)
        for names in (lambda a: (a.name,), lambda a: a.aliases):
            self._learn({(plain_name(n), a.id) for a in known for n in names(a)})

    def find(self, name: str | None) -> Actor | None:
        """Find the actor that `name` (an id, name or alias) stands for."""
        if not name:
            return None
        if name in self._by_id:
            return self._by_id[name]
        service = known_service(name)
        if service is not None:
            ids = sorted(service.actor_ids & self._by_id.keys())
            return self._by_id[ids[0]] if ids else None
        return self._by_name.get(plain_name(name))

    def _learn(self, pairs: set[tuple[str, str]]) -> None:
        fresh: dict[str, Actor | None] = {}
        for name, actor_id in sorted(pairs):
            fresh[name] = None if name in fresh else self._by_id[actor_id]
        for name, actor in fresh.items():
            self._by_name.setdefault(name, actor)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of sequences: handed out from a cache in memory, durable one cache at a time."""
from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

from oralab.catalog import model
from oralab.errors import OraError

if TYPE_CHECKING:
    from oralab.catalog.catalog import Catalog


@dataclasses.dataclass(slots=True)
class _Cache:
    next: int
    left: int


class Sequences:
    """Caches of one instance. What is left of a cache is lost when the instance is aborted (documented)."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._caches: dict[int, _Cache] = {}
        self._lock = threading.RLock()

    def next_value(self, sequence: model.Sequence) -> int:
        """NEXTVAL. ORA-08004 beyond the limit of a sequence that does not cycle."""
        with self._lock:
            cache = self._caches.get(sequence.object_id)
            if cache is None or not cache.left:
                cache = self._fill(sequence)
            value = cache.next
            cache.next += sequence.increment_by
            cache.left -= 1
            return value

    def _fill(self, sequence: model.Sequence) -> _Cache:
        current = self.catalog.get(model.Sequence, sequence.owner, sequence.name) or sequence
        step, first = current.increment_by, current.last_number
        if not current.min_value <= first <= current.max_value:
            if not current.cycle:
                beyond = "exceeds MAXVALUE" if step > 0 else "goes below MINVALUE"
                raise OraError(8004, f"sequence {current.name}.NEXTVAL {beyond} and cannot be instantiated")
            first = current.min_value if step > 0 else current.max_value
        room = ((current.max_value if step > 0 else current.min_value) - first) // step + 1
        left = min(max(current.cache_size, 1), room)
        with self.catalog.change(quiet=True) as change:
            change.save(dataclasses.replace(current, last_number=first + left * step))
        self._caches[sequence.object_id] = _Cache(first, left)
        return self._caches[sequence.object_id]

    def position(self, sequence: model.Sequence) -> int:
        """The next number that NEXTVAL would give."""
        cache = self._caches.get(sequence.object_id)
        return cache.next if cache and cache.left else sequence.last_number

    def forget(self, sequence: model.Sequence) -> None:
        """After ALTER or DROP SEQUENCE."""
        with self._lock:
            self._caches.pop(sequence.object_id, None)

    def flush(self) -> None:
        """A clean shutdown gives back what the caches still hold."""
        with self._lock, self.catalog.change(quiet=True) as change:
            for object_id, cache in self._caches.items():
                found = self.catalog.by_id(object_id)
                if isinstance(found, model.Sequence) and cache.left:
                    change.save(dataclasses.replace(found, last_number=cache.next))
            self._caches.clear()

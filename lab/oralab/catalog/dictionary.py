# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dictionary views: their columns by release, and the functions that give their rows.

``dictionary.csv`` holds the columns (``since``/``until`` name the releases between which a column exists; empty means always).
A row function is registered under the view's name without DBA_/ALL_/USER_ and serves all of them: it yields one dict per row
with values by column name, more than one view needs of them, and under ``OBJECT`` the record whose visibility decides about
ALL_ and whose owner about USER_. A column without a value is NULL.

``known_views.txt`` names the other views of 19c: those are known, but not simulated.
"""
from __future__ import annotations

import csv
import functools
import importlib
import os
import pkgutil
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oralab.catalog import model
from oralab.catalog.catalog import RowSource
from oralab.errors import not_simulated
from oralab.values import DataType, Row

if TYPE_CHECKING:
    from oralab.catalog.database import Database

RowDict = dict[str, Any]
Provider = Callable[[Any, "Database"], Iterator[RowDict]]
OBJECT, OWNER, CONTAINER = "\0object", "\0owner", "\0container"
"""Keys of a row dict beside the columns: the record deciding its visibility, the owner where no record does, and the CON_ID where no owner tells
the root from the pluggable database."""

_HERE = os.path.dirname(__file__)
_providers: dict[str, Provider] = {}
_EMPTY: set[str] = set()
_RELEASES = ("11.2", "12.1", "12.2", "18", "19")
_PREFIXES = ("DBA_", "ALL_", "USER_", "CDB_")

_PUBLIC = """DUAL DICTIONARY DICT DICT_COLUMNS DATABASE_PROPERTIES GLOBAL_NAME NLS_DATABASE_PARAMETERS NLS_INSTANCE_PARAMETERS
    NLS_SESSION_PARAMETERS ROLE_ROLE_PRIVS ROLE_SYS_PRIVS ROLE_TAB_PRIVS SESSION_PRIVS SESSION_ROLES V$NLS_PARAMETERS
    V$NLS_VALID_VALUES V$OPTION V$VERSION V$SESSION_LONGOPS V$TIMEZONE_NAMES V$RESERVED_WORDS V$SESSION_CONNECT_INFO
    PRODUCT_COMPONENT_VERSION"""
PUBLIC_VIEWS = frozenset(_PUBLIC.split())
"""Views that are not ALL_ or USER_ and still granted to PUBLIC (catalog scripts)."""


def rows(*names: str) -> Callable[[Provider], Provider]:
    """Declare the row function of views: ``TABLES`` serves DBA_/ALL_/USER_/CDB_TABLES, ``V$LOG`` also GV$LOG."""
    def declare(function: Provider) -> Provider:
        for name in names:
            _providers[name] = function
        return function
    return declare


def empty(*names: str) -> None:
    """Views that rightly have no rows here, because the lab never has such objects."""
    _EMPTY.update(names)


@functools.cache
def _load_families() -> None:
    home = importlib.import_module("oralab.catalog.views")
    for module in pkgutil.iter_modules(home.__path__, "oralab.catalog.views."):
        importlib.import_module(module.name)


@functools.cache
def known_views() -> frozenset[str]:
    with open(os.path.join(_HERE, "known_views.txt"), encoding="ascii") as file:
        return frozenset(file.read().split())


def data_type(text: str) -> DataType:
    """A type as DESCRIBE prints it."""
    match = re.fullmatch(r"([A-Z0-9$_ ]+?)(?:\((\d+)(?:,\s*(\d+))?\))?( WITH.*| TO .*)?", text)
    if match is None:
        return DataType("VARCHAR2", 4000)
    name, first, second, rest = match[1], match[2], match[3], match[4] or ""
    if name.startswith("INTERVAL"):
        fraction = re.search(r"\((\d+)\)", rest)
        return DataType(name + re.sub(r"\(\d+\)", "", rest), precision=int(first or 2), scale=int(fraction[1]) if fraction else 6)
    if name == "TIMESTAMP":
        return DataType(name + rest, scale=int(first or 6))
    if name == "NUMBER":
        return DataType("NUMBER", precision=int(first) if first else None, scale=int(second or 0) if first else None)
    if name in ("VARCHAR2", "CHAR", "RAW", "NVARCHAR2"):
        return DataType(name, int(first or 1))
    return DataType(name)


@functools.cache
def columns_by_view(release: str) -> dict[str, list[model.Column]]:
    """Columns of every view in ``dictionary.csv`` as ``release`` has them."""
    here = _RELEASES.index(release)
    found: dict[str, list[model.Column]] = {}
    with open(os.path.join(_HERE, "dictionary.csv"), encoding="ascii", newline="") as file:
        for row in csv.DictReader(file):
            since, until = row["since"] or "11.2", row["until"] or "19"
            if _RELEASES.index(since) <= here <= _RELEASES.index(until):
                found.setdefault(row["view"], []).append(model.Column(name=row["column"], type=data_type(row["type"])))
    return found


class _Elsewhere:
    """A session as another instance of its database would have it."""

    def __init__(self, session: Any, instance: Any) -> None:
        self._session = session
        self.instance = instance

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class _Inside:
    """A session of the root as a pluggable database would have it."""

    def __init__(self, session: Any, database: Any) -> None:
        self._session = session
        self.database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


class DictionaryView(RowSource):
    """A dictionary view as the engine scans it; ``title`` is its name without the underscore of V_$."""

    def __init__(self, database: Database, title: str, columns: list[model.Column], provider: Provider) -> None:
        super().__init__("SYS", re.sub(r"^(G?V)\$", r"\1_$", title), columns)
        self.title = title
        self.database = database
        self._provider = provider

    def scan(self, session: Any, snapshot: Any = None) -> Iterator[Row]:
        names = [column.name for column in self.columns]
        container = self.database.container(session)
        fill: RowDict = {"CON_ID": container, "INST_ID": 1}
        visible = self._filter(session)
        root = self._of_root() if container == 1 and not self.title.startswith(("V$", "GV$")) else None
        if root is not None and self.title.startswith("CDB_"):
            yield from self._of_plugged(session)
        for row in self._rows(session):
            if root is not None:
                fill["CON_ID"] = row.get(CONTAINER) or (1 if root(row) else 3)
                if fill["CON_ID"] == 3 and not self.title.startswith("CDB_"):
                    continue
            if visible is None or visible(row):
                get = row.get
                yield tuple(get(name, fill.get(name)) for name in names)

    def _of_plugged(self, session: Any) -> Iterator[Row]:
        """A CDB_ view of the root has the rows of every pluggable database that is open."""
        for plugged in self.database.plugged.values():
            view = plugged.dictionary.public(self.title) if plugged.state == "OPEN" else None
            if view is not None:
                yield from view.scan(_Inside(session, plugged))

    def _rows(self, session: Any) -> Iterator[RowDict]:
        """A GV$ view has the rows of every instance that runs, each as that instance has them."""
        if not self.title.startswith("GV$"):
            yield from self._provider(session, self.database)
            return
        for instance in self.database.instances:
            if instance.state != "DOWN":
                for row in self._provider(_Elsewhere(session, instance), self.database):
                    yield {"INST_ID": instance.number, **row}

    def _of_root(self) -> Callable[[RowDict], bool]:
        """What belongs to the root: objects and accounts of common users. Everything else is the pluggable database's."""
        local = {user.name for user in self.database.catalog.all(model.User) if not (user.common or user.oracle_maintained)}

        def root(row: RowDict) -> bool:
            record = row.get(OBJECT)
            return (row.get(OWNER) or row.get("OWNER") if record is None else record.owner) not in local
        return root

    def _filter(self, session: Any) -> Callable[[RowDict], bool] | None:
        prefix = self.title.split("_", 1)[0]
        if prefix == "USER":
            return lambda row: row[OBJECT].owner == session.user if OBJECT in row else row.get(OWNER, session.user) == session.user
        if prefix != "ALL":
            return None
        privileges = self.database.catalog.privileges
        if privileges.is_sysdba(session):
            return None
        answers: dict[int, bool] = {}

        def sees(row: RowDict) -> bool:
            record = row.get(OBJECT)
            if record is None:
                return row.get(OWNER, session.user) in (session.user, "PUBLIC")
            if id(record) not in answers:
                answers[id(record)] = record.owner == "PUBLIC" or privileges.sees(session, record)
            return answers[id(record)]
        return sees


class Dictionary:
    """The views of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.columns = columns_by_view(database.release)
        self._made: dict[str, DictionaryView] = {}
        _load_families()

    def relation(self, name: str) -> DictionaryView | None:
        """A view by its name in SYS. not_simulated when the release has it and the lab does not."""
        return self._view(re.sub(r"^(G?V)_\$", r"\1$", name))

    def public(self, name: str) -> DictionaryView | None:
        """A view by its public synonym; V_$ names have none."""
        return None if re.match(r"G?V_\$|X\$", name) else self._view(name)

    def titles(self) -> list[str]:
        """Names of all simulated views of this release."""
        plain = [title for title in self.columns if self._provider(title) is not None and not title.startswith("X$")]
        return plain + ["CDB_" + title[4:] for title in plain if title.startswith("DBA_")] + [
            "G" + title for title in plain if title.startswith("V$")]

    def is_public(self, name: str) -> bool:
        """Whether PUBLIC may select from it."""
        title = re.sub(r"^(G?V)_\$", r"\1$", name)
        return title.startswith(("ALL_", "USER_")) or title in PUBLIC_VIEWS

    def _provider(self, title: str) -> Provider | None:
        if title.startswith("CDB_"):
            return self._provider("DBA_" + title[4:])
        short = next((title[len(prefix):] for prefix in _PREFIXES if title.startswith(prefix)), title)
        if title in _EMPTY or short in _EMPTY:
            return _no_rows
        return _providers.get(title) or _providers.get(short)

    def _view(self, title: str) -> DictionaryView | None:
        title = {"DICT": "DICTIONARY", "TABS": "USER_TABLES", "COLS": "USER_TAB_COLUMNS", "IND": "USER_INDEXES", "SEQ": "USER_SEQUENCES",
                 "SYN": "USER_SYNONYMS", "OBJ": "USER_OBJECTS", "RECYCLEBIN": "USER_RECYCLEBIN"}.get(title, title)
        if title in self._made:
            return self._made[title]
        columns = self._columns(title)
        if columns is None:
            if title in known_views() or re.sub(r"^CDB_", "DBA_", re.sub(r"^GV", "V", title)) in known_views():
                raise not_simulated(f"view {title}")
            return None
        provider = self._provider(title) or (self._provider(title[1:]) if title.startswith("GV$") else None)
        if provider is None:
            raise not_simulated(f"view {title}")
        self._made[title] = DictionaryView(self.database, title, columns, provider)
        return self._made[title]

    def _columns(self, title: str) -> list[model.Column] | None:
        if title in self.columns:
            return self.columns[title]
        if title.startswith("GV$") and title[1:] in self.columns:
            return [model.Column(name="INST_ID", type=DataType("NUMBER")), *self.columns[title[1:]]]
        if title.startswith("CDB_") and "DBA_" + title[4:] in self.columns:
            base = self.columns["DBA_" + title[4:]]
            return base if any(column.name == "CON_ID" for column in base) else [*base,
                                                                                 model.Column(name="CON_ID", type=DataType("NUMBER"))]
        return None


def _no_rows(session: Any, database: Database) -> Iterator[RowDict]:
    return iter(())


def quotient(value: float, digits: int = 6) -> int | Decimal:
    """A NUMBER made from a quotient, rounded to ``digits``."""
    found = Decimal(str(round(value, digits))).normalize()
    return int(found) if found == found.to_integral_value() else found


def yes(value: object) -> str:
    """YES or NO."""
    return "YES" if value else "NO"

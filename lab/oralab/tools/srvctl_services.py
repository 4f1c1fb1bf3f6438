# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that clusterware manages: what ``srvctl add service`` registers, and what starting and stopping them does in the database.

A service is in the dictionary from its first start on and stays there when clusterware forgets it; with a database it starts where its
roles (PRIMARY by default) say (documented; that the dictionary keeps it, and messages but PRKO-3116 and PRKO-3117, are assumed).
"""
from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence

ROLES = ("PRIMARY", "PHYSICAL_STANDBY", "LOGICAL_STANDBY", "SNAPSHOT_STANDBY")


@dataclasses.dataclass(slots=True)
class Service:
    """A registered service: by name in the spelling it was given."""

    name: str
    roles: Sequence[str] = ("PRIMARY",)
    preferred: Sequence[str] = ()
    pdb: str = ""

    def fits(self, role: str) -> bool:
        return role.replace(" ", "_") in self.roles


class Registry:
    """The services of one database in the cluster registry, a file beside those that name the databases of the home."""

    def __init__(self, home: str, database: str) -> None:
        self._path = os.path.join(home, "dbs", f"{database.lower()}.services")

    def all(self) -> dict[str, Service]:
        """By name in lower case."""
        if not os.path.exists(self._path):
            return {}
        with open(self._path, encoding="utf-8") as file:
            return {one["name"].lower(): Service(**one) for one in json.load(file)}

    def keep(self, services: Mapping[str, Service]) -> None:
        with open(self._path, "w", encoding="utf-8") as file:
            json.dump([dataclasses.asdict(one) for one in services.values()], file)


def start_block(service: Service, known: bool) -> str:
    """What clusterware does in the database to start a service, which it makes there at the first time."""
    name = "'" + service.name.replace("'", "''") + "'"
    create = "" if known else f"DBMS_SERVICE.CREATE_SERVICE({name}, {name}); "
    return f"BEGIN {create}DBMS_SERVICE.START_SERVICE({name}); END;"


def stop_block(service: Service) -> str:
    name = "'" + service.name.replace("'", "''") + "'"
    return f"BEGIN DBMS_SERVICE.STOP_SERVICE({name}); END;"

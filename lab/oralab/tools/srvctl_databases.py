# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that clusterware manages: what ``srvctl add``, ``modify``, ``enable``, ``disable`` and ``remove database`` keep, and how ``config`` shows it.

The lines of ``config`` for Oracle Restart and for a cluster, of RAC databases too, are from transcripts, PRCD-1000, PRCC-1010, PRCC-1011, PRCR-1002,
PRCR-1003, PRKO-2140, PRKO-3141 and CRS-2501 are documented, PRCD-1025 and PRCT-1402 are from a transcript. That a cluster takes a database for RAC when
neither ``-dbtype`` nor ``-node`` is given is seen in transcripts. ``-instance`` is DB_UNIQUE_NAME when it is not given (documented for the option).
Assumed is CRS-0222 while services are left.
"""
from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

RESTART, CLUSTER = "restart", "cluster"
POLICIES = ("AUTOMATIC", "MANUAL", "NORESTART")
ATTRIBUTES = {"oraclehome": "oracle_home", "dbname": "database", "domain": "domain", "spfile": "spfile", "pwfile": "password_file", "role": "role",
              "startoption": "start_option", "stopoption": "stop_option", "policy": "policy", "diskgroup": "disk_groups", "instance": "instance"}
"""Options of ``add`` and ``modify``, and the attribute that each one sets."""


@dataclasses.dataclass(slots=True)
class Registration:
    """One database. ``node`` is where the single instance of a cluster runs, ``instances`` are the SIDs of a RAC database, each on the node at its place
    in ``nodes``.
    """

    name: str
    oracle_home: str
    database: str = ""
    domain: str = ""
    spfile: str = ""
    password_file: str = ""
    role: str = "PRIMARY"
    start_option: str = "open"
    stop_option: str = "immediate"
    policy: str = "AUTOMATIC"
    disk_groups: str = ""
    instance: str = ""
    node: str = ""
    rac: bool = False
    instances: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    enabled: bool = True

    @property
    def resource(self) -> str:
        return f"ora.{self.name.lower()}.db"

    @property
    def sids(self) -> tuple[str, ...]:
        return self.instances if self.rac else (self.instance or self.name,)

    def added(self, instance: str, node: str) -> Registration:
        return dataclasses.replace(self, instances=(*self.instances, instance), nodes=(*self.nodes, node))

    def lines(self, services: Iterable[str], host: str, *, cluster: bool, everything: bool) -> Iterator[str]:
        """What ``config database`` prints."""
        yield from (f"Database unique name: {self.name}", f"Database name: {self.database}", f"Oracle home: {self.oracle_home}", "Oracle user: oracle",
                    f"Spfile: {self.spfile}", f"Password file: {self.password_file}", f"Domain: {self.domain}", f"Start options: {self.start_option}",
                    f"Stop options: {self.stop_option}", f"Database role: {self.role}", f"Management policy: {self.policy}")
        if cluster:
            yield "Server pools: "
        yield f"Disk Groups: {self.disk_groups}"
        if cluster:
            yield "Mount point paths: "
        yield f"Services: {','.join(services)}"
        if cluster:
            yield f"Type: {'RAC' if self.rac else 'SINGLE'}"
        if self.rac:
            yield from ("Start concurrency: ", "Stop concurrency: ")
        if everything:
            yield f"Database is {'enabled' if self.enabled else 'disabled'}"
            if cluster:
                yield from ("Database is individually enabled on nodes: ", "Database is individually disabled on nodes: ")
        yield from ("OSDBA group: dba", "OSOPER group: oper")
        yield f"Database instance{'s' if self.rac else ''}: {','.join(self.sids)}"
        if cluster:
            yield f"Configured nodes: {','.join(dict.fromkeys(self.nodes)) if self.rac else self.node or host}"
            yield "Database is administrator managed"


class Registry:
    """What the clusterware of a server has on record, in a file of the ORACLE_HOME that the server has. There is none without clusterware.

    The server stands for all nodes of its cluster, whatever they are called.
    """

    def __init__(self, home: str) -> None:
        self._path = os.path.join(home, "dbs", "clusterware.json")

    def install(self, kind: str, host: str, databases: Iterable[Registration] = ()) -> None:
        """``kind``: RESTART or CLUSTER. ``host``: the name of the server."""
        self._write(kind, host, list(databases))

    @property
    def installed(self) -> bool:
        return os.path.exists(self._path)

    @property
    def is_cluster(self) -> bool:
        return str(self._read()["kind"]) == CLUSTER

    @property
    def host(self) -> str:
        return str(self._read()["host"])

    def all(self) -> dict[str, Registration]:
        """By name in lower case."""
        found = (Registration(**{**one, "instances": tuple(one["instances"]), "nodes": tuple(one["nodes"])}) for one in self._read()["databases"])
        return {one.name.lower(): one for one in found}

    def keep(self, databases: Mapping[str, Registration]) -> None:
        found = self._read()
        self._write(found["kind"], found["host"], list(databases.values()))

    def _read(self) -> dict[str, Any]:
        with open(self._path, encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
            return found

    def _write(self, kind: str, host: str, databases: list[Registration]) -> None:
        with open(self._path + ".new", "w", encoding="utf-8") as file:
            json.dump({"kind": kind, "host": host, "databases": [dataclasses.asdict(one) for one in databases]}, file)
        os.replace(self._path + ".new", self._path)

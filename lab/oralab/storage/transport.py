# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tablespaces described for transport, and plugged in."""
from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.storage import asm, datafile
from oralab.storage.contents import Contents
from oralab.storage.control_file import Datafile, Tablespace
from oralab.storage.rows import Segment


class Transport(Contents):
    """The layer of a store that takes tablespaces of other databases."""

    def describe_tablespaces(self, names: Sequence[str]) -> dict[str, Any]:
        """What a transport dump says of the files: by these facts an import knows them again."""
        encrypted = [name for name in names if self.tablespace(name).encryption is not None]
        if encrypted:
            raise not_simulated(f"transport of encrypted tablespaces ({', '.join(encrypted)})")
        with self.lock:
            return {
                "dbid": self.control.dbid, "platform": self.platform.id, "resetlogs_scn": self.control.resetlogs_scn,
                "tablespaces": [{
                    "name": name, "block_size": self.tablespace(name).block_size, "bigfile": self.tablespace(name).bigfile,
                    "files": [{"file": file.number, "relative": file.relative, "creation_scn": file.creation_scn,
                               "checkpoint_scn": file.checkpoint_scn, "bytes": file.bytes, "auto_extend": file.auto_extend,
                               "max_bytes": file.max_bytes, "increment": file.increment, "next_block": file.next_block,
                               "free": list(file.free), "objects": {here: stored for stored, here in file.object_map.items()}}
                              for file in self.datafiles(name)],
                    "segments": {number: segment.types for number, segment in self.segments.items() if segment.tablespace == name},
                } for name in names]}

    def plug(self, descriptor: dict[str, Any], paths: Sequence[str], *, rename: dict[str, str] | None = None,
             keep_read_only: bool = False) -> dict[int, int]:
        """Plug converted files in, READ ONLY; gives data object numbers here by those in the files.

        Checks in DBMS_PLUGTS's order, before anything changes: name free (ORA-29349), every file there and readable on this platform
        (ORA-01565), one that the dump knows (ORA-19721), of the SCN that it knows (ORA-19722), none left out (ORA-19732). Without
        ``keep_read_only`` headers are rewritten as this database's own, so the same file can be plugged in but once.
        """
        rename = rename or {}
        with self.lock:
            for space in descriptor["tablespaces"]:
                if rename.get(space["name"], space["name"]) in self.control.tablespaces:
                    raise OraError(29349, f"tablespace '{rename.get(space['name'], space['name'])}' already exists")
            found = self._identify(descriptor, paths)
            return self._plug_in(descriptor, found, rename, keep_read_only)

    def _identify(self, descriptor: dict[str, Any], paths: Sequence[str]) -> dict[tuple[str, int], str]:
        found: dict[tuple[str, int], str] = {}
        wanted = {(space["name"], file["file"]): file for space in descriptor["tablespaces"] for file in space["files"]}
        for path in paths:
            if any(file.path == path for file in self.control.datafiles.values()) or path in found.values():
                raise OraError(1537, f"cannot add file '{path}' - file already part of database")
            header = datafile.read_header(path, self.platform)
            key = (header.tablespace, header.file)
            file = wanted.get(key)
            if file is None or header.dbid != descriptor["dbid"] or header.creation_scn != file["creation_scn"]:
                raise OraError(19721, f"Cannot find datafile with absolute file number {header.file} in tablespace {header.tablespace}")
            if header.checkpoint_scn != file["checkpoint_scn"] or header.fuzzy or header.resetlogs_scn != descriptor["resetlogs_scn"]:
                raise OraError(19722, f"datafile {path} is an incorrect version")
            found[key] = path
        for space in descriptor["tablespaces"]:
            if any((space["name"], file["file"]) not in found for file in space["files"]):
                raise OraError(19732, f"incorrect number of datafiles for tablespace {space['name']}")
        return found

    def _plug_in(self, descriptor: dict[str, Any], found: dict[tuple[str, int], str], rename: dict[str, str], keep: bool) -> dict[int, int]:
        numbers: dict[int, int] = {}
        if any(space["block_size"] != self.block_size for space in descriptor["tablespaces"]):
            raise not_simulated("tablespaces of another block size than the database's")
        for space in descriptor["tablespaces"]:
            for number in space["segments"]:
                numbers[number] = self.next_object_id() if number in self.segments else number
                self.control.next_object = max(self.control.next_object, numbers[number])
        spaces, files, segments = dict(self.control.tablespaces), dict(self.control.datafiles), dict(self.segments)
        try:
            for space in descriptor["tablespaces"]:
                self._plug_tablespace(descriptor, space, rename.get(space["name"], space["name"]), found, numbers, keep)
        except (OraError, ValueError, struct.error):
            # A damaged block is met before any header is written: nothing has happened.
            self.control.tablespaces, self.control.datafiles = spaces, files
            self.segments.clear()
            self.segments.update(segments)
            self.control.segments = {number: known for number, known in self.control.segments.items() if number in segments}
            raise
        for file in self.control.datafiles.values():
            if file.number not in files:
                self.control.scn = max(self.control.scn, file.checkpoint_scn)
                self.write_header(file, fuzzy=False)
        for space in descriptor["tablespaces"]:
            name = rename.get(space["name"], space["name"])
            self._log("TABLESPACE", tablespace=self.control.tablespaces[name])
            for number, types in space["segments"].items():
                self._log("SEGMENT", number=numbers[number], tablespace=name, types=types)
            for file in self.datafiles(name):
                self._log("FILE", file=file, plugged=True)
        self.write_control()
        return numbers

    def _plug_tablespace(self, descriptor: dict[str, Any], space: dict[str, Any], name: str, found: dict[tuple[str, int], str],
                         numbers: dict[int, int], keep: bool) -> None:
        self.control.tablespaces[name] = Tablespace(self.control.next_tablespace, name, "PERMANENT", space["block_size"],
                                                    "READ ONLY", space["bigfile"])
        self.control.next_tablespace += 1
        for number, types in space["segments"].items():
            self.segments[numbers[number]] = Segment(numbers[number], name, types)
            self.control.segments[numbers[number]] = (name, types)
        for entry in space["files"]:
            now, scn = time.time(), entry["checkpoint_scn"]
            file = Datafile(
                self.control.next_file, entry["relative"], name, "PERMANENT", found[space["name"], entry["file"]], entry["bytes"],
                entry["auto_extend"],
                entry["max_bytes"], entry["increment"], entry["creation_scn"], now, scn, now, next_block=entry["next_block"],
                free=list(entry["free"]),
                object_map={entry["objects"].get(number, number): here for number, here in numbers.items()},
                foreign=(descriptor["dbid"], entry["file"], entry["creation_scn"]) if keep else None,
                omf=asm.is_managed(found[space["name"], entry["file"]]))
            self.control.next_file += 1
            self.control.datafiles[file.number] = file
            self.load_file(file)

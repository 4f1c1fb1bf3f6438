# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RECOVER: increments, out of backups or over the network, then redo, and RESTORE ARCHIVELOG, which gives the redo back."""
from __future__ import annotations

import heapq
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.storage.control_file import ArchivedLog, Datafile
from oralab.storage.media_recovery import MediaRecovery, apply_increment, header_of
from oralab.storage.pieces import ARCHIVED_LOG, FileInPiece
from oralab.storage.redo import LogHeader, Record, read_header, read_records
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import Channel, Step, Work, failed
from oralab.tools.rman_sources import ENDLESS, Limit, Source


class Recoverer:
    """The recovering commands of one RMAN session."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database

    @property
    def _sources(self) -> Any:
        return self.server.restorer.sources

    def recover(self, command: commands.Recover) -> None:
        if command.copy:
            raise not_simulated("RECOVER COPY OF")
        self.server.framed("recover", lambda: self._standby(command) if command.standby else self._recover(command))

    def _recover(self, command: commands.Recover) -> None:
        """ORA-19573 for files that are in use: those of an open database that are online."""
        chosen = [file for file in self.server.work.scope("recover", command.scope) if file.tablespace not in command.skip]
        if self.database.state == "OPEN":
            raise failed("recover", self.database.now(), "RMAN-06094: datafile 1 must be restored" if not chosen else
                         "ORA-01124: cannot recover data file 1 - file is in use or recovery", f"ORA-01110: data file 1: '{chosen[0].path}'")
        self.server.crosscheck_implicitly()
        channels = self.server.channels()
        limit = self._sources.limit(command.until or self.server.restorer.until)
        with self.server.work.status("RECOVER", "DB INCR" if command.service or command.noredo else "DB FULL"):
            self._read_headers(chosen)
            if command.service:
                self._from_service(command, chosen, channels)
            else:
                self._increments(chosen, limit, command.tag, channels)
            if not command.noredo:
                self.redo(limit, channels, asked=not command.service)

    def _read_headers(self, chosen: Sequence[Datafile]) -> None:
        """How far each file is, it says itself. RMAN-06094 for one that is not there."""
        missing = []
        for file in chosen:
            try:
                self.server.restorer.known(file, header_of(self.database.store, file))
            except OraError:
                missing.append(f"RMAN-06094: datafile {file.number} must be restored")
        if missing:
            raise failed("recover", self.database.now(), *missing)

    # --- over the network ---

    def _from_service(self, command: commands.Recover, chosen: Sequence[Datafile], channels: Sequence[Channel]) -> None:
        """Blocks that the other database changed since, file by file. A file that is as new already is passed over (transcript)."""
        self.server.emit([""])
        self.server.perform("recover", [self._network_recover(file, command) for file in chosen], channels, sum(file.bytes for file in chosen))

    def _network_recover(self, file: Datafile, command: commands.Recover) -> Step:
        restorer = self.server.restorer

        def recover(work: Work) -> None:
            with restorer.service(command.service) as service:
                piece = service.piece("datafile", number=file.number, from_scn=file.checkpoint_scn, compressed=command.compressed)
                if piece.header.files[0].checkpoint_scn <= file.checkpoint_scn:
                    work.say(f"skipping datafile {file.number}; already restored to SCN {file.checkpoint_scn}")
                    return
                work.say(*restorer.said(work.channel, command, "incremental datafile"),
                         f"destination for restore of datafile {file.number:05d}: {file.path}")
                self._lay_over(work, piece.header.files[0], {block: data for _, block, data in piece.blocks()}, file)
                work.say(f"channel {{c}}: restore complete, elapsed time: {work.elapsed()}")
        return recover

    def _lay_over(self, work: Work, entry: FileInPiece, blocks: dict[int, bytes], file: Datafile) -> None:
        """An increment over a file. ORA-19638 over 19642, 19641 and 19640 when it begins after the file's checkpoint (documented)."""
        store = self.database.store
        if entry.from_scn > file.checkpoint_scn:
            raise OraError(19638, f"file {file.path} is not current enough to apply this incremental backup", stack=[
                f"ORA-19642: start SCN of incremental backup is {entry.from_scn}",
                f"ORA-19641: backup datafile checkpoint is SCN {entry.checkpoint_scn}", f"ORA-19640: datafile checkpoint is SCN {file.checkpoint_scn}"])
        report = work.progress("RMAN: incremental datafile restore", file.number, writes=file.path, whole="RMAN: aggregate output")
        apply_increment(store, file, blocks)
        report(entry.blocks, entry.blocks)
        self.server.count(len(blocks) * entry.block_size, len(blocks) * entry.block_size)
        self.server.restorer.learn(work, file, file.path, False)

    # --- out of backups ---

    def _increments(self, chosen: Sequence[Datafile], limit: Limit, tag: str, channels: Sequence[Channel]) -> None:
        """The increments that lead on from where the files are, the oldest first."""
        ways = {file.number: self._sources.increments(file, limit, tag) for file in chosen}
        for place in range(max((len(way) for way in ways.values()), default=0)):
            by_source: dict[Source, list[Datafile]] = {}
            for file in chosen:
                if place < len(ways[file.number]):
                    by_source.setdefault(ways[file.number][place], []).append(file)
            self.server.perform("recover", [self._set(source, files) for source, files in by_source.items()], channels,
                                sum(file.bytes for files in by_source.values() for file in files))

    def _set(self, source: Source, files: Sequence[Datafile]) -> Step:
        def recover(work: Work) -> None:
            work.say("channel {c}: starting incremental datafile backup set restore",
                     "channel {c}: specifying datafile(s) to restore from backup set", *(
                         f"destination for restore of datafile {file.number:05d}: {file.path}" for file in files))
            # Sections of a file belong together: rows may go on from one to the other.
            entries: dict[int, FileInPiece] = {}
            blocks: dict[int, dict[int, bytes]] = {}
            for number, handle in enumerate(source.handles, 1):
                work.say(f"channel {{c}}: reading from backup piece {handle}")
                piece = self._sources.open(handle, source.device, work.channel)
                entries.update((entry.number, entry) for entry in piece.header.files)
                for owner, block, data in piece.blocks():
                    blocks.setdefault(owner, {})[block] = data
                work.say(f"channel {{c}}: piece handle={handle} tag={source.tag}", f"channel {{c}}: restored backup piece {number}")
            for file in files:
                self._lay_over(work, entries[file.number], blocks[file.number], file)
            work.say(f"channel {{c}}: restore complete, elapsed time: {work.elapsed()}")
        return recover

    # --- redo ---

    def redo(self, limit: Limit, channels: Sequence[Channel], *, asked: bool) -> None:
        """Media recovery with every log that is there or in a backup. RMAN-06054 for the one that comes next and is not known.

        ``asked``: not only as far as logs go. Recovery to the end of the online logs is complete; so is one to its limit.
        """
        store = self.database.store
        began = time.monotonic()
        self.server.emit(["", "starting media recovery", ""])
        recovery = MediaRecovery(store)
        missing: dict[int, tuple[int, int]] = {}
        chains = [self._chain(thread, recovery.start, limit, channels, missing) for thread in self._threads()]
        reached = recovery.apply(heapq.merge(*chains, key=lambda record: record.scn), before=None if limit.scn == ENDLESS else limit.scn,
                                 until=limit.time)
        ended = reached or limit.scn != ENDLESS and not missing
        covered = recovery.scn if reached and limit.time else limit.scn - 1 if ended else min((scn - 1 for _, scn in missing.values()), default=None)
        recovery.finish(covered=covered, incomplete=store.control.role == "PRIMARY" and (ended or bool(missing)))
        if missing and not reached and asked:
            thread, (sequence, scn) = next(iter(missing.items()))
            raise failed("recover", self.database.now(),
                         f"RMAN-06054: media recovery requesting unknown archived log for thread {thread} with sequence {sequence} and starting SCN of {scn}")
        self.server.emit([f"media recovery complete, elapsed time: {_clock(time.monotonic() - began)}"])

    def _threads(self) -> list[int]:
        control = self.database.store.control
        known = {entry.log.thread for entry in control.archived} | {thread for thread, _ in self._sources.logs()}
        if control.role == "PRIMARY":
            known |= set(self.database.store.redo.threads())
        return sorted(known) or [1]

    def _online(self, thread: int) -> dict[int, LogHeader]:
        """Logs that are in groups, by sequence; a standby database has none of its own."""
        store = self.database.store
        if store.control.role != "PRIMARY" or thread not in store.redo.threads():
            return {}
        return {log.sequence: log for log in self.database.logs.online(thread)}

    def _chain(self, thread: int, start: int, limit: Limit, channels: Sequence[Channel], missing: dict[int, tuple[int, int]]) -> Iterator[Record]:
        """The records of a thread from an SCN on, log by log; where it ends too early, ``missing`` says with which."""
        disk, sets, online_logs = self._sources.archived(), self._sources.logs(), self._online(thread)
        headers = {sequence: entry.log for (owner, sequence), entry in disk.items() if owner == thread} | online_logs
        for (owner, sequence), header in self._sources.log_headers().items():
            if owner == thread and (owner, sequence) in sets:
                headers.setdefault(sequence, header)
        of_this = {sequence: header for sequence, header in headers.items() if header.resetlogs_scn == self.database.store.resetlogs_scn}
        first = max((sequence for sequence, header in of_this.items() if header.first_scn <= start + 1), default=None)
        if first is None:
            missing[thread] = (min(of_this, default=1), start)
            return
        sequence, scn = first, start
        while scn < limit.scn:
            header = of_this.get(sequence)
            if header is None:
                missing[thread] = (sequence, scn)
                return
            yield from self._log(thread, sequence, header, disk.get((thread, sequence)), sets.get((thread, sequence)),
                                 sequence in online_logs, channels)
            if not header.next_scn:
                return
            sequence, scn = sequence + 1, header.next_scn

    def _log(self, thread: int, sequence: int, header: LogHeader, archived: ArchivedLog | None, source: Source | None, is_online: bool,
             channels: Sequence[Channel]) -> Iterator[Record]:
        logs, store = self.database.logs, self.database.store
        if archived is not None:
            path = archived.name
        elif is_online:
            path = store.redo.path(sequence, thread)
        elif source is not None:
            path = self.restore_log(source, thread, sequence, channels[0])
        else:
            raise failed("recover", self.database.now(), "RMAN-06053: unable to perform media recovery because of missing log",
                         f"RMAN-06025: no backup of archived log for thread {thread} with sequence {sequence} and starting SCN of {header.first_scn} "
                         "found to restore")
        shown = logs.member(logs.group(header)) if is_online and archived is None else path
        self.server.emit([f"archived log for thread {thread} with sequence {sequence} is already on disk as file {shown}",
                          f"archived log file name={shown} thread={thread} sequence={sequence}"])
        yield from read_records(path)

    # --- archived logs out of backups ---

    def restore_log(self, source: Source, thread: int, sequence: int, channel: Channel) -> str:
        """An archived log back to where archived logs go; its name. It is known from then on."""
        said = f"channel {channel.name}"
        self.server.emit([f"{said}: starting archived log restore to default destination", f"{said}: restoring archived log",
                          f"archived log thread={thread} sequence={sequence}"])
        for handle in source.handles:
            self.server.emit([f"{said}: reading from backup piece {handle}"])
            piece = self._sources.open(handle, source.device, channel)
            place = next((place for place, log in enumerate(piece.header.logs) if (log.thread, log.sequence) == (thread, sequence)), None)
            if place is None:
                piece.close()
                continue
            data = piece.contents()[ARCHIVED_LOG, place]
            path, number, area = self.database.logs.restored(piece.header.logs[place])
            path = str(path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
            header = read_header(path)
            assert header is not None
            self.database.store.control.archived.append(ArchivedLog(path, number, header, len(data), time.time(), area, "RMAN"))
            self.database.store.write_control()
            self.server.emit([f"{said}: piece handle={handle} tag={source.tag}", f"{said}: restored backup piece 1",
                              f"{said}: restore complete, elapsed time: 00:00:01"])
            return path
        raise failed("restore", self.database.now(), "RMAN-06026: some targets not found - aborting restore",
                     f"RMAN-06025: no backup of archived log for thread {thread} with sequence {sequence} found to restore")

    def restore_logs(self, command: commands.Restore) -> None:
        """RESTORE ARCHIVELOG. RMAN-06025 over 06026 for what is in no backup; what is on disk is passed over unless FORCE is said."""
        self.server.work.mounted("restore")
        channel = self.server.channels()[0]
        sets, disk = self._sources.logs(command.tag), self._sources.archived()
        wanted = self._chosen(command.logs, sorted({*sets, *disk}), sets)
        missing = [f"RMAN-06025: no backup of archived log for thread {thread} with sequence {sequence} and starting SCN of 0 found to restore"
                   for thread, sequence in wanted if (thread, sequence) not in sets and (thread, sequence) not in disk]
        if missing or not wanted:
            raise failed("restore", self.database.now(), *(["RMAN-06026: some targets not found - aborting restore", *missing] if missing else
                                                           ["RMAN-20242: specification does not match any archived log in the repository"]))
        with self.server.work.status("RESTORE", "ARCHIVELOG"):
            for thread, sequence in wanted:
                if (thread, sequence) in disk and not command.force:
                    self.server.emit([f"archived log for thread {thread} with sequence {sequence} is already on disk as file "
                                      f"{disk[thread, sequence].name}"])
                else:
                    self.restore_log(sets[thread, sequence], thread, sequence, channel)

    def _chosen(self, logs: commands.Logs, known: list[tuple[int, int]], sets: dict[tuple[int, int], Source]) -> list[tuple[int, int]]:
        if logs.kind == "ALL":
            return [key for key in known if key in sets]
        if logs.kind != "SEQUENCE":
            raise not_simulated(f"RESTORE ARCHIVELOG by {logs.kind}")
        thread = logs.thread or 1
        low = int(logs.low) if logs.low is not None else min((sequence for owner, sequence in known if owner == thread), default=1)
        high = int(logs.high) if logs.high is not None else max((sequence for owner, sequence in known if owner == thread), default=low)
        return [(thread, sequence) for sequence in range(low, high + 1)]

    # --- RECOVER STANDBY DATABASE ---

    def _standby(self, command: commands.Recover) -> None:
        """The standby gets a new control file and the blocks that changed since, and stays mounted (18c, transcript).

        RMAN-05150 while managed recovery runs, RMAN-05146 for what is no standby.
        """
        server, database = self.server, self.database
        if database.state not in ("MOUNTED", "OPEN") or database.store.control.role == "PRIMARY":
            raise failed("recover", database.now(), "RMAN-05146: must be connected to standby database to issue RECOVER STANDBY DATABASE")
        if database.dataguard.recovery is not None:
            raise failed("recover", database.now(), "RMAN-05150: Managed Recovery Process must be disabled before running RECOVER STANDBY DATABASE.")
        names = {file.number: (file.path, file.omf) for file in database.store.datafiles()}
        server.restart("NOMOUNT")
        self._script(f"restore standby controlfile from service '{command.service}';", "alter database mount standby database;")
        server.restorer.restore(commands.Restore("STANDBY CONTROLFILE", service=command.service))
        database.mount()
        server.state_changed()
        store = database.store
        with store.lock:
            for file in store.datafiles():
                if file.number in names:
                    file.path, file.omf = names[file.number]
            store.write_control()
        added = [file for file in store.datafiles() if file.number not in names and file.contents != "TEMPORARY"]
        if added:
            numbers = ", ".join(str(file.number) for file in added)
            self._script(f"restore datafile {numbers} from service '{command.service}';")
            server.restorer.restore(commands.Restore(scope=commands.Scope("DATAFILE", tuple(str(file.number) for file in added)), service=command.service))
        self._script(f"recover database from service '{command.service}';")
        server.framed("recover", lambda: self._recover(commands.Recover(service=command.service, compressed=command.compressed)))

    def _script(self, *lines: str) -> None:
        self.server.emit(["", "contents of Memory Script:", "{", *(f"   {line}" for line in lines), "}", "executing Memory Script", ""])


def _clock(seconds: float) -> str:
    whole = max(1, round(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"

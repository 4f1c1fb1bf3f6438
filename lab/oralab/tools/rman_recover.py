# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RECOVER: increments, out of backups or over the network, then redo."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oralab.errors import not_simulated
from oralab.storage.tablespaces import Datafile
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import Channel, Step, Work


class Recoverer:
    """The recovering commands of one RMAN session."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.database = server.database

    def recover(self, command: commands.Recover) -> None:
        if command.copy or command.standby:
            raise not_simulated("RECOVER COPY OF")
        self.server.framed("recover", lambda: self._recover(command))

    def _recover(self, command: commands.Recover) -> None:
        chosen = [file for file in self.server.work.scope("recover", command.scope) if file.tablespace not in command.skip]
        channels = self.server.channels()
        self.server.crosscheck_implicitly()
        with self.server.work.status("RECOVER", "DB INCR" if command.service else "DB FULL"):
            if command.service:
                self._from_service(command, chosen, channels)

    # --- over the network ---

    def _from_service(self, command: commands.Recover, chosen: Sequence[Datafile], channels: Sequence[Channel]) -> None:
        """Blocks that the other database changed since, file by file. A file that is as new already is passed over (transcript)."""
        self.server.emit([""])
        self.server.perform("recover", [self._network_recover(file, command) for file in chosen], channels, sum(file.bytes for file in chosen))

    def _network_recover(self, file: Datafile, command: commands.Recover) -> Step:
        restorer = self.server.restorer

        def recover(work: Work) -> None:
            with restorer.service(command.service) as service:
                piece = service.piece("datafile", number=file.number, from_scn=0, compressed=command.compressed)
                if piece.header.files[0].checkpoint_scn <= file.checkpoint_scn:
                    work.say(f"skipping datafile {file.number}; already restored to SCN {file.checkpoint_scn}")
                    return
                work.say("channel {c}: starting incremental datafile backup set restore",
                         f"channel {{c}}: using network backup set from service {command.service}",
                         f"destination for restore of datafile {file.number:05d}: {file.path}")
                restorer.write(work, piece, file, file.path, incremental=True)
                restorer.adopt(work, file, file.path, False)
                work.say(f"channel {{c}}: restore complete, elapsed time: {work.elapsed()}")
        return recover

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The channels of an RMAN session and the devices behind them: what its commands write to, and where they read pieces."""
from __future__ import annotations

import datetime
import glob
import os
from collections.abc import Iterator, Sequence
from typing import Any

from oralab.errors import OraError
from oralab.storage.asm import is_asm
from oralab.storage.pieces import Piece
from oralab.tools import rman_commands as commands
from oralab.tools.control import Hello
from oralab.tools.rman_channels import Channel, RmanFailure, error_time, failed
from oralab.tools.rman_media import DISK, Media, read_piece
from oralab.tools.rman_settings import SessionSettings, media


class Channels:
    """The part of a server that has channels."""

    database: Any
    hello: Hello
    settings: SessionSettings

    def __init__(self) -> None:
        self._allocated: list[Channel] = []
        self._maintenance: list[Channel] = []
        self._automatic: list[Channel] = []
        self._catalog_named = False

    def emit(self, lines: Sequence[str]) -> None:
        raise NotImplementedError

    def close_channels(self) -> None:
        for channel in self._allocated + self._maintenance + self._automatic:
            channel.session.close()

    def _logon(self) -> Any:
        return self.database.logon(self.hello.logon())

    def introduce(self) -> None:
        if not self._catalog_named:
            self._catalog_named = True
            self.emit(["using target database control file instead of recovery catalog"])

    def channels(self, parallelism: int = 0, device: str = "") -> list[Channel]:
        """The channels of a command: those that were allocated, else automatic ones, as many as configured or asked for.

        One for maintenance is for what looks at pieces, not for what reads or writes them (documented).
        """
        if self._allocated:
            return self._allocated
        self.introduce()
        device = device or self.settings.device()
        wanted = parallelism or self.settings.parallelism(device)
        own = [channel for channel in self._automatic if channel.media.device == device]
        for channel in own[:wanted]:
            self.emit([f"using channel {channel.name}"])
        form, parms = self.settings.channel(device)
        while len(own) < wanted:
            channel = self._open_channel(f"ORA_{device}_{len(own) + 1}", device, form, parms)
            channel.automatic = True
            own.append(channel)
            self._automatic.append(channel)
            self.emit([f"allocated channel: {channel.name}", f"channel {channel.name}: SID={channel.session.sid} device type={device}",
                       *(f"channel {channel.name}: {line}" for line in channel.media.banner)])
        return own[:wanted]

    def _open_channel(self, name: str, device: str, form: str, parms: str) -> Channel:
        """RMAN-03009 over ORA-19554 when the media manager cannot be used (transcripts)."""
        session = self._logon()
        try:
            return Channel(name, session, form, media=media(device, parms, self.database))
        except OraError as error:
            session.close()
            raise RmanFailure(f"RMAN-03009: failure of allocate command on {name} channel at {error_time(self.database.now())}",
                              *error.text.split("\n")) from None

    def device(self) -> str:
        """The device of the command: that of the channels that were allocated, else the default."""
        return self._allocated[0].media.device if self._allocated else self.settings.device()

    def devices(self) -> set[str]:
        """Those of the channels that were allocated; none when channels are automatic."""
        return {channel.media.device for channel in self._allocated}

    def media(self, device: str) -> Media:
        """A device for reading and deleting pieces: of an allocated channel, or as configured."""
        if device == "DISK":
            return DISK
        found = [channel for channel in self._allocated + self._maintenance + self._automatic if channel.media.device == device]
        return found[0].media if found else media(device, self.settings.channel(device)[1], self.database)

    def allocate(self, command: commands.Allocate) -> None:
        now = self.database.now()
        ours = self._allocated if command.channel else self._maintenance
        name = command.channel or f"ORA_MAINT_{command.device}_{len(ours) + 1}"
        if any(channel.name == name for channel in ours):
            raise failed("allocate", now, f"RMAN-06013: duplicate channel identifier found: {name}")
        self.introduce()
        channel = self._open_channel(name, command.device, command.format, command.parms)
        ours.append(channel)
        self.emit([f"allocated channel: {channel.name}", f"channel {channel.name}: SID={channel.session.sid} device type={channel.media.device}",
                   *(f"channel {channel.name}: {line}" for line in channel.media.banner), ""])

    def release(self, name: str) -> None:
        """RELEASE CHANNEL of a channel of the block, or, without a name, of those for maintenance, which no block touches (documented).

        RMAN-06474 where there are none is assumed.
        """
        ours = self._allocated if name else self._maintenance
        found = [channel for channel in ours if channel.name == name or not name]
        if not found:
            raise failed("release", self.database.now(),
                         f"RMAN-06012: channel: {name} not allocated" if name else "RMAN-06474: maintenance channels are not allocated")
        for channel in found:
            ours.remove(channel)
            channel.session.close()
            self.emit([f"released channel: {channel.name}"])

    def state_changed(self) -> None:
        """Automatic channels do not outlive MOUNT, STARTUP or SHUTDOWN (transcripts)."""
        for channel in self._automatic:
            channel.session.close()
            self.emit([f"released channel: {channel.name}"])
        self._automatic.clear()

    # --- pieces ---

    def read_piece(self, handle: str, device: str, channel: Channel) -> Piece:
        """A backup piece on the device that it lies on."""
        where = channel.media if channel.media.device == device else self.media(device)
        secrets = (*self.settings.passwords(), *self.keystore())
        return read_piece(handle, where, secrets)

    def keystore(self) -> list[bytes]:
        """Master keys of the keystore, the one that encrypts first; none while it is closed or has none."""
        store = self.database.keystore
        wallet = store.opened()
        if wallet is None or wallet.active not in wallet.keys:
            return []
        first = wallet.keys[wallet.active].value
        return [first, *(key.value for key in wallet.keys.values() if key.value != first)]

    def autobackups(self, dbid: int | None) -> Iterator[tuple[str, str]]:
        """Handles and devices of autobackups, the newest first: in the recovery area, and by the format's name of the last seven days (documented)."""
        device = self.device()
        area = self.database.parameters.get("db_recovery_file_dest")
        if device == "DISK" and area and not is_asm(area):
            found = glob.glob(os.path.join(area, self.database.spec.db_unique_name.upper(), "autobackup", "*", "*"))
            yield from ((path, device) for path in sorted(found, key=os.path.getmtime, reverse=True))
        known = dbid or (self.database.store.dbid if self.database.state in ("MOUNTED", "OPEN") else None)
        if known is None:
            return
        form, now = self.settings.autobackup_format(device), self.database.now()
        where = self.media(device)
        for days in range(7):
            for number in range(255, -1, -1):
                name = form.replace("%F", f"c-{known}-{now - datetime.timedelta(days=days):%Y%m%d}-{number:02x}")
                if device == "DISK" and not name.startswith(("/", "+")):
                    name = os.path.join(self.database.spec.oracle_home, "dbs", name)
                if where.exists(name):
                    yield name, device

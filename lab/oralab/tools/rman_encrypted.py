# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESTORE ... AS ENCRYPTED: files of tablespaces that are not encrypted are encrypted while they are written.

With the master key in use (documented), and those of SYSTEM, SYSAUX and undo too (transcript). Temporary files are not restored, so their tablespaces stay
as they are. Assumed: the algorithm is that of new tablespaces; a tablespace counts as encrypted from its first file on; what is encrypted already stays as
it is. A transcript of 26ai has an internal error there, for a key that was named with USING KEY, which 19c does not know.
"""
from __future__ import annotations

from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.storage.control_file import Datafile
from oralab.storage.tablespaces import KEY_BYTES
from oralab.tools import rman_commands as commands
from oralab.tools.rman_channels import failed


def check(database: Any, command: commands.Restore) -> None:
    """RMAN-05139 for anything but the database and tablespaces, ORA-45911 for a database of COMPATIBLE below 12.2 (documented)."""
    if not command.encryption:
        return
    if command.scope is None or command.scope.kind not in ("DATABASE", "TABLESPACE"):
        raise failed("restore", database.now(), "RMAN-05139: incompatible use of AS ENCRYPTED or AS DECRYPTED option in restore")
    if [int(part) for part in database.parameters.get("compatible").split(".")[:2]] < [12, 2]:
        raise failed("restore", database.now(), "ORA-45911: cannot restore as encrypted/decrypted on database with compatibility below 12.2")
    if command.encryption == "DECRYPTED":
        raise not_simulated("RESTORE ... AS DECRYPTED")


def key(database: Any, command: commands.Restore, file: Datafile, piece: str = "") -> bytes | None:
    """What blocks of a file are encrypted with as they are written; None where they stay as they are.

    ORA-28365 and ORA-28374, over a network as they are, of a backup below ORA-19870 (transcript of the latter).
    """
    if not command.encryption or command.verb:
        return None
    algorithm = database.parameters.get("tablespace_encryption_default_algorithm").upper()
    if algorithm not in KEY_BYTES:
        raise not_simulated(f"encryption of a tablespace with {algorithm}")
    try:
        found: bytes = database.store.encrypt_restored(file.tablespace, algorithm)
        return found
    except OraError as error:
        if not piece:
            raise
        raise error.under(19870, f"error while restoring backup piece {piece}") from None

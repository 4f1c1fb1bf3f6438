# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password file: verifiers of administrators while the database is not open, and who holds SYSDBA and its kin.

It is a file like any other: a copy of it lets the same people into another instance, whatever that instance's database says. Where it
lies is documented (``$ORACLE_HOME/dbs/orapw<SID>``, otherwise ``orapw``); its blocks of 512 bytes and what stands in them are our own, but for the
words at its beginning.
"""
from __future__ import annotations

import json
import os
from typing import Any, Final

from oralab.api import Verifier

_MAGIC: Final = b"]\\[Z\0\0\0\0ORACLE Remote Password file\0"
_BLOCK: Final = 512
MODE: Final = 0o640
FORMATS: Final = ("legacy", "12", "12.2")
Entries = dict[str, tuple[Verifier, set[str]]]


class Invalid(Exception):
    """The file is no password file."""


def home_directory(oracle_home: str, otherwise: str) -> str:
    """Where an ORACLE_HOME keeps it; a database without a home on this machine has it among its own files."""
    dbs = os.path.join(oracle_home, "dbs")
    return dbs if os.path.isdir(dbs) else otherwise


def read(path: str) -> tuple[str, Entries]:
    """Format and entries of a file. OSError, or Invalid."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(_MAGIC) or len(data) % _BLOCK:
        raise Invalid(path)
    try:
        found: dict[str, Any] = json.loads(data[len(_MAGIC):].rstrip(b"\0"))
        entries = {user: (Verifier(bytes.fromhex(salt), bytes.fromhex(digest)), set(held)) for user, (salt, digest, held) in found["entries"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(path) from error
    return found["format"], entries


def write(path: str, entries: Entries, form: str = "12.2") -> None:
    """Make the file, or put another one in its place."""
    told = {user: [verifier.salt.hex(), verifier.hash.hex(), sorted(held)] for user, (verifier, held) in sorted(entries.items())}
    data = _MAGIC + json.dumps({"format": form, "entries": told}).encode()
    data += bytes(-len(data) % _BLOCK)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)


class PasswordFile:
    """The file of an instance; read at every use, because it may be replaced while the instance runs."""

    def __init__(self, directory: str, sid: str) -> None:
        self._own, self._common = os.path.join(directory, f"orapw{sid}"), os.path.join(directory, "orapw")

    @property
    def path(self) -> str:
        return self._common if os.path.exists(self._common) and not os.path.exists(self._own) else self._own

    def exists(self) -> bool:
        """Whether there is one that can be used."""
        return self.form is not None

    @property
    def form(self) -> str | None:
        """FORMAT of V$PASSWORDFILE_INFO; None without a file that can be used."""
        try:
            return read(self.path)[0]
        except (OSError, Invalid):
            return None

    def entries(self) -> Entries:
        """User -> (verifier, administrative privileges); empty without a file that can be used."""
        try:
            return read(self.path)[1]
        except (OSError, Invalid):
            return {}

    def verifier(self, user: str, privilege: str) -> Verifier | None:
        """Of a user who holds ``privilege``; with an empty privilege of any user in the file."""
        verifier, held = self.entries().get(user, (None, set()))
        return verifier if not privilege or privilege in held else None

    def write(self, user: str, verifier: Verifier, privileges: set[str]) -> None:
        """Set a user's entry; without privileges it goes."""
        entries = self.entries()
        entries.pop(user, None)
        if privileges:
            entries[user] = (verifier, set(privileges))
        write(self.path, entries, self.form or "12.2")

    def privileges(self, user: str) -> set[str]:
        return set(self.entries().get(user, (None, set()))[1])

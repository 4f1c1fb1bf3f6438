# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password file: verifiers of administrators while the database is not open, and who holds SYSDBA and its kin."""
from __future__ import annotations

import os
import pickle

from oralab.api import Verifier


class PasswordFile:
    """``orapw<SID>``; read at every use, because orapwd replaces it while the instance runs."""

    def __init__(self, path: str) -> None:
        self.path = path

    def entries(self) -> dict[str, tuple[Verifier, set[str]]]:
        """User -> (verifier, administrative privileges); empty without the file."""
        if not os.path.exists(self.path):
            return {}
        with open(self.path, "rb") as file:
            found: dict[str, tuple[Verifier, set[str]]] = pickle.load(file)
        return found

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
        with open(self.path + ".new", "wb") as file:
            pickle.dump(entries, file)
        os.replace(self.path + ".new", self.path)

    def privileges(self, user: str) -> set[str]:
        return set(self.entries().get(user, (None, set()))[1])

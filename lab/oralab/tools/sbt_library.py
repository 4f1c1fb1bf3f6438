# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup module consists of: a library, which is known by what is in it, and an auto-login wallet with the credentials for the place of the pieces."""
from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

WALLET = "cwallet.sso"
_ELF = b"\x7fELF\x02\x01\x01"
_MAGIC = b"\xa1\xf8N6"
_OBFUSCATION = b"auto-login wallets are obfuscated"[:32]
"""An auto-login wallet can be opened by whoever can read it (documented); so no secret is needed here."""


@dataclasses.dataclass(frozen=True, slots=True)
class Library:
    """A media manager's library. ``name`` is that of its file, ``product`` what it calls itself."""

    name: str
    product: str
    version: str

    @property
    def banner(self) -> str:
        return f"{self.product} VER={self.version}"

    @property
    def _mark(self) -> bytes:
        return _ELF + f"lab: {self.product}\n".encode()

    def write(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(self._mark)

    def is_at(self, path: str) -> bool:
        try:
            with open(path, "rb") as file:
                return file.read(len(self._mark)) == self._mark
        except OSError:
            return False


@dataclasses.dataclass(frozen=True, slots=True)
class Credentials:
    user: str
    secret: str


def _obfuscated(data: bytes) -> bytes:
    return Cipher(algorithms.AES(_OBFUSCATION), modes.CTR(bytes(16))).encryptor().update(data)


def write_wallet(directory: str, content: Any) -> None:
    with open(os.path.join(directory, WALLET), "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(_MAGIC + _obfuscated(json.dumps(content).encode()))


def read_wallet(directory: str) -> Any:
    """OSError when there is none, ValueError for what is none."""
    with open(os.path.join(directory, WALLET), "rb") as file:
        data = file.read()
    return json.loads(_obfuscated(data[len(_MAGIC):]))

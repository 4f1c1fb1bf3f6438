# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a keystore: ``ewallet.p12``, which a password opens, and ``cwallet.sso``, which opens by itself.

What the files mean is documented (Advanced Security Guide); their bytes are our own. The keys are encrypted, so a file without its password tells
nothing. A local auto-login file opens on the host that it was made on alone.
"""
from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import secrets
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PASSWORD_FILE: Final = "ewallet.p12"
AUTO_LOGIN_FILE: Final = "cwallet.sso"
_ROUNDS: Final = 20_000
_MAGIC: Final = {PASSWORD_FILE: b"ORALAB-P12\0", AUTO_LOGIN_FILE: b"ORALAB-SSO\0"}
_KNOWN: Final = hashlib.sha256(b"auto-login keystores of the lab").digest()
"""Hides the keys of an auto-login file from a glance, as the real one's does; whoever has the file has the keys."""


class WrongPassword(Exception):
    """The file does not open."""


@dataclasses.dataclass(slots=True)
class Key:
    """A master key. ``activated`` is None for one that was created and not used yet."""

    id: str
    value: bytes
    created: datetime.datetime
    activated: datetime.datetime | None
    creator: str
    database: str
    dbid: int
    instance: str
    tag: str = ""
    algorithm: str = "AES256"
    origin: str = "LOCAL"
    backed_up: bool = False


@dataclasses.dataclass(slots=True)
class Wallet:
    """What a keystore holds: master keys by id, and which of them the database uses."""

    keys: dict[str, Key] = dataclasses.field(default_factory=dict)
    active: str = ""

    def dump(self) -> bytes:
        keys = [{**dataclasses.asdict(key), "value": key.value.hex(), "created": key.created.isoformat(),
                 "activated": key.activated.isoformat() if key.activated else None} for key in self.keys.values()]
        return json.dumps({"active": self.active, "keys": keys}).encode()

    @classmethod
    def load(cls, data: bytes) -> Wallet:
        found: dict[str, Any] = json.loads(data)
        keys = [Key(**{**key, "value": bytes.fromhex(key["value"]), "created": datetime.datetime.fromisoformat(key["created"]),
                       "activated": datetime.datetime.fromisoformat(key["activated"]) if key["activated"] else None}) for key in found["keys"]]
        return cls({key.id: key for key in keys}, found["active"])


def new_key_id() -> str:
    """52 characters: a version, a random part, and padding (transcript)."""
    random = "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") for _ in range(22))
    return f"A{random}".ljust(52, "A")


def exists(directory: str, name: str) -> bool:
    return os.path.exists(os.path.join(directory, name))


def _write(path: str, data: bytes) -> None:
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    os.replace(path + ".new", path)


def _derived(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)


def _sealed(magic: bytes, wallet: Wallet, password: str) -> bytes:
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    return magic + salt + nonce + AESGCM(_derived(password, salt)).encrypt(nonce, wallet.dump(), magic)


def _unsealed(magic: bytes, data: bytes, password: str) -> Wallet:
    start = len(magic)
    salt, nonce, sealed = data[start:start + 16], data[start + 16:start + 28], data[start + 28:]
    try:
        return Wallet.load(AESGCM(_derived(password, salt)).decrypt(nonce, sealed, magic))
    except InvalidTag:
        raise WrongPassword from None


def write_with_password(path: str, wallet: Wallet, password: str) -> None:
    """A file that ``password`` opens: a keystore, a backup of one, or exported keys."""
    _write(path, _sealed(_MAGIC[PASSWORD_FILE], wallet, password))


def read_with_password(path: str, password: str) -> Wallet:
    """OSError, or WrongPassword, which is what a damaged file says too."""
    with open(path, "rb") as file:
        data = file.read()
    if not data.startswith(_MAGIC[PASSWORD_FILE]):
        raise WrongPassword
    return _unsealed(_MAGIC[PASSWORD_FILE], data, password)


def write_auto_login(directory: str, wallet: Wallet, host: str) -> None:
    """``host``: where a local one opens; empty for any."""
    nonce = secrets.token_bytes(12)
    bound = hashlib.sha256(host.encode()).digest() if host else bytes(32)
    magic = _MAGIC[AUTO_LOGIN_FILE]
    _write(os.path.join(directory, AUTO_LOGIN_FILE), magic + bound + nonce + AESGCM(_KNOWN).encrypt(nonce, wallet.dump(), magic + bound))


def read_auto_login(directory: str, host: str) -> tuple[str, Wallet] | None:
    """AUTOLOGIN or LOCAL_AUTOLOGIN and what the file holds; None without one that opens here."""
    magic = _MAGIC[AUTO_LOGIN_FILE]
    try:
        with open(os.path.join(directory, AUTO_LOGIN_FILE), "rb") as file:
            data = file.read()
    except OSError:
        return None
    bound, nonce, sealed = (data[len(magic):len(magic) + 32], data[len(magic) + 32:len(magic) + 44], data[len(magic) + 44:])
    if not data.startswith(magic) or bound not in (bytes(32), hashlib.sha256(host.encode()).digest()):
        return None
    try:
        wallet = Wallet.load(AESGCM(_KNOWN).decrypt(nonce, sealed, magic + bound))
    except (InvalidTag, ValueError):
        return None
    return "LOCAL_AUTOLOGIN" if any(bound) else "AUTOLOGIN", wallet


def bound_to_a_host(directory: str) -> bool:
    """Whether the auto-login file there is a local one."""
    magic = _MAGIC[AUTO_LOGIN_FILE]
    with open(os.path.join(directory, AUTO_LOGIN_FILE), "rb") as file:
        return any(file.read(len(magic) + 32)[len(magic):])

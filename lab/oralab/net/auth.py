# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's side of the 12C password exchange (O5LOGON with PBKDF2 and AES-256).

The server keeps a salt and a hash; the client proves that it knows the key from which the hash was made, so a logon
costs the server no key derivation of its own. Both halves of the session key travel encrypted with the hash.
"""
from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from oralab.api import Verifier

VERIFIER_TYPES: Final = {"12C": 0x4815, "10G": 0x0939}
KEY_ROUNDS: Final = 4096
SESSION_ROUNDS: Final = 3
_SALT_OF_UNKNOWN_USERS: Final = secrets.token_bytes(16)


def make_verifier(password: str, salt: bytes | None = None) -> Verifier:
    """The 12C verifier of a password."""
    salt = salt or secrets.token_bytes(16)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt + b"AUTH_PBKDF2_SPEEDY_KEY", KEY_ROUNDS, 64)
    return Verifier(salt, hashlib.sha512(key + salt).digest()[:32])


def fake_verifier(user: str) -> Verifier:
    """A verifier that no password fits, so that an unknown user is challenged like any other."""
    return Verifier(hmac.digest(_SALT_OF_UNKNOWN_USERS, user.encode(), "sha256")[:16], secrets.token_bytes(32))


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(16)))


def _encrypt(key: bytes, data: bytes) -> bytes:
    encryptor = _cipher(key).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _decrypt(key: bytes, data: bytes) -> bytes:
    decryptor = _cipher(key).decryptor()
    return decryptor.update(data) + decryptor.finalize()


class Challenge:
    """One exchange; its session key also protects later password changes of the session."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        # An older verifier is announced, so that the driver gives up, but never used.
        self._hash = verifier.hash if verifier.kind == "12C" else secrets.token_bytes(32)
        self._server_half = secrets.token_bytes(32)
        self._session_salt = secrets.token_bytes(16)
        self._session_key = bytes(32)

    def pairs(self) -> list[tuple[str, str, int]]:
        """Key, value and flags of the answer to the first logon call."""
        return [
            ("AUTH_SESSKEY", _encrypt(self._hash, self._server_half).hex().upper(), 0),
            ("AUTH_VFR_DATA", self._verifier.salt.hex().upper(), VERIFIER_TYPES[self._verifier.kind]),
            ("AUTH_PBKDF2_CSK_SALT", self._session_salt.hex().upper(), 0),
            ("AUTH_PBKDF2_VGEN_COUNT", str(KEY_ROUNDS), 0),
            ("AUTH_PBKDF2_SDER_COUNT", str(SESSION_ROUNDS), 0),
        ]

    def verify(self, session_key: str, speedy_key: str) -> bool:
        """Whether the client knows the password, from its AUTH_SESSKEY and AUTH_PBKDF2_SPEEDY_KEY."""
        try:
            client_half = _decrypt(self._hash, bytes.fromhex(session_key))
            mixed = (client_half + self._server_half).hex().upper().encode()
            self._session_key = hashlib.pbkdf2_hmac("sha512", mixed, self._session_salt, SESSION_ROUNDS, 32)
            key = _decrypt(self._session_key, bytes.fromhex(speedy_key))[16:80]
        except ValueError:      # no hexadecimal digits, or no whole number of blocks
            return False
        found = hashlib.sha512(key + self._verifier.salt).digest()[:32]
        return hmac.compare_digest(found, self._hash)

    def password(self, encrypted: str) -> str:
        """A password that the client sent under the session key (AUTH_PASSWORD, AUTH_NEWPASSWORD)."""
        padded = _decrypt(self._session_key, bytes.fromhex(encrypted))[16:]
        return padded[:-padded[-1]].decode()

    def server_response(self) -> str:
        """The proof that the server knows the verifier too; without it the driver refuses the server."""
        return _encrypt(self._session_key, secrets.token_bytes(16) + b"SERVER_TO_CLIENT").hex().upper()

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_CRYPTO.HASH and MAC, and DBMS_RANDOM (documented)."""
from __future__ import annotations

import hashlib
import hmac
import os
import random
import string as characters
from decimal import Decimal
from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.packages.registry import Package, Param

HASHES = {2: "md5", 3: "sha1", 4: "sha256", 5: "sha384", 6: "sha512"}
MACS = {1: "md5", 2: "sha1", 3: "sha256", 4: "sha384", 5: "sha512"}
DBMS_CRYPTO = Package("DBMS_CRYPTO", grantees=(), constants={
    "HASH_MD4": 1, "HASH_MD5": 2, "HASH_SH1": 3, "HASH_SH256": 4, "HASH_SH384": 5, "HASH_SH512": 6,
    "HMAC_MD5": 1, "HMAC_SH1": 2, "HMAC_SH256": 3, "HMAC_SH384": 4, "HMAC_SH512": 5})
DBMS_RANDOM = Package("DBMS_RANDOM")
_ALPHABETS = {"U": characters.ascii_uppercase, "L": characters.ascii_lowercase, "A": characters.ascii_letters,
              "X": characters.ascii_uppercase + characters.digits, "P": "".join(map(chr, range(32, 127)))}


def _bytes(source: Any) -> bytes:
    if source is None:
        raise OraError(28232, "invalid input length for obfuscation toolkit")
    return source.encode() if isinstance(source, str) else bytes(source)


def _hash(session: Any, src: Any, typ: int) -> bytes:
    if typ == 1:
        raise not_simulated("DBMS_CRYPTO.HASH_MD4")
    if typ not in HASHES:
        raise OraError(28817, "PL/SQL function returned an error.")
    return hashlib.new(HASHES[typ], _bytes(src)).digest()


def _mac(session: Any, src: Any, typ: int, key: bytes | None) -> bytes:
    if typ not in MACS:
        raise OraError(28817, "PL/SQL function returned an error.")
    return hmac.new(key or b"", _bytes(src), MACS[typ]).digest()


for _source in ("RAW", "BLOB", "CLOB"):
    DBMS_CRYPTO.routine("HASH", [Param("src", _source), Param("typ", "PLS_INTEGER")], "RAW")(_hash)
    DBMS_CRYPTO.routine("MAC", [Param("src", _source), Param("typ", "PLS_INTEGER"), Param("key", "RAW")], "RAW")(_mac)


@DBMS_CRYPTO.routine("RANDOMBYTES", [Param("number_bytes", "POSITIVE")], "RAW")
def random_bytes(session: Any, number_bytes: int) -> bytes:
    return os.urandom(int(number_bytes))


def _generator(session: Any) -> random.Random:
    found: random.Random = session.package_state.setdefault("DBMS_RANDOM", random.Random())
    return found


@DBMS_RANDOM.routine("SEED", [Param("val", "VARCHAR2")])
@DBMS_RANDOM.routine("INITIALIZE", [Param("val", "BINARY_INTEGER")])
def seed(session: Any, val: Any) -> None:
    _generator(session).seed(str(val))


@DBMS_RANDOM.routine("TERMINATE")
def terminate(session: Any) -> None:
    session.package_state.pop("DBMS_RANDOM", None)


@DBMS_RANDOM.routine("VALUE", (), "NUMBER")
def value(session: Any) -> Decimal:
    """At least 0 and less than 1, with 38 digits."""
    return Decimal(_generator(session).randrange(10 ** 38)).scaleb(-38)


@DBMS_RANDOM.routine("VALUE", [Param("low", "NUMBER"), Param("high", "NUMBER")], "NUMBER")
def value_between(session: Any, low: Any, high: Any) -> Decimal:
    return Decimal(low) + value(session) * (Decimal(high) - Decimal(low))


@DBMS_RANDOM.routine("RANDOM", (), "NUMBER")
def integer(session: Any) -> int:
    return _generator(session).randrange(-2 ** 31, 2 ** 31)


@DBMS_RANDOM.routine("NORMAL", (), "NUMBER")
def normal(session: Any) -> Decimal:
    return Decimal(repr(_generator(session).gauss(0, 1)))


@DBMS_RANDOM.routine("STRING", [Param("opt", "CHAR"), Param("len", "NUMBER")], "VARCHAR2")
def string(session: Any, opt: str | None, **length: Any) -> str | None:
    """``opt``: U, L, A, X or P; anything else gives upper case (documented)."""
    alphabet = _ALPHABETS.get((opt or "U").upper()[:1], characters.ascii_uppercase)
    return "".join(_generator(session).choices(alphabet, k=int(length["len"] or 0))) or None

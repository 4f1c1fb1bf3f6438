# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of keystores and encrypted tablespaces."""
from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oralab.catalog.dictionary import RowDict, rows, yes
from oralab.values import Timestamp

if TYPE_CHECKING:
    from oralab.catalog.database import Database


@rows("V$ENCRYPTION_WALLET")
def encryption_wallet(session: Any, database: Database) -> Iterator[RowDict]:
    keystore = database.keystore
    wallet = keystore.opened()
    kept = "UNDEFINED" if wallet is None or not wallet.keys else "YES" if all(key.backed_up for key in wallet.keys.values()) else "NO"
    containers = (1, 2, 3) if database.spec.is_cdb else (0,)
    for container in containers:
        yield {"WRL_TYPE": "FILE", "WRL_PARAMETER": os.path.join(keystore.directory, "") if container < 2 else None, "STATUS": keystore.status,
               "WALLET_TYPE": keystore.type, "WALLET_ORDER": "SINGLE", "KEYSTORE_MODE": "NONE" if container < 2 else "UNITED",
               "FULLY_BACKED_UP": kept, "CON_ID": container}


@rows("V$ENCRYPTION_KEYS")
def encryption_keys(session: Any, database: Database) -> Iterator[RowDict]:
    wallet = database.keystore.opened()
    for key in wallet.keys.values() if wallet is not None else ():
        used = {"ACTIVATION_TIME": Timestamp(key.activated, 0, "+00:00") if key.activated else None,
                "ACTIVATING_DBNAME": key.database if key.activated else None, "ACTIVATING_DBID": key.dbid if key.activated else None}
        yield {"KEY_ID": key.id, "TAG": key.tag or None, "CREATION_TIME": Timestamp(key.created, 0, "+00:00"), "CREATOR": key.creator, "CREATOR_ID": 0,
               "USER": key.creator if key.activated else None, "USER_ID": 0 if key.activated else None, "KEY_USE": "TDE IN PDB",
               "KEYSTORE_TYPE": "SOFTWARE KEYSTORE", "ORIGIN": key.origin, "BACKED_UP": yes(key.backed_up), "CREATOR_DBNAME": key.database,
               "CREATOR_DBID": key.dbid, "CREATOR_INSTANCE_NAME": key.instance, "CREATOR_INSTANCE_NUMBER": 1, **used}


@rows("V$ENCRYPTED_TABLESPACES")
def encrypted_tablespaces(session: Any, database: Database) -> Iterator[RowDict]:
    """STATUS is UNKNOWN until the database is open (documented)."""
    status = "NORMAL" if database.state == "OPEN" else "UNKNOWN"
    for space in database.store.tablespaces():
        if space.encryption is not None:
            algorithm, master, wrapped = space.encryption
            yield {"TS#": space.number, "ENCRYPTIONALG": algorithm, "ENCRYPTEDTS": "YES", "ENCRYPTEDKEY": wrapped, "MASTERKEYID": master.encode()[1:17],
                   "BLOCKS_ENCRYPTED": 0, "BLOCKS_DECRYPTED": 0, "KEY_VERSION": 0, "STATUS": status, "CON_ID": database.container(session)}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ADMINISTER KEY MANAGEMENT.

Documented (SQL Language Reference, Advanced Security Guide). A container database has one keystore for all its containers (united mode).
"""
from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oralab.catalog import wallets
from oralab.catalog.ddl import Ddl, statement
from oralab.errors import OraError, not_simulated
from oralab.sql import ast

if TYPE_CHECKING:
    from oralab.catalog.keystore import Keystore

Node = ast.AdministerKeyManagement
_ALGORITHMS = ("AES256", "ARIA256", "SEED128", "GOST256")


@statement(ast.AdministerKeyManagement)
def administer(ddl: Ddl, session: Any, node: Node) -> None:
    """ORA-01031 without the privilege.

    A keystore is opened in an instance that is only started too: that of an auxiliary instance is lost with its restart (documented, RMAN duplication).
    """
    if session.privilege not in ("SYSDBA", "SYSKM"):
        ddl.privileges.need(session, "ADMINISTER KEY MANAGEMENT")
    if node.external_store:
        raise not_simulated("IDENTIFIED BY EXTERNAL STORE")
    if node.container == "ALL" and not ddl.database.spec.is_cdb:
        raise OraError(65090, "operation only allowed in a container database")
    _ACTIONS[node.action](ddl, session, ddl.database.keystore, node)


def _password(node: Node) -> str:
    """ORA-00988 without one."""
    if node.password is None:
        raise OraError(988, "missing or invalid password(s)")
    return node.password


def _backed_up(keystore: Keystore, node: Node) -> None:
    """What changes a keystore with a password is preceded by a backup. ORA-46631 when the statement has none (documented)."""
    if not node.backup:
        raise OraError(46631, "keystore needs to be backed up")
    keystore.back_up(_password(node), node.backup_tag)


def _create(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    keystore.create(_password(node), node.location)


def _auto_login(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    keystore.create_auto_login(_password(node), node.location, local=node.action.startswith("CREATE LOCAL"))


def _open(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    keystore.open(_password(node), force=node.force_keystore)


def _close(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    keystore.close(node.password)


def _set_key(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    """A new master key, active from now on or created for later."""
    if node.algorithm is not None and node.algorithm.upper() not in _ALGORITHMS:
        raise OraError(28378, "No wallet or HSM specified or invalid encryption algorithm (lab: text assumed)")
    keystore.for_change(_password(node), force=node.force_keystore)
    _writable(ddl)
    _backed_up(keystore, node)
    wallet = keystore.for_change(_password(node), force=node.force_keystore)
    key = keystore.new_key(session.user, node.tag, node.algorithm, activate=node.action == "SET KEY")
    wallet.keys[key.id] = key
    if node.action == "SET KEY":
        wallet.active = key.id
    keystore.save(wallet, _password(node))
    _wrapped_anew(ddl, keystore)


def _use_key(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    keystore.for_change(_password(node), force=node.force_keystore)
    _writable(ddl)
    _backed_up(keystore, node)
    wallet = keystore.for_change(_password(node), force=node.force_keystore)
    key = wallet.keys.get(str(node.key_id))
    if key is None:
        raise OraError(28374, "typed master key not found in wallet")
    wallet.active, key.activated = key.id, ddl.database.now()
    keystore.save(wallet, _password(node))
    _wrapped_anew(ddl, keystore)


def _writable(ddl: Ddl) -> None:
    """A key is set in the database's own dictionary too. ORA-01109, and ORA-16000 in one that is read only (assumed)."""
    if ddl.database.state != "OPEN":
        raise OraError(1109, "database not open")
    if ddl.database.read_only:
        raise OraError(16000, "database or pluggable database open for read-only access")


def _wrapped_anew(ddl: Ddl, keystore: Keystore) -> None:
    """The keys of tablespaces are encrypted with the master key in use (documented)."""
    if keystore.opened() is not None and keystore.status == "OPEN":
        ddl.database.store.wrap_keys(keystore.active())


def _back_up(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    keystore.for_change(_password(node), force=node.force_keystore)
    keystore.back_up(_password(node), node.backup_tag, node.to)


def _alter_password(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    keystore.for_change(_password(node), force=node.force_keystore)
    if node.new_password is None:
        raise OraError(988, "missing or invalid password(s)")
    _backed_up(keystore, node)
    keystore.save(keystore.for_change(_password(node), force=node.force_keystore), node.new_password)


def _merge(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    """Keys of one keystore into another that is there; what is open does not know of it (documented)."""
    source, target = (str(place or "").rstrip("/") for place in (node.location, node.to))
    if node.source_password is None:
        found = wallets.read_auto_login(source, "")
        if found is None:
            raise OraError(28367, "wallet does not exist")
        merged = found[1]
    else:
        merged = _opened_file(source, node.source_password)
    if not node.backup:
        raise OraError(46631, "keystore needs to be backed up")
    wallet = _opened_file(target, _password(node))
    here = os.path.realpath(target) == os.path.realpath(keystore.directory)
    if here:
        keystore.back_up(_password(node), node.backup_tag)
        wallet = _opened_file(target, _password(node))
    wallet.keys = {**merged.keys, **wallet.keys}
    wallet.active = wallet.active or merged.active
    wallets.write_with_password(os.path.join(target, wallets.PASSWORD_FILE), wallet, _password(node))


def _opened_file(directory: str, password: str) -> wallets.Wallet:
    try:
        return wallets.read_with_password(os.path.join(directory, wallets.PASSWORD_FILE), password)
    except OSError:
        raise OraError(28367, "wallet does not exist") from None
    except wallets.WrongPassword:
        raise OraError(46627, "keystore password mismatch") from None


def _export(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    """ORA-46642 when the file is there."""
    wallet = keystore.for_change(_password(node), force=node.force_keystore)
    if not node.secret or not node.to:
        raise OraError(905, "missing keyword")
    if os.path.exists(node.to):
        raise OraError(46642, "key export destination file already exists")
    try:
        wallets.write_with_password(node.to, wallet, node.secret)
    except OSError:
        raise OraError(46643, "key export destination file cannot be created (lab: text assumed)") from None


def _import(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    """ORA-46655 when the file has none that is not there already. The code of a wrong secret is assumed."""
    keystore.for_change(_password(node), force=node.force_keystore)
    try:
        imported = wallets.read_with_password(str(node.location), str(node.secret))
    except OSError:
        raise OraError(46645, "failed to open the key import file (lab: text assumed)") from None
    except wallets.WrongPassword:
        raise OraError(46627, "keystore password mismatch") from None
    _backed_up(keystore, node)
    wallet = keystore.for_change(_password(node), force=node.force_keystore)
    fresh = {name: key for name, key in imported.keys.items() if name not in wallet.keys}
    if not fresh:
        raise OraError(46655, "no valid keys in the file from which keys are to be imported")
    for key in fresh.values():
        key.origin = "IMPORTED"
    wallet.keys.update(fresh)
    wallet.active = wallet.active or imported.active
    keystore.save(wallet, _password(node))


def _set_tag(ddl: Ddl, session: Any, keystore: Keystore, node: Node) -> None:
    raise not_simulated("SET TAG")


_ACTIONS: dict[str, Callable[[Ddl, Any, Keystore, Node], None]] = {
    "CREATE KEYSTORE": _create, "CREATE AUTO_LOGIN KEYSTORE": _auto_login, "CREATE LOCAL AUTO_LOGIN KEYSTORE": _auto_login, "OPEN": _open,
    "CLOSE": _close, "SET KEY": _set_key, "CREATE KEY": _set_key, "USE KEY": _use_key, "BACKUP KEYSTORE": _back_up,
    "ALTER KEYSTORE PASSWORD": _alter_password, "MERGE KEYSTORE": _merge, "EXPORT KEYS": _export, "IMPORT KEYS": _import, "SET TAG": _set_tag}

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore of Transparent Data Encryption, as an instance has it: open or closed, and what it may do.

Where it lies (WALLET_ROOT with TDE_CONFIGURATION, otherwise ENCRYPTION_WALLET_LOCATION of sqlnet.ora, otherwise below ``$ORACLE_BASE/admin``), that an
auto-login keystore opens when it is needed, and that ``FORCE KEYSTORE`` gives the password for one statement, is documented. Which code belongs to which
refusal is documented (ORA-28353, 28354, 28365, 28367, 28389 to 28391, 28417, 46627, 46630, 46631, 46642, 46658) or assumed where a line says so. The key that
a database uses is marked in the keystore itself (assumed).
"""
from __future__ import annotations

import os
from typing import TYPE_CHECKING

from oralab.catalog import wallets
from oralab.catalog.wallets import AUTO_LOGIN_FILE, PASSWORD_FILE, Key, Wallet
from oralab.errors import OraError, not_simulated
from oralab.net import names
from oralab.storage import asm

if TYPE_CHECKING:
    from oralab.catalog.database import Database

PASSWORD = "PASSWORD"


def closed() -> OraError:
    return OraError(28365, "wallet is not open")


def not_open_here() -> OraError:
    return OraError(46658, "keystore not open in the container")


def _directory(name: str) -> str:
    """A place for a keystore in the file system."""
    if asm.is_asm(name):
        raise not_simulated(f"a keystore in a disk group ({name})")
    return name


class Keystore:
    """The keystore of one database's instance."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._wallet: Wallet | None = None
        self._type = ""
        """PASSWORD, AUTOLOGIN or LOCAL_AUTOLOGIN while it is open."""

    # --- where it is ---

    @property
    def directory(self) -> str:
        parameters, spec = self._database.parameters, self._database.spec
        root = parameters.get("wallet_root") if self._database.release != "12.1" else ""
        if root and "FILE" in parameters.get("tde_configuration").upper():
            return _directory(os.path.join(root, "tde"))
        profile = names.read(os.path.join(names.admin_directory(spec.oracle_home), "sqlnet.ora"))
        named = names.Parameter("", profile.get("ENCRYPTION_WALLET_LOCATION", "")).find("SOURCE")
        located = next((one.text("METHOD_DATA", "DIRECTORY") for one in named if one.text("METHOD").upper() == "FILE"), "")
        if located:
            return _directory(located.replace("$ORACLE_SID", spec.instance_name).replace("$ORACLE_UNQNAME", spec.db_unique_name))
        base = os.path.dirname(spec.oracle_home) if os.path.isdir(spec.oracle_home) else self._database.directory
        return os.path.join(base, "admin", spec.db_unique_name, "wallet")

    @property
    def _host(self) -> str:
        """What a local auto-login keystore is bound to: the server, which each ORACLE_HOME of the lab is one of."""
        return f"{self._database.spec.host} {self._database.spec.oracle_home}"

    # --- what it is ---

    def opened(self) -> Wallet | None:
        """The keys, when it is open or opens by itself."""
        if self._wallet is None:
            found = wallets.read_auto_login(self.directory, self._host)
            if found is not None:
                self._type, self._wallet = found
        return self._wallet

    @property
    def type(self) -> str:
        """WALLET_TYPE of V$ENCRYPTION_WALLET."""
        return self._type if self.opened() is not None else "UNKNOWN"

    @property
    def status(self) -> str:
        """STATUS of V$ENCRYPTION_WALLET."""
        wallet = self.opened()
        if wallet is not None:
            return "OPEN" if wallet.active in wallet.keys else "OPEN_NO_MASTER_KEY"
        there = any(wallets.exists(self.directory, name) for name in (PASSWORD_FILE, AUTO_LOGIN_FILE))
        return "CLOSED" if there else "NOT_AVAILABLE"

    def key(self, key_id: str) -> bytes:
        """The value of a master key. ORA-28365 when the keystore is not open, ORA-28374 when it does not hold the key."""
        wallet = self.opened()
        if wallet is None:
            raise closed()
        if key_id not in wallet.keys:
            raise OraError(28374, "typed master key not found in wallet")
        return wallet.keys[key_id].value

    def active(self) -> str:
        """Id of the key that new tablespaces are encrypted with. Errors as ``key``."""
        wallet = self.opened()
        if wallet is None:
            raise closed()
        self.key(wallet.active)
        return wallet.active

    def forget(self) -> None:
        """The instance goes down, or the keystore is closed."""
        self._wallet, self._type = None, ""

    # --- opening and closing ---

    def create(self, password: str, directory: str | None) -> None:
        """ORA-46630 where there is one, or no directory."""
        place = _directory(directory) if directory else self.directory
        root = self._database.parameters.get("wallet_root") if self._database.release != "12.1" else ""
        if root and not directory:
            os.makedirs(place, mode=0o700, exist_ok=True)
        if not os.path.isdir(place) or any(wallets.exists(place, name) for name in (PASSWORD_FILE, AUTO_LOGIN_FILE)):
            raise OraError(46630, "keystore cannot be created at the specified location")
        wallets.write_with_password(os.path.join(place, PASSWORD_FILE), Wallet(), password)

    def create_auto_login(self, password: str, directory: str | None, *, local: bool) -> None:
        """ORA-46630 where there is one."""
        place = (directory or self.directory).rstrip("/") or "/"
        wallet = self._read(place, password)
        if wallets.exists(place, AUTO_LOGIN_FILE):
            raise OraError(46630, "keystore cannot be created at the specified location")
        wallets.write_auto_login(place, wallet, self._host if local else "")

    def open(self, password: str, *, force: bool) -> None:
        """ORA-28354 when it is open, ORA-28367 without one, ORA-28353 with another password."""
        if self.opened() is not None and not (force and self._type != PASSWORD):
            raise OraError(28354, "Encryption wallet, auto login wallet, or HSM is already open")
        if not wallets.exists(self.directory, PASSWORD_FILE):
            raise OraError(28367, "wallet does not exist")
        try:
            self._wallet = wallets.read_with_password(os.path.join(self.directory, PASSWORD_FILE), password)
        except (OSError, wallets.WrongPassword):
            raise OraError(28353, "failed to open wallet") from None
        self._type = PASSWORD

    def close(self, password: str | None) -> None:
        """One that was opened by a password is closed by it; an auto-login one without, and opens again when it is needed."""
        if self.opened() is None:
            raise closed()
        if password is None and self._type == PASSWORD:
            raise OraError(28390, "auto login wallet not open but encryption wallet may be open")
        if password is not None and self._type != PASSWORD:
            raise OraError(28389, "cannot close auto login wallet")
        if password is not None:
            try:
                wallets.read_with_password(os.path.join(self.directory, PASSWORD_FILE), password)
            except (OSError, wallets.WrongPassword):
                raise OraError(28391, "cannot close wallet or HSM, password mismatch") from None
        self.forget()

    # --- changes, which need the password ---

    def _read(self, directory: str, password: str) -> Wallet:
        try:
            return wallets.read_with_password(os.path.join(directory, PASSWORD_FILE), password)
        except OSError:
            raise OraError(28367, "wallet does not exist") from None
        except wallets.WrongPassword:
            raise OraError(46627, "keystore password mismatch") from None

    def for_change(self, password: str, *, force: bool) -> Wallet:
        """What the password's file holds, to be changed. ORA-46658 closed, ORA-28417 opened by auto-login and not forced, ORA-46627."""
        if self.opened() is None and not force:
            raise not_open_here()
        if self._type != PASSWORD and not force:
            raise OraError(28417, "password-based keystore is not open")
        return self._read(self.directory, password)

    def save(self, wallet: Wallet, password: str) -> None:
        """The file, and the auto-login file with it if there is one (transcript), and what is open of it."""
        wallets.write_with_password(os.path.join(self.directory, PASSWORD_FILE), wallet, password)
        if wallets.exists(self.directory, AUTO_LOGIN_FILE):
            local = wallets.bound_to_a_host(self.directory)
            wallets.write_auto_login(self.directory, wallet, self._host if local else "")
        if self._wallet is not None:
            self._wallet = wallet

    def back_up(self, password: str, tag: str | None, directory: str | None = None) -> None:
        """A copy of the file beside it, named after the time and the tag (documented); its keys count as backed up."""
        wallet = self._read(self.directory, password)
        moment = self._database.now().strftime("%Y%m%d%H%M%S%f")[:16]
        name = "_".join(filter(None, ("ewallet", moment, tag))) + ".p12"
        place = os.path.join(directory or self.directory, name)
        if not os.path.isdir(os.path.dirname(place)):
            raise OraError(46620, "backup for the keystore cannot be taken")
        wallets.write_with_password(place, wallet, password)
        for key in wallet.keys.values():
            key.backed_up = True
        self.save(wallet, password)

    def new_key(self, user: str, tag: str | None, algorithm: str | None, *, activate: bool) -> Key:
        """A master key of this database, which is not in the keystore yet."""
        database, now = self._database, self._database.now()
        return Key(wallets.new_key_id(), os.urandom(32), now, now if activate else None, user, database.spec.name, database.store.dbid,
                   database.sid_name(), tag or "", (algorithm or "AES256").upper())

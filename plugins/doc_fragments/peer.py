# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """The other database of the pair."""

    DOCUMENTATION = r"""
options:
  peer_entry:
    description:
      - Inventory entry of the other database of the pair. Its connection is taken from its C(dbferry_) variables.
    type: str
  peer:
    description:
      - Connection of the other database, when it has no inventory entry, or what is to be other than its entry says. The options are those of
        this module's own connection.
    type: dict
    suboptions:
      dsn: {description: Connect string., type: str}
      host: {description: Host of the listener., type: str}
      port: {description: Port of the listener., type: int, default: 1521}
      service_name: {description: Service of the database., type: str}
      user: {description: Account to log on with., type: str}
      password: {description: Its password., type: str}
      mode: {description: Administrative privilege., type: str, default: default, choices: [default, sysdba, sysbackup, sysdg]}
      proxy_user: {description: Account to act as., type: str}
      driver_mode: {description: See the option of the same name., type: str, default: thin, choices: [thin, thick]}
      driver_lib_dir: {description: Directory of Oracle Client., type: path}
      config_dir: {description: Directory of C(tnsnames.ora)., type: path}
      wallet_location: {description: Directory of the wallet., type: path}
      wallet_password: {description: Password of the wallet., type: str}
      connect_timeout: {description: Seconds to wait for the listener., type: float, default: 20}
      connect_retry_time: {description: Seconds during which a logon is tried again., type: float, default: 0}
      call_timeout: {description: Seconds after which a call is cancelled., type: float, default: 0}
      session: {description: See the option of the same name., type: str, default: driver, choices: [driver, sqlplus]}
      oracle_home: {description: See the option of the same name., type: str}
      oracle_sid: {description: See the option of the same name., type: str}
      tns_admin: {description: See the option of the same name., type: str}
      assume: {description: Filled in by the collection itself in check mode., type: dict, default: {}}
"""

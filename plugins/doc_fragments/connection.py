# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """How to reach a database."""

    DOCUMENTATION = r"""
options:
  dsn:
    description:
      - Connect string of the database, C(host:port/service) or a full descriptor or a name from C(tnsnames.ora) in O(config_dir).
      - Every option of the connection that a task leaves unset is taken from the variable C(dbferry_) plus its name of the
        inventory entry that the task runs for, or of the one that C(delegate_to) names.
    type: str
  host:
    description: Host of the listener, when O(dsn) is not given.
    type: str
  port:
    description: Port of the listener, when O(dsn) is not given.
    type: int
    default: 1521
  service_name:
    description: Service of the database, when O(dsn) is not given. Name the PDB's own service where there is one.
    type: str
  user:
    description: Account to log on with. Without it the wallet or the operating system says who it is.
    type: str
  password:
    description: Password of O(user).
    type: str
  mode:
    description:
      - Administrative privilege to log on with. The account must be in the password file.
      - With one, O(user) and O(password) are taken from C(dbferry_admin_user) and C(dbferry_admin_password) of the inventory entry, where it has
        them, and a C(peer_entry) is logged on to in the same way.
    type: str
    default: default
    choices: [default, sysdba, sysbackup, sysdg]
  proxy_user:
    description: Account to act as, through the proxy account O(user).
    type: str
  driver_mode:
    description:
      - V(thin) needs nothing but python-oracledb and reaches 12.1 and later.
      - V(thick) loads Oracle Client; it is needed for 11.2, native network encryption and 10G password verifiers.
    type: str
    default: thin
    choices: [thin, thick]
  driver_lib_dir:
    description: Directory of Oracle Client for O(driver_mode=thick).
    type: path
  config_dir:
    description: Directory of C(tnsnames.ora) and C(sqlnet.ora).
    type: path
  wallet_location:
    description: Directory of the wallet, for TLS or for the password.
    type: path
  wallet_password:
    description: Password of the wallet.
    type: str
  connect_timeout:
    description: Seconds to wait for the listener.
    type: float
    default: 20
  connect_retry_time:
    description: Seconds during which a logon is tried again while listener or instance are coming up. Statements are never repeated.
    type: float
    default: 0
  call_timeout:
    description: Seconds after which a single call is cancelled. V(0) waits for ever.
    type: float
    default: 0
  session:
    description:
      - V(driver) speaks through python-oracledb from where the module runs.
      - V(sqlplus) has SQL*Plus on the database server do it, over the connection to the server and as its user, which is the Oracle
        owner or becomes it. The server needs no Python and the driver no way to the listener, and it reaches 11.2. Without O(user) the
        logon is C(/ AS SYSDBA), or as O(mode) says; with it, O(dsn) is what the server's SQL*Plus connects to, or the instance of
        O(oracle_sid) when no database is named.
    type: str
    default: driver
    choices: [driver, sqlplus]
  oracle_home:
    description: ORACLE_HOME on the database server, for what runs there.
    type: str
  oracle_sid:
    description: ORACLE_SID of the instance on the database server, for what runs there.
    type: str
  tns_admin:
    description:
      - Directory of C(tnsnames.ora), C(sqlnet.ora) and C(listener.ora) on the database server, where it is not C(network/admin) below O(oracle_home).
        What runs there has it as TNS_ADMIN, and so has an instance that is started there.
    type: str
  migration_id:
    description:
      - Identity of the migration, C([A-Z][A-Z0-9]{0,11}). It stands in the name of everything that is made and in the journal.
    type: str
  migration_run:
    description: Number of the run, 1 to 999. What an earlier run made never counts for this one.
    type: int
    default: 1
  journal_owner:
    description:
      - Whose table the journal is, for tasks that log on as somebody else, as SYS does. By default the inventory's C(dbferry_user), and
        where there is none the user who logs on.
    type: str
  assume:
    description:
      - In check mode, what earlier phases of the same plan would have made, by resource. Filled in by the collection itself, so
        that a whole workflow can be planned; there is no need to give it.
    type: dict
    default: {}
  original:
    description:
      - In check mode, how the database is reached of which earlier phases of the same plan would make this one a copy. Filled in by the collection
        itself, as O(assume) is.
    type: dict
    suboptions:
      dsn: {description: See the option of the same name., type: str}
      host: {description: See the option of the same name., type: str}
      port: {description: See the option of the same name., type: int, default: 1521}
      service_name: {description: See the option of the same name., type: str}
      user: {description: See the option of the same name., type: str}
      password: {description: See the option of the same name., type: str}
      mode: {description: See the option of the same name., type: str, default: default, choices: [default, sysdba, sysbackup, sysdg]}
      proxy_user: {description: See the option of the same name., type: str}
      driver_mode: {description: See the option of the same name., type: str, default: thin, choices: [thin, thick]}
      driver_lib_dir: {description: See the option of the same name., type: path}
      config_dir: {description: See the option of the same name., type: path}
      wallet_location: {description: See the option of the same name., type: path}
      wallet_password: {description: See the option of the same name., type: str}
      connect_timeout: {description: See the option of the same name., type: float, default: 20}
      connect_retry_time: {description: See the option of the same name., type: float, default: 0}
      call_timeout: {description: See the option of the same name., type: float, default: 0}
      session: {description: See the option of the same name., type: str, default: driver, choices: [driver, sqlplus]}
      oracle_home: {description: See the option of the same name., type: str}
      oracle_sid: {description: See the option of the same name., type: str}
      tns_admin: {description: See the option of the same name., type: str}
requirements:
  - python-oracledb 2.5 or later where SQL runs, which is the control node or execution environment (see C(dbferry_sql_from)).
"""

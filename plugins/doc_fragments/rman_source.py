# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """Where RMAN reads from, and through which channels."""

    DOCUMENTATION = r"""
options:
  service:
    description:
      - Connect string of the source, as the server that RMAN runs on reaches it; a name of its C(tnsnames.ora), or host, port and service. Blocks come
        over the network then, and there are no backups in between.
      - Needs 12.1, and the same password file on both sides. RMAN logs on with SYSDBA.
    type: str
  backup_purpose:
    description: Purpose under which M(dbferry.oracle.rman_backup) made the backups of this migration and run that are read.
    type: str
  existing_tag:
    description: The tag of backups that somebody made already.
    type: str
  path:
    description: Directory in which this server sees the pieces, where the source wrote them to another one. It is cataloged.
    type: str
    default: ''
  parallelism:
    description: Number of channels.
    type: int
    default: 1
  section_size:
    description: From a service, files larger than this travel in sections, by several channels at a time. A number with K, M or G.
    type: str
  compressed_backupset:
    description: From a service, compress what travels.
    type: bool
    default: false
  decryption_passwords:
    description: Passwords of encrypted backups. What the keystore decrypts needs none.
    type: list
    elements: str
    default: []
  device_type:
    description: Disk, or a media manager's library.
    type: str
    choices: [disk, sbt]
    default: disk
  sbt_library:
    description: Path of the media manager's library on the server.
    type: str
  sbt_parms:
    description: Parameters for that library, such as C(OPC_PFILE) of the Database Cloud Backup Module.
    type: dict
"""

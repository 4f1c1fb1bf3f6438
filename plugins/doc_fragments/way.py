# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type


class ModuleDocFragment:
    """How one database server reaches the other."""

    DOCUMENTATION = r"""
options:
  transport:
    description:
      - How to reach the other server from the one that the task runs on. V(ssh) as the Oracle owner, without a password and only to a host
        whose key is known.
      - V(local) where both are one server.
    type: str
    choices: [ssh, local]
    default: ssh
  ssh_host:
    description: The other server, as this one calls it. Needed with O(transport=ssh).
    type: str
  ssh_user:
    description: User there; the same as here unless given.
    type: str
  ssh_port:
    description: Port of its ssh.
    type: int
  ssh_identity:
    description: File with the private key on this server; what ssh is configured to unless given. C(~) is the home directory there.
    type: str
  ssh_known_hosts:
    description: File with known host keys on this server; what ssh is configured to unless given. C(~) is the home directory there.
    type: str
"""

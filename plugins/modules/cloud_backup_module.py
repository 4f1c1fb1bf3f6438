#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: cloud_backup_module
short_description: The Oracle Database Cloud Backup Module on a database server
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Installs the media management library through which RMAN writes to object storage, its configuration file and its wallet, with the installer that you
    provide, and only where one of the three is missing or is for another place.
  - It works on the server, as the Oracle owner, and asks no database. The installer tests the credentials and fetches the library, so the server must
    reach the object storage, directly or by a proxy.
  - Secrets reach the installer in a file that only the Oracle owner can read, and that is removed when it ends; never as arguments.
  - Whether other credentials are wanted cannot be seen from a wallet. Set O(state=absent) first, then install again.
options:
  state:
    description: Whether the module is installed. V(absent) removes configuration file and wallet, which hold the credentials; the library stays.
    type: str
    default: present
    choices: [present, absent]
  installer:
    description: Path on the server of the installer's jar, or of the zip that holds it.
    type: str
  service:
    description:
      - V(oci) runs C(oci_install.jar), which has a private key for the API of Oracle Cloud Infrastructure.
      - V(opc) runs C(opc_install.jar), which has a user and a token for storage with the API of Swift.
    type: str
    default: oci
    choices: [oci, opc]
  endpoint:
    description: URL of the object storage.
    type: str
  container:
    description: Bucket or container for the backups.
    type: str
  opc_id:
    description: User, for V(opc).
    type: str
  opc_password:
    description: Password or token of that user.
    type: str
  private_key_file:
    description: Path on the server of the private key in PEM format, for V(oci).
    type: str
  public_fingerprint:
    description: Fingerprint of the public key that belongs to it.
    type: str
  user_ocid:
    description: OCID of the user.
    type: str
  tenancy_ocid:
    description: OCID of the tenancy.
    type: str
  compartment_ocid:
    description: OCID of the compartment; the tenancy's own unless given.
    type: str
  proxy_host:
    description: Proxy on the way to the object storage.
    type: str
  proxy_port:
    description: Port of that proxy.
    type: int
  library_directory:
    description: Where the library goes. By default C(lib) of ORACLE_HOME.
    type: str
  wallet_directory:
    description: Where the wallet goes. By default C(dbs/opc_wallet) of ORACLE_HOME.
    type: str
  config_file:
    description: Path of the configuration file. By default C(dbs/opc), the SID and C(.ora) in ORACLE_HOME.
    type: str
  java:
    description: Path of the Java that runs the installer. By default that of ORACLE_HOME, C(jdk/bin/java).
    type: str
extends_documentation_fragment:
  - dbferry.oracle.connection
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: Backups of the source can go to object storage
  dbferry.oracle.cloud_backup_module:
    installer: /stage/opc_installer.zip
    endpoint: https://objectstorage.eu-frankfurt-1.oraclecloud.com
    container: sales_migration
    private_key_file: /home/oracle/.oci/key.pem
    public_fingerprint: 20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34
    user_ocid: ocid1.user.oc1..example
    tenancy_ocid: ocid1.tenancy.oc1..example
  register: module
  delegate_to: sales_source

- name: Level 0 through it
  dbferry.oracle.rman_backup:
    purpose: FULL
    device_type: sbt
    sbt_library: "{{ module.library }}"
    sbt_parms: "{{ module.sbt_parms }}"
"""

RETURN = r"""
library:
  description: Path of the library.
  returned: success
  type: str
config_file:
  description: Path of the configuration file.
  returned: success
  type: str
sbt_parms:
  description: What the channels of RMAN need beside the library.
  returned: success
  type: dict
  sample: {"OPC_PFILE": "/u01/app/oracle/product/19/dbhome_1/dbs/opcSALES.ora"}
before:
  description: Library, configuration file and wallet before.
  returned: success
  type: dict
after:
  description: The same afterwards.
  returned: success
  type: dict
statements:
  description: What was run, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import posixpath
import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import cloud_backup, server_files
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

#: Options that the installers need, as they call them.
CREDENTIALS = {"opc": (("opc_id", "opcId"), ("opc_password", "opcPass")),
               "oci": (("private_key_file", "pvtKeyFile"), ("public_fingerprint", "pubFingerPrint"), ("user_ocid", "uOCID"), ("tenancy_ocid", "tOCID"))}
CONTAINER = {"opc": "container", "oci": "bucket"}
SECRETS = ("opc_password",)


class Places(t.NamedTuple):
    """Where the parts of the module are."""

    library: str
    config_file: str
    wallet: str


def places(want: Want) -> Places:
    home, sid = want["oracle_home"] or "", want["oracle_sid"] or ""
    return Places(posixpath.join(want["library_directory"] or posixpath.join(home, "lib"), cloud_backup.LIBRARY),
                  want["config_file"] or posixpath.join(home, "dbs", "opc{0}.ora".format(sid)),
                  posixpath.join(want["wallet_directory"] or posixpath.join(home, "dbs", "opc_wallet"), cloud_backup.WALLET))


def _safe(path: str) -> bool:
    return bool(re.fullmatch(r"/[^\s'\"\\,()&]+", path)) and path.isprintable()


def observe(session: t.Any, want: Want) -> State:
    where = places(want)
    if not all(_safe(path) for path in where):
        return {}
    library, wallet = server_files.look(session, [where.library, where.wallet])
    config, text = server_files.read(session, where.config_file)
    if config is not None:
        config = dict(config, parameters=cloud_backup.configuration(text))
    return {"LIBRARY " + where.library: library, "CONFIG_FILE " + where.config_file: config, "WALLET " + where.wallet: wallet}


def _fits(config: Attributes, want: Want) -> bool:
    """Whether a configuration is for the wanted place. That of OCI has the tenancy's namespace behind the URL."""
    found = config["parameters"]
    return found.get("OPC_HOST", "").startswith((want["endpoint"] or "").rstrip("/")) and found.get("OPC_CONTAINER") == want["container"] and (
        posixpath.dirname(places(want).wallet) in found.get("OPC_WALLET", ""))


def plan(state: State, want: Want) -> t.List[Step]:
    where = places(want)
    findings = [("DBF-0571", "{0!r} is no path for a part of the module.".format(path[:100]), "Give absolute paths without blanks, quotes and commas.")
                for path in where if not _safe(path)]
    refuse(findings)
    library, config, wallet = "LIBRARY " + where.library, "CONFIG_FILE " + where.config_file, "WALLET " + where.wallet
    if want["state"] == "absent":
        there = [name for name in (config, wallet) if state[name] is not None]
        return [Step(cloud_backup.remove([name.split(" ", 1)[1] for name in there]), effects=dict.fromkeys(there))] if there else []
    if state[library] and state[wallet] and state[config] and _fits(t.cast(Attributes, state[config]), want):
        return []
    needed = ["installer", "endpoint", "container"] + [option for option, dummy in CREDENTIALS[want["service"]]]
    refuse([("DBF-0572", "The module is not installed for this place, and {0} is not given.".format(option), "Give it.")
            for option in needed if not want[option]])
    return [Step(_install(want, where), effects={
        library: {"mode": "unknown until it is installed"}, wallet: {"mode": "0600"},
        config: {"parameters": {"OPC_HOST": want["endpoint"], "OPC_CONTAINER": want["container"],
                                "OPC_WALLET": "LOCATION=file:" + posixpath.dirname(where.wallet)}}})]


def _install(want: Want, where: Places) -> t.Any:
    given = [("host", want["endpoint"]), (CONTAINER[want["service"]], want["container"])]
    given += [(name, want[option]) for option, name in CREDENTIALS[want["service"]] if option not in SECRETS]
    given += [(name, str(want[option])) for option, name in (("compartment_ocid", "cOCID"), ("proxy_host", "proxyHost"), ("proxy_port", "proxyPort"))
              if want[option]]
    directories = (posixpath.dirname(where.wallet), posixpath.dirname(where.library))
    given += [("walletDir", directories[0]), ("libDir", directories[1]), ("configFile", where.config_file)]
    secrets = [(name, want[option]) for option, name in CREDENTIALS[want["service"]] if option in SECRETS]
    java = want["java"] or posixpath.join(want["oracle_home"], "jdk", "bin", "java")
    return cloud_backup.install(java, want["installer"], want["service"], given, secrets, directories)


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    where = places(want)
    return {"library": where.library, "config_file": where.config_file, "sbt_parms": {"OPC_PFILE": where.config_file}}


MODULE = Module(
    argument_spec={
        "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        "installer": {"type": "str"},
        "service": {"type": "str", "default": "oci", "choices": ["oci", "opc"]},
        "endpoint": {"type": "str"},
        "container": {"type": "str"},
        "opc_id": {"type": "str"},
        "opc_password": {"type": "str", "no_log": True},
        "private_key_file": {"type": "str", "no_log": False},
        "public_fingerprint": {"type": "str"},
        "user_ocid": {"type": "str"},
        "tenancy_ocid": {"type": "str"},
        "compartment_ocid": {"type": "str"},
        "proxy_host": {"type": "str"},
        "proxy_port": {"type": "int"},
        "library_directory": {"type": "str"},
        "wallet_directory": {"type": "str"},
        "config_file": {"type": "str"},
        "java": {"type": "str"},
    },
    observe=observe, plan=plan, report=report, local=lambda want: True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

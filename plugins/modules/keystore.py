#!/usr/bin/python
# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

__metaclass__ = type

DOCUMENTATION = r"""
---
module: keystore
short_description: The keystore of Transparent Data Encryption
version_added: 0.1.0
author:
  - dbferry contributors (@dbferry)
description:
  - Brings the software keystore that a database uses to a state. Where it is, WALLET_ROOT with TDE_CONFIGURATION or ENCRYPTION_WALLET_LOCATION
    of C(sqlnet.ora) say; V$ENCRYPTION_WALLET tells it as soon as the instance is started.
  - Blocks of encrypted tablespaces are read and recovered with the keys that they were encrypted with, so a database that is made from another
    one needs its keystore before its files are restored, and again when keys were made since.
  - The account needs ADMINISTER KEY MANAGEMENT, or SYSKM. What works on files works on the server, as the Oracle owner.
options:
  state:
    description:
      - V(present) makes a keystore where there is none. V(open) does so too and opens it; one that is open by auto-login stays so.
      - V(open) with a peer takes it that this is the peer's keystore, copied. One that lacks keys of the peer's is closed and opened anew, and an
        auto-login file that was made here is made anew with it; when it still lacks them, the file itself does (DBF-0699). None is made.
      - V(closed) closes it. One that opens by itself does so again as long as its auto-login file is there.
      - V(copied) copies the files of this database's keystore to the server of the peer, C(ewallet.p12), and C(cwallet.sso) when the keystore is open by
        an auto-login file for any host. A local one opens on its own host alone, so it is never copied; it is made anew with O(auto_login).
        Where the peer is a copy of this very database (by its DBID), and has every key already, nothing is copied.
      - V(backed_up) has every key in a backup of the keystore.
      - V(merged) takes the keys of the peer's keystore, whose files are at O(merge_from), into this one.
    type: str
    default: open
    choices: [present, open, closed, copied, backed_up, merged]
  keystore_password:
    description: Password of the keystore.
    type: str
  auto_login:
    description: Have an auto-login file, C(cwallet.sso), for any host or for this one alone, or of the kind that the peer has, which may be none. It
      is made when there is none. With V(none) nothing is made, and one that is there stays.
    type: str
    default: none
    choices: [none, any_host, local, as_peer]
  master_key:
    description: With V(open), set a master key when the keystore has none for this database.
    type: bool
    default: false
  algorithm:
    description: Algorithm of a master key that is set; Oracle's default unless given.
    type: str
    choices: [AES256, ARIA256, SEED128, GOST256]
  container:
    description: In the root, open and close for all pluggable databases too.
    type: str
    default: current
    choices: [current, all]
  location:
    description: Directory of the keystore. What V$ENCRYPTION_WALLET tells unless given.
    type: str
  peer_location:
    description: Directory of the keystore at the peer, for V(copied). It is made when it is not there.
    type: str
  merge_from:
    description: Directory on this server with the keystore that is merged.
    type: str
  merge_password:
    description: Password of that keystore.
    type: str
  backup:
    description: Keep files that V(copied) replaces, under their name with C(.dbf) and the identity and the run of the migration.
    type: bool
    default: true
extends_documentation_fragment:
  - dbferry.oracle.way
  - dbferry.oracle.connection
  - dbferry.oracle.peer
  - dbferry.oracle.attributes
"""

EXAMPLES = r"""
- name: The target gets the keystore of the source
  dbferry.oracle.keystore:
    state: copied
    peer_location: /u01/app/oracle/admin/sales_new/wallet/tde
    ssh_host: dbtrg.example.com
    peer_entry: dbtrg
    migration_id: SALES
  delegate_to: dbsrc

- name: It is open there, with every key, and will be after every start
  dbferry.oracle.keystore:
    state: open
    keystore_password: "{{ vault_keystore_password }}"
    auto_login: local
    peer_entry: dbsrc
"""

RETURN = r"""
location:
  description: Directory of the keystore.
  returned: success
  type: str
  sample: /u01/app/oracle/admin/sales/wallet/tde/
status:
  description: STATUS of V$ENCRYPTION_WALLET, such as V(OPEN), V(CLOSED), V(NOT_AVAILABLE) or V(OPEN_NO_MASTER_KEY).
  returned: success
  type: str
wallet_type:
  description: WALLET_TYPE of V$ENCRYPTION_WALLET, such as V(PASSWORD), V(AUTOLOGIN) or V(LOCAL_AUTOLOGIN).
  returned: success
  type: str
before:
  description: Keystore before.
  returned: success
  type: dict
  sample: {"KEYSTORE": {"status": "CLOSED", "wallet_type": "UNKNOWN", "location": "/u01/app/oracle/admin/sales/wallet/tde/", "keys": []}}
after:
  description: Keystore afterwards.
  returned: success
  type: dict
statements:
  description: What was issued, or in check mode would be.
  returned: success
  type: list
  elements: str
"""

import posixpath
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import keystore as keystores
from ansible_collections.dbferry.oracle.plugins.module_utils import server_files
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import PEER
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError, Finding, Refused, refuse
from ansible_collections.dbferry.oracle.plugins.module_utils.kernel import Module
from ansible_collections.dbferry.oracle.plugins.module_utils.keystore import AUTO_LOGIN, AUTO_LOGIN_FILE, PASSWORD_FILE
from ansible_collections.dbferry.oracle.plugins.module_utils.main import main as run_module
from ansible_collections.dbferry.oracle.plugins.module_utils.names import literal
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes, State, Step, Want

RESOURCE = "KEYSTORE"

CLAUSES = {"AUTOLOGIN": "AUTO_LOGIN", "LOCAL_AUTOLOGIN": "LOCAL AUTO_LOGIN"}
KINDS = {"any_host": "AUTOLOGIN", "local": "LOCAL_AUTOLOGIN"}


# -- what is


def observe(session: t.Any, want: Want) -> State:
    rows = session.query(keystores.WALLET)
    if not rows:
        return {RESOURCE: None}
    first = rows[0]
    location = want["location"] or first["location"] or ""
    keystore = {"status": first["status"], "wallet_type": first["wallet_type"], "location": location, "type": first["wrl_type"],
                "backed_up": first["fully_backed_up"], "keys": keystores.keys(session),
                "closed_containers": sorted(row["con_id"] for row in rows[1:] if not row["status"].startswith("OPEN") and row["con_id"] != 2),
                "_configured": first["location"] or "", "_release": session.release, "_files": {}, "_peer": None, "_dbid": None}
    state: State = {RESOURCE: keystore}
    if session.peer is not None and want["state"] in ("open", "copied"):
        keystore["_peer"] = keystores.of_peer(session.peer)
        keystore["_dbid"] = keystores.dbid(session)
    if _asks_for_files(keystore, want):
        names = (PASSWORD_FILE, AUTO_LOGIN_FILE)
        found = server_files.look(session, [posixpath.join(location, name) for name in names])
        keystore["_files"] = dict(zip(names, found))
        keystore["files"] = [name for name, file in zip(names, found) if file]
    if want["state"] == "copied" and want["peer_location"] and keystore["_files"]:
        pairs = [(posixpath.join(location, name), posixpath.join(want["peer_location"], name)) for name in _copied_files(keystore)]
        files = server_files.compare(session, want, pairs) if pairs else []
        state.update(("PEER_FILE " + pair[1], file) for pair, file in zip(pairs, files))
    if want["state"] == "merged" and session.peer is not None:
        state["PEER_KEYS"] = {"keys": keystores.keys(session.peer)}
    return state


def _asks_for_files(keystore: Attributes, want: Want) -> bool:
    """Whether the server is asked: no view tells whether an auto-login file is there beside a keystore that was opened by its password."""
    if not keystore["location"].startswith("/"):
        return False
    if want["state"] == "copied":
        return not keystores.nothing_to_copy(keystore, keystore["_peer"])
    return want["state"] == "open" and bool(keystores.lacking(keystore, keystore["_peer"])) or \
        bool(_kind(keystore, want)) and keystore["wallet_type"] not in AUTO_LOGIN


def _kind(keystore: Attributes, want: Want) -> t.Optional[str]:
    """The WALLET_TYPE of the auto-login file that is to be there; None for none."""
    if want["auto_login"] == "as_peer":
        kind = (keystore["_peer"] or {}).get("wallet_type")
        return kind if kind in AUTO_LOGIN else None
    return KINDS.get(want["auto_login"])


def _copied_files(keystore: Attributes) -> t.List[str]:
    there = [name for name, file in keystore["_files"].items() if file]
    return [name for name in there if name == PASSWORD_FILE or keystore["wallet_type"] == "AUTOLOGIN"]


# -- statements


def _identified(want: Want, option: str = "keystore_password") -> t.List[t.Union[str, Secret]]:
    if not want[option]:
        raise Refused("{0} is not given.".format(option), code="DBF-0695", hint="Give it.")
    return [" IDENTIFIED BY ", Secret('"{0}"'.format(want[option]))]


def _force(keystore: Attributes) -> str:
    """An auto-login keystore has no password open, which since 12.2 this clause makes good for one statement."""
    return " FORCE KEYSTORE" if keystore["wallet_type"] in AUTO_LOGIN and keystore["_release"] >= (12, 2) else ""


def _container(want: Want) -> str:
    return " CONTAINER = ALL" if want["container"] == "all" else ""


def _administer(*parts: t.Union[str, Secret]) -> Statement:
    return Statement("ADMINISTER KEY MANAGEMENT ", *parts)


# -- the way from one to the other


def plan(state: State, want: Want) -> t.List[Step]:
    keystore = state[RESOURCE]
    refuse(_findings(state, want))
    keystore = t.cast(Attributes, keystore)
    if want["state"] == "copied":
        return _copied(state, want)
    if want["state"] == "closed":
        return _closed(keystore, want)
    if want["state"] == "open" and keystores.lacking(keystore, keystore["_peer"]):
        return _reloaded(keystore, want)
    steps = []
    if keystore["status"] == "NOT_AVAILABLE":
        place = [" ", literal(want["location"])] if want["location"] else []
        steps.append(Step(_administer("CREATE KEYSTORE", *(place + _identified(want))), effects={RESOURCE: {"status": "CLOSED"}}))
        keystore = dict(keystore, status="CLOSED", wallet_type="UNKNOWN")
    if want["state"] != "present":
        steps += _opened(keystore, want)
    steps += _auto_login(keystore, want)
    if want["state"] == "backed_up" and keystore["backed_up"] != "YES":
        steps.append(Step(_administer("BACKUP KEYSTORE USING ", literal(_mark(want)), _force(keystore), *_identified(want)),
                          effects={RESOURCE: {"backed_up": "YES"}}))
    if want["state"] == "merged":
        steps += _merged(state, keystore, want)
    return steps


def _opened(keystore: Attributes, want: Want) -> t.List[Step]:
    steps = []
    if not keystore["status"].startswith("OPEN") or want["container"] == "all" and keystore["closed_containers"]:
        steps.append(Step(_administer("SET KEYSTORE OPEN", _force(keystore), *(_identified(want) + [_container(want)])),
                          effects={RESOURCE: {"status": "OPEN" if keystore["keys"] else "OPEN_NO_MASTER_KEY", "wallet_type": "PASSWORD",
                                              "closed_containers": []}}))
    if want["master_key"] and (steps and not keystore["keys"] or keystore["status"] == "OPEN_NO_MASTER_KEY"):
        algorithm = " USING ALGORITHM " + literal(want["algorithm"]) if want["algorithm"] else ""
        backup = [" WITH BACKUP USING ", literal(_mark(want)), _container(want)]
        steps.append(Step(_administer("SET KEY", algorithm, _force(keystore), *(_identified(want) + backup)), effects={RESOURCE: {"status": "OPEN"}}))
    return steps


def _auto_login(keystore: Attributes, want: Want) -> t.List[Step]:
    kind = _kind(keystore, want)
    if kind is None or keystore["wallet_type"] in AUTO_LOGIN or keystore["_files"].get(AUTO_LOGIN_FILE):
        return []
    return [_made_auto_login(keystore, want, kind)]


def _made_auto_login(keystore: Attributes, want: Want, kind: str) -> Step:
    return Step(_administer("CREATE ", CLAUSES[kind], " KEYSTORE FROM KEYSTORE ", literal(keystore["location"]), *_identified(want)),
                effects={RESOURCE: {"files": [PASSWORD_FILE, AUTO_LOGIN_FILE]}})


def _reloaded(keystore: Attributes, want: Want) -> t.List[Step]:
    """Its file has more keys since it was opened, which are seen when it is opened anew (documented).

    An auto-login file opens before its keystore could. One that came from the peer has the keys too. One that was made here has not, whether the
    keystore was opened by it or by its password; of which kind it is then nobody tells, and one for this host does.
    """
    peer = keystore["_peer"]
    seen: State = {RESOURCE: {"status": "OPEN", "keys": sorted(set(keystore["keys"] + peer["keys"]))}}
    close = _close(keystore, want)
    if not keystore["_files"].get(AUTO_LOGIN_FILE):
        return [close, Step(_administer("SET KEYSTORE OPEN", *(_identified(want) + [_container(want)])), effects=seen)]
    if peer["wallet_type"] == "AUTOLOGIN":
        return [Step(close.statement, effects=seen)]
    kind = keystore["wallet_type"] if keystore["wallet_type"] in AUTO_LOGIN else _kind(keystore, want) or "LOCAL_AUTOLOGIN"
    made = _made_auto_login(keystore, want, kind)
    made.effects.update(seen)
    return [Step(server_files.remove(posixpath.join(keystore["location"], AUTO_LOGIN_FILE))), close, made]


def _closed(keystore: Attributes, want: Want) -> t.List[Step]:
    return [_close(keystore, want)] if keystore["status"].startswith("OPEN") else []


def _close(keystore: Attributes, want: Want) -> Step:
    by = [] if keystore["wallet_type"] in AUTO_LOGIN else _identified(want)
    return Step(_administer("SET KEYSTORE CLOSE", *(by + [_container(want)])), effects={RESOURCE: {"status": "CLOSED", "wallet_type": "UNKNOWN"}})


def _merged(state: State, keystore: Attributes, want: Want) -> t.List[Step]:
    """What was merged is seen when the keystore is opened anew (documented)."""
    missing = sorted(set(t.cast(Attributes, state["PEER_KEYS"])["keys"]) - set(keystore["keys"]))
    if not missing:
        return []
    by = _identified(want, "merge_password") if want["merge_password"] else []
    into = [" INTO EXISTING KEYSTORE ", literal(keystore["location"])] + _identified(want) + [" WITH BACKUP USING ", literal(_mark(want))]
    merge = _administer("MERGE KEYSTORE ", literal(want["merge_from"]), *(by + into))
    keys: State = {RESOURCE: {"keys": sorted(keystore["keys"] + missing)}}
    close = [] if keystore["wallet_type"] in AUTO_LOGIN else _identified(want)
    return [Step(merge), Step(_administer("SET KEYSTORE CLOSE", *close), effects={RESOURCE: {"status": "CLOSED"}}),
            Step(_administer("SET KEYSTORE OPEN", _force(keystore), *_identified(want)), effects=keys)]


def _copied(state: State, want: Want) -> t.List[Step]:
    keystore, steps = t.cast(Attributes, state[RESOURCE]), []
    if keystores.nothing_to_copy(keystore, keystore["_peer"]):
        return []
    for name in _copied_files(keystore):
        there = posixpath.join(want["peer_location"], name)
        file = state.get("PEER_FILE " + there)
        if not (file and file.get("same")):
            steps.append(Step(server_files.copy(want, posixpath.join(keystore["location"], name), there, "0600", _ending(want)),
                              effects={"PEER_FILE " + there: {"same": True, "mode": "0600"}}))
    return steps


def _mark(want: Want) -> str:
    """What backups of the keystore bear in their names."""
    return "{0}_{1}".format((want["migration_id"] or "dbferry").lower(), want["migration_run"])


def _ending(want: Want) -> str:
    return "dbf_{0}_r{1}".format((want["migration_id"] or "before").lower(), want["migration_run"]) if want["backup"] else ""


# -- what stands in the way


def _findings(state: State, want: Want) -> t.List[Finding]:
    keystore = state[RESOURCE]
    if keystore is None or not keystore["location"]:
        return [("DBF-0691", "The database has no software keystore configured.",
                 "Set WALLET_ROOT and TDE_CONFIGURATION, or ENCRYPTION_WALLET_LOCATION in sqlnet.ora.")]
    found: t.List[Finding] = []
    if want["state"] == "copied":
        apart = keystores.gone_apart(keystore, keystore["_peer"])
        there = keystores.nothing_to_copy(keystore, keystore["_peer"])
        if keystore["location"].startswith("+") and not there:
            found.append(("DBF-0692", "The keystore is {0}, in a disk group.".format(keystore["location"]),
                          "Tools may damage it there. Merge it into one in a directory (ADMINISTER KEY MANAGEMENT CREATE KEYSTORE, then MERGE KEYSTORE ... "
                          "INTO EXISTING KEYSTORE), and give that as location."))
        elif apart:
            found.append(("DBF-0690", "Both keystores have keys that the other one lacks; the peer's are {0}.".format(", ".join(apart)),
                          "Bring them together with state=merged, at the database that is the primary."))
        elif not keystore["_files"].get(PASSWORD_FILE) and not there:
            found.append(("DBF-0693", "There is no {0} in {1}.".format(PASSWORD_FILE, keystore["location"]), "Give location, or make a keystore."))
        if not want["peer_location"] or not want["peer_location"].startswith("/"):
            found.append(("DBF-0694", "Nothing says where the peer's keystore is.", "Give peer_location as an absolute path."))
        return found
    if want["state"] == "open" and want["location"] and posixpath.normpath(want["location"]) != posixpath.normpath(keystore["_configured"]):
        found.append(("DBF-0698", "The database looks for its keystore in {0}, not in {1}.".format(keystore["_configured"] or "no place", want["location"]),
                      "Set WALLET_ROOT and TDE_CONFIGURATION, or ENCRYPTION_WALLET_LOCATION in sqlnet.ora, and restart the instance."))
    elif keystore["status"] == "NOT_AVAILABLE" and (want["state"] in ("backed_up", "merged") or want["state"] == "open" and want["peer"]):
        found.append(("DBF-0693", "There is no keystore in {0}.".format(keystore["location"]), "Make one, or copy one there."))
    if '"' in (want["keystore_password"] or "") + (want["merge_password"] or ""):
        found.append(("DBF-0695", "The password holds a double quote, which no password can.", "Give another one."))
    if want["state"] == "merged" and (not want["merge_from"] or "PEER_KEYS" not in state):
        found.append(("DBF-0696", "Nothing says which keystore is merged.", "Give merge_from, and the peer whose keys are in it."))
    return found


def unsettled(state: State, want: Want) -> t.Optional[DbferryError]:
    keystore = state[RESOURCE]
    if want["state"] == "closed" and keystore is not None and keystore["wallet_type"] in AUTO_LOGIN:
        return DbferryError("The keystore was closed and opened again by itself, because {0} is there.".format(AUTO_LOGIN_FILE), code="DBF-0697",
                            hint="Move that file away first.")
    missing = keystores.lacking(keystore, keystore["_peer"]) if want["state"] == "open" and keystore is not None else []
    if missing:
        return DbferryError("The keystore lacks keys that the peer's has: {0}.".format(", ".join(missing)), code="DBF-0699",
                            hint="Copy the peer's keystore here once more (state=copied at the peer), and run this task again.")
    return None


def report(state: State, want: Want) -> t.Dict[str, t.Any]:
    keystore = state[RESOURCE] or {}
    return {name: keystore.get(name) for name in ("location", "status", "wallet_type")}


MODULE = Module(
    argument_spec=dict(
        PEER, **dict(
            server_files.WAY,
            state={"type": "str", "default": "open", "choices": ["present", "open", "closed", "copied", "backed_up", "merged"]},
            keystore_password={"type": "str", "no_log": True},
            auto_login={"type": "str", "default": "none", "choices": ["none", "any_host", "local", "as_peer"]},
            master_key={"type": "bool", "default": False, "no_log": False},
            algorithm={"type": "str", "choices": ["AES256", "ARIA256", "SEED128", "GOST256"]},
            container={"type": "str", "default": "current", "choices": ["current", "all"]},
            location={"type": "str"},
            peer_location={"type": "str"},
            merge_from={"type": "str"},
            merge_password={"type": "str", "no_log": True},
            backup={"type": "bool", "default": True},
        )),
    observe=observe, plan=plan, report=report, unsettled=unsettled, server=True, reopen=True,
)


def main() -> None:
    run_module(MODULE)


if __name__ == "__main__":
    main()

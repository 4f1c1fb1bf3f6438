# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the databases of a pair tell of their keystores, and which of the two has keys that the other one lacks."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.steps import Attributes

__metaclass__ = type

#: One row for each container and kind of keystore; the root's or the only one's comes first.
WALLET = """
SELECT wrl_type, wrl_parameter location, status, wallet_type, fully_backed_up, con_id FROM v$encryption_wallet
 WHERE wrl_type IN ('FILE', 'ASM') ORDER BY con_id
"""
KEYS = "SELECT DISTINCT key_id FROM v$encryption_keys ORDER BY key_id"
DATABASE = "SELECT dbid FROM v$database"

PASSWORD_FILE = "ewallet.p12"
AUTO_LOGIN_FILE = "cwallet.sso"
AUTO_LOGIN = ("AUTOLOGIN", "LOCAL_AUTOLOGIN")


def dbid(session: t.Any) -> t.Optional[int]:
    """Which database it is; None before it is mounted."""
    try:
        return int(session.one(DATABASE)["dbid"])
    except DbferryError:
        return None


def keys(session: t.Any) -> t.List[str]:
    return [row["key_id"] for row in session.query(KEYS)]


def of_peer(session: t.Any) -> t.Optional[Attributes]:
    """``wallet_type``, ``keys`` and ``dbid`` of the peer; None while it is down, or has no keystore that is open."""
    try:
        rows = session.query(WALLET)
        if not rows or not rows[0]["status"].startswith("OPEN"):
            return None
        return {"wallet_type": rows[0]["wallet_type"], "keys": keys(session), "dbid": dbid(session)}
    except DbferryError:
        return None


def lacking(own: Attributes, peer: t.Optional[Attributes]) -> t.List[str]:
    """Keys of the peer that the own keystore does not have. A keystore that is not open tells of none, so nothing is said of it."""
    if peer is None or not own["status"].startswith("OPEN") or not own["keys"]:
        return []
    return sorted(set(peer["keys"]) - set(own["keys"]))


def nothing_to_copy(own: Attributes, peer: t.Optional[Attributes]) -> bool:
    """Whether a copy of this very database, by its DBID, has every key. It may have more by now: those of the new primary, or of the one that was
    opened with RESETLOGS. Copying over it would lose them.
    """
    return peer is not None and _same_database(own, peer) and bool(peer["keys"]) and set(own["keys"]) <= set(peer["keys"])


def gone_apart(own: Attributes, peer: t.Optional[Attributes]) -> t.List[str]:
    """Keys that a copy of this very database made for itself, while this one made others."""
    return lacking(own, peer) if peer is not None and _same_database(own, peer) and not nothing_to_copy(own, peer) else []


def _same_database(own: Attributes, peer: Attributes) -> bool:
    return own["_dbid"] is not None and bool(own["_dbid"] == peer["dbid"])

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore of one database after another's: made, opened, backed up, copied, merged, and what its loss would mean."""
from __future__ import annotations

import pathlib
import stat
import typing as t

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.modules import keystore
from lab_under_test import Lab

HUSH = {"keystore_password": "Hush 123"}


def run(lab: Lab, name: str, peer: t.Optional[str] = None, **arguments: t.Any) -> t.Dict[str, t.Any]:
    """As SYSDBA, by the driver unless files are looked at."""
    return lab.run(keystore.MODULE, name, dict(arguments, user="SYS", password=lab.endpoint(name)["users"]["SYS"], mode="sysdba"), peer)


@pytest.fixture()
def places(fresh_lab: Lab) -> t.Tuple[Lab, pathlib.Path, pathlib.Path]:
    """The keystores' directories, which are there and empty."""
    found = [pathlib.Path(fresh_lab.endpoint(name)["oracle_home"]).parent / "admin" / name.upper() / "wallet" for name in ("dbsrc", "dbtrg")]
    for place in found:
        place.mkdir(parents=True)
    return fresh_lab, found[0], found[1]


@pytest.mark.everything
def test_a_keystore_from_nothing_to_the_other_side(places: t.Tuple[Lab, pathlib.Path, pathlib.Path]) -> None:
    lab, source, target = places
    found = run(lab, "dbsrc", location=str(source), master_key=True, **HUSH)
    assert (found["status"], found["wallet_type"], found["location"]) == ("OPEN", "PASSWORD", str(source)) and "Hush" not in str(found)
    assert len(found["after"]["KEYSTORE"]["keys"]) == 1 and not run(lab, "dbsrc")["changed"]
    assert run(lab, "dbsrc", state="backed_up", **HUSH)["changed"] and not run(lab, "dbsrc", state="backed_up", **HUSH)["changed"]

    # A local auto-login file stays; one for any host goes along.
    assert run(lab, "dbsrc", auto_login="local", **HUSH)["changed"] and not run(lab, "dbsrc", auto_login="local", **HUSH)["changed"]
    over = {"state": "copied", "peer_location": str(target), "transport": "local"}
    assert run(lab, "dbsrc", "dbtrg", **over)["changed"] and not run(lab, "dbsrc", "dbtrg", **over)["changed"]
    assert [file.name for file in target.iterdir()] == ["ewallet.p12"] and stat.S_IMODE((target / "ewallet.p12").stat().st_mode) == 0o600
    assert run(lab, "dbtrg", **HUSH)["after"]["KEYSTORE"]["keys"] == found["after"]["KEYSTORE"]["keys"]
    assert run(lab, "dbtrg", auto_login="local", **HUSH)["after"]["KEYSTORE"]["files"] == ["ewallet.p12", "cwallet.sso"]

    with pytest.raises(DbferryError) as wrong:
        run(lab, "dbsrc", state="closed", keystore_password="Wrong 123")
    assert wrong.value.code == "ORA-28391" and "Wrong" not in wrong.value.message + str(wrong.value.statement)
    with pytest.raises(DbferryError) as again:
        run(lab, "dbsrc", state="closed", **HUSH)
    assert again.value.code == "DBF-0697" and "cwallet.sso" in again.value.message
    (source / "cwallet.sso").unlink()
    assert run(lab, "dbsrc", state="closed")["status"] == "CLOSED"


@pytest.mark.everything
def test_keys_that_were_made_later_reach_the_other_side(places: t.Tuple[Lab, pathlib.Path, pathlib.Path]) -> None:
    lab, source, target = places
    run(lab, "dbsrc", location=str(source), master_key=True, **HUSH)
    run(lab, "dbtrg", location=str(target), master_key=True, keystore_password="Other 123")
    merge = {"state": "merged", "keystore_password": "Other 123", "merge_from": str(source), "merge_password": HUSH["keystore_password"]}
    found = run(lab, "dbtrg", "dbsrc", **merge)
    assert len(found["after"]["KEYSTORE"]["keys"]) == 2 and not run(lab, "dbtrg", "dbsrc", **merge)["changed"]
    kept = (target / "ewallet.p12").read_bytes()
    run(lab, "dbsrc", "dbtrg", state="copied", peer_location=str(target), transport="local")
    assert (target / "ewallet.p12.dbf_contract_r1").read_bytes() == kept

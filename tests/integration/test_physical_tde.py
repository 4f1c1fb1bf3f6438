# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encrypted databases are moved with their keystores, whatever opens them; keys that are made on the way arrive; TNS_ADMIN is not in ORACLE_HOME."""
from __future__ import annotations

import contextlib
import json
import pathlib
import typing as t

import given
import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils.session import DriverSession
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Secret, Statement
from lab_under_test import ROOT, Lab, make_lab
from workflow import assert_all_equal, phases, record

ONLINE, OFFLINE = "dbferry.oracle.physical_online", "dbferry.oracle.physical_offline"
WALLET = "SELECT status, wallet_type FROM v$encryption_wallet"

pytestmark = [pytest.mark.everything, pytest.mark.skipif(given.are_given(), reason="needs a source that is made for it")]


@pytest.fixture()
def lab(worker_id: str) -> t.Iterator[Lab]:
    yield from make_lab(ROOT / f"build/tde-lab-{worker_id}", "physical_tde")


@contextlib.contextmanager
def as_sys(lab: Lab, name: str) -> t.Iterator[DriverSession]:
    session = lab.session(name, user="SYS", password=lab.endpoint("dbsrc")["users"]["SYS"], mode="sysdba")
    try:
        yield session
    finally:
        session.close()


def administer(lab: Lab, *words: str, identified: bool = True, after: str = "") -> None:
    """At the source."""
    secret = [" IDENTIFIED BY ", Secret('"{}"'.format(lab.endpoint("dbsrc")["users"]["KEYSTORE"])), after] if identified else []
    with as_sys(lab, "dbsrc") as session:
        session.execute(Statement("ADMINISTER KEY MANAGEMENT ", *words, *secret))


def keystore(lab: Lab, name: str) -> t.Tuple[str, str]:
    with as_sys(lab, name) as session:
        return tuple(session.one(WALLET).values())


def keys(lab: Lab, name: str) -> int:
    with as_sys(lab, name) as session:
        return int(session.one("SELECT COUNT(*) n FROM v$encryption_keys")["n"])


def opened_otherwise(lab: Lab, kind: str) -> None:
    """The source's keystore, which opens by itself on any host, opens in another way from now on."""
    place = pathlib.Path(lab.directory, "dbsrc", "admin", "wallet", "tde")
    if kind != "AUTOLOGIN":
        (place / "cwallet.sso").unlink()
        administer(lab, "SET KEYSTORE CLOSE", identified=False)
    if kind == "LOCAL_AUTOLOGIN":
        administer(lab, f"CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE '{place}'")
    if kind == "PASSWORD":
        administer(lab, "SET KEYSTORE OPEN")
    assert keystore(lab, "dbsrc") == ("OPEN", kind)


def new_key(lab: Lab) -> None:
    administer(lab, "SET KEY FORCE KEYSTORE", after=" WITH BACKUP")


def choices(lab: Lab, **more: t.Any) -> t.Tuple[str, str]:
    return "-e", json.dumps(dict({"physical_monitor_interval": 1, "physical_medium": "nfs", "physical_backup_path": str(lab.staging)}, **more))


def never_told(lab: Lab) -> None:
    """The keystore's password is in no record of the runs, and in none of the commands' files on the servers."""
    secret = lab.endpoint("dbsrc")["users"]["KEYSTORE"]
    files = [file for name in ("records", "dbsrc/work", "dbtrg/work") for file in (lab.directory / name).rglob("*") if file.is_file()]
    assert files and not [file for file in files if secret in file.read_text(errors="replace")]


def encrypted(lab: Lab, name: str) -> t.Set[str]:
    """Tablespaces, as an instance knows them that is mounted alone too."""
    with as_sys(lab, name) as session:
        return {row["name"] for row in session.query("SELECT t.name FROM v$encrypted_tablespaces e JOIN v$tablespace t ON t.ts# = e.ts#")}


def rows_lie_encrypted(lab: Lab, name: str = "dbtrg") -> bool:
    with as_sys(lab, "dbtrg") as session:
        word = session.one("SELECT MAX(last_name) word FROM hr.employees")["word"]
    with as_sys(lab, name) as session:
        paths = [pathlib.Path(row["name"]) for row in session.query("SELECT d.name FROM v$datafile d ORDER BY d.file#")]
    assert word and paths
    return not [path for path in paths if word.encode() in path.read_bytes()]


@pytest.mark.parametrize("kind, configuration, target", [
    ("AUTOLOGIN", "wallet_root", "AUTOLOGIN"), ("LOCAL_AUTOLOGIN", "sqlnet", "LOCAL_AUTOLOGIN"), ("PASSWORD", "sqlnet", "PASSWORD")])
def test_offline_with_keys_that_are_made_until_the_last_backup(lab: Lab, kind: str, configuration: str, target: str) -> None:
    opened_otherwise(lab, kind)
    nfs = choices(lab, physical_keystore_configuration=configuration, migration_pause_after=["ZDM_BACKUP_DIFFERENTIAL_SRC"])
    lab.playbook(OFFLINE, *nfs)
    new_key(lab)
    done = lab.playbook(OFFLINE, *choices(lab, physical_keystore_configuration=configuration), "--tags", "ZDM_COPYFILES_DIFFERENTIAL")
    assert phases(record(lab, OFFLINE)["runs"][-1])["ZDM_COPYFILES_DIFFERENTIAL"]["statements"], done.stdout[-3000:]
    lab.playbook(OFFLINE, *choices(lab, physical_keystore_configuration=configuration))
    assert keystore(lab, "dbtrg")[0] == "OPEN" and keys(lab, "dbtrg") == keys(lab, "dbsrc") == 2
    assert_all_equal(lab, OFFLINE)
    assert rows_lie_encrypted(lab) and "APP_DATA" in encrypted(lab, "dbtrg")
    never_told(lab)
    # After its next start it opens by itself where the source's does.
    with as_sys(lab, "dbtrg") as session:
        assert session.one(WALLET)["wallet_type"] in (target, "PASSWORD")


def test_a_key_that_is_missing_is_told_before_the_roles_change(lab: Lab) -> None:
    opened_otherwise(lab, "PASSWORD")
    lab.playbook(ONLINE, *choices(lab, physical_medium="direct", migration_pause_after=["ZDM_CONFIGURE_DG_SRC"]))
    new_key(lab)
    refused = lab.playbook(ONLINE, *choices(lab, physical_medium="direct"), "--tags", "ZDM_SWITCHOVER_SRC", check=False)
    assert refused.returncode and "lacks keys that the peer" in refused.stdout, refused.stdout[-3000:]


def test_a_closed_keystore_is_told_and_the_run_goes_on_once_it_is_open(lab: Lab) -> None:
    opened_otherwise(lab, "PASSWORD")
    administer(lab, "SET KEYSTORE CLOSE")
    pause = choices(lab, physical_medium="direct", migration_pause_after=["ZDM_SETUP_TDE_TGT"])
    refused = lab.playbook(ONLINE, *pause, check=False)
    assert refused.returncode and "no keystore is open" in refused.stdout and "APP_DATA" in refused.stdout, refused.stdout[-3000:]
    administer(lab, "SET KEYSTORE OPEN")
    nowhere = lab.playbook(ONLINE, *choices(lab, physical_medium="direct", physical_keystore_location=""), check=False)
    assert nowhere.returncode and "physical_keystore_location" in nowhere.stdout
    lab.playbook(ONLINE, *pause)
    assert keystore(lab, "dbtrg") == ("OPEN", "PASSWORD")


@pytest.fixture()
def clear_lab(worker_id: str) -> t.Iterator[Lab]:
    """A source that has a keystore and nothing encrypted."""
    yield from make_lab(ROOT / f"build/as-encrypted-lab-{worker_id}", "physical_as_encrypted")


def test_what_a_copy_that_shall_be_encrypted_lacks_is_told_at_once(clear_lab: Lab) -> None:
    pathlib.Path(clear_lab.directory, "dbsrc", "admin", "wallet", "tde", "cwallet.sso").unlink()
    assert keystore(clear_lab, "dbsrc")[0] == "CLOSED", "nothing is encrypted, so it was never opened"
    wrong = choices(clear_lab, physical_medium="direct", physical_keystore_location="")
    refused = clear_lab.playbook(ONLINE, *wrong, check=False)
    assert refused.returncode and "takes an open keystore with a master key at the source: CLOSED" in refused.stdout, refused.stdout[-3000:]
    assert "the key for that would not go along" in refused.stdout
    refused = clear_lab.playbook(ONLINE, *choices(clear_lab, physical_medium="direct", physical_direct_method="active_duplicate"), check=False)
    assert refused.returncode and "DUPLICATE leaves tablespaces as they are" in refused.stdout, refused.stdout[-3000:]


@pytest.mark.parametrize("playbook, medium", [(ONLINE, "direct"), (OFFLINE, "nfs")])
def test_a_copy_is_encrypted_while_its_source_is_not(clear_lab: Lab, playbook: str, medium: str) -> None:
    lab = clear_lab
    assert not encrypted(lab, "dbsrc")
    lab.playbook(playbook, *choices(lab, physical_medium=medium))
    with as_sys(lab, "dbtrg") as session:
        rows = session.query("SELECT tablespace_name name, contents, encrypted FROM dba_tablespaces")
    in_clear = {row["name"] for row in rows if row["encrypted"] == "NO"}
    assert in_clear == {row["name"] for row in rows if row["contents"] == "TEMPORARY"}
    assert encrypted(lab, "dbtrg") >= {"SYSTEM", "SYSAUX", "APP_DATA"} and rows_lie_encrypted(lab)
    # The source is what it was, as a standby too.
    assert not encrypted(lab, "dbsrc") and not rows_lie_encrypted(lab, "dbsrc")
    assert keystore(lab, "dbtrg") == ("OPEN", "AUTOLOGIN")
    assert_all_equal(lab, playbook)
    never_told(lab)

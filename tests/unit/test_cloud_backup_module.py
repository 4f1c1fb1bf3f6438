# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Database Cloud Backup Module: what is installed when, and that secrets are nobody's arguments."""

from __future__ import annotations

import pathlib
import subprocess

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import cloud_backup
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import cloud_backup_module

HOME = "/u01/home"
WANT = dict({name: spec.get("default") for name, spec in cloud_backup_module.MODULE.argument_spec.items()},
            oracle_home=HOME, oracle_sid="SALES", installer="/stage/opc_installer.zip", endpoint="https://storage.example/v1/ns", container="sales",
            service="opc", opc_id="dba@example.com", opc_password="S3cret$Token")
FILE = {"checksum": "1 2", "mode": "0600"}
CONFIG = dict(FILE, parameters={"OPC_HOST": "https://storage.example/v1/ns", "OPC_CONTAINER": "sales",
                                "OPC_WALLET": "LOCATION=file:/u01/home/dbs/opc_wallet CREDENTIAL_ALIAS=alias_opc"})


def plan(library=FILE, config=CONFIG, wallet=FILE, **more):
    want = dict(WANT, **more)
    where = cloud_backup_module.places(want)
    return cloud_backup_module.plan({"LIBRARY " + where.library: library, "CONFIG_FILE " + where.config_file: config,
                                     "WALLET " + where.wallet: wallet}, want)


def test_what_is_installed_for_this_place_stays():
    assert plan() == []
    report = cloud_backup_module.report({}, WANT)
    assert report["library"] == HOME + "/lib/libopc.so" and report["sbt_parms"] == {"OPC_PFILE": HOME + "/dbs/opcSALES.ora"}


@pytest.mark.parametrize("missing", [
    {"library": None}, {"config": None}, {"wallet": None},
    {"config": dict(FILE, parameters=dict(CONFIG["parameters"], OPC_CONTAINER="other"))},
    {"config": dict(FILE, parameters=dict(CONFIG["parameters"], OPC_WALLET="LOCATION=file:/elsewhere"))},
])
def test_what_is_missing_or_for_another_place_is_installed(missing):
    (step,) = plan(**missing)
    assert str(step.statement).startswith("java -jar /stage/opc_installer.zip -host https://storage.example/v1/ns -container sales -opcId")
    assert "S3cret" not in " ".join(step.statement.argv) and "S3cret" not in str(step.statement)
    assert step.statement.stdin.text() == "-opcPass S3cret$Token\n" and "S3cret" not in str(step.statement.stdin)
    assert step.statement.argv[4] == HOME + "/jdk/bin/java"


def test_the_installer_for_keys_has_no_secrets():
    (step,) = plan(config=None, service="oci", private_key_file="/k.pem", public_fingerprint="20:3b", user_ocid="ocid1.user", tenancy_ocid="ocid1.tenancy",
                   proxy_host="proxy", proxy_port=8080)
    argv = step.statement.argv
    assert argv[argv.index("-bucket") + 1] == "sales" and argv[argv.index("-proxyPort") + 1] == "8080" and step.statement.stdin.text() == ""


def test_what_is_not_given_is_told_at_once():
    with pytest.raises(Refused) as caught:
        plan(config=None, installer=None, opc_password=None)
    assert caught.value.code == "DBF-0572" and "installer" in caught.value.message and "opc_password" in caught.value.message
    assert plan(installer=None, opc_password=None) == []


@pytest.mark.parametrize("wrong", [
    {"library_directory": "relative"}, {"config_file": "/a b"}, {"wallet_directory": "/x\n/y"}, {"container": "a b"}, {"opc_password": "a b"},
    {"opc_password": "a'b"}, {"endpoint": "https://x\n-opcPass y"},
])
def test_hostile_words_are_refused_and_secrets_not_shown(wrong):
    with pytest.raises(Refused) as caught:
        plan(config=None, **wrong)
    assert wrong.get("opc_password", "\0") not in str(caught.value)


def test_credentials_go_and_the_library_stays():
    (step,) = plan(state="absent")
    assert str(step.statement) == "rm -f /u01/home/dbs/opcSALES.ora /u01/home/dbs/opc_wallet/cwallet.sso"
    assert plan(config=None, wallet=None, state="absent") == []


def test_a_configuration_file_is_read():
    assert cloud_backup.configuration("# by hand\nOPC_HOST=https://x/n/ns\nOPC_WALLET='LOCATION=file:/w CREDENTIAL_ALIAS=alias_oci'\n opc_container = b\n") == {
        "OPC_HOST": "https://x/n/ns", "OPC_WALLET": "LOCATION=file:/w CREDENTIAL_ALIAS=alias_oci", "OPC_CONTAINER": "b"}


JAVA = """#!/bin/sh
printf '%s\\n' "$@" > "$SEEN/argv"
while [ $# -gt 0 ]; do
  if [ "$1" = -argFile ]; then ls -l "$2" > "$SEEN/mode"; cat "$2" > "$SEEN/arguments"; echo "$2" > "$SEEN/path"; fi
  shift
done
if [ -e "$SEEN/fails" ]; then echo 'Error: Could not authenticate'; echo '  at oracle.backup.Install(X.java:1)'; exit 1; fi
echo done
"""


@pytest.fixture
def installer(tmp_path: pathlib.Path):
    java = tmp_path / "java"
    java.write_text(JAVA)
    java.chmod(0o755)

    def run(**more):
        (step,) = plan(config=None, java=str(java), installer="/stage/opc_install.jar", wallet_directory=str(tmp_path / "wallet"),
                       library_directory=str(tmp_path / "lib"), **more)
        done = subprocess.run(step.statement.argv, input=step.statement.stdin.text(), capture_output=True, text=True, check=False,
                              env={"PATH": "/usr/bin:/bin", "SEEN": str(tmp_path)})
        return done.returncode, done.stdout
    return run


def test_secrets_are_in_a_file_of_the_owner_alone_that_is_gone_afterwards(installer, tmp_path):
    assert installer() == (0, "done\n")
    assert (tmp_path / "arguments").read_text() == "-opcPass S3cret$Token\n" and (tmp_path / "mode").read_text().startswith("-rw-------")
    assert "S3cret" not in (tmp_path / "argv").read_text() and not pathlib.Path((tmp_path / "path").read_text().strip()).exists()
    assert (tmp_path / "wallet").is_dir() and (tmp_path / "lib").is_dir()


def test_the_end_of_a_failure_is_no_stack_trace(installer, tmp_path):
    (tmp_path / "fails").touch()
    assert installer() == (1, "Error: Could not authenticate\n")

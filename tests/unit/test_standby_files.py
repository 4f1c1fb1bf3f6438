# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of password_file, net_service and keystore, from plain data."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import keystore as keystores
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused
from ansible_collections.dbferry.oracle.plugins.modules import keystore, net_service, password_file
from fake_session import FakeSession, texts

WAY = {"transport": "ssh", "ssh_host": "quay", "ssh_user": None, "ssh_port": None, "ssh_identity": None, "ssh_known_hosts": None,
       "migration_id": "SALES", "migration_run": 2}
HOME = {"oracle_home": "/u01/home", "oracle_sid": "QUAY", "tns_admin": None}


class Answering(FakeSession):
    """A session whose server answers too: what a command's words hold -> what it prints."""

    def __init__(self, answers, server=None, **options):
        super().__init__(answers, **options)
        self.server, self.asked = server or {}, []

    def on_server(self, argv, stdin=""):
        self.asked.append(argv)
        for word, answer in self.server.items():
            if any(word in one for one in argv):
                return answer
        return 0, "".join("dbferry absent\n" for _path in argv[4:])


def merged(defaults, **options):
    want = dict({name: spec.get("default") for name, spec in defaults.argument_spec.items()}, **WAY)
    return dict(want, **dict(HOME, **options))


# -- password_file

OWN, THERE = "/u01/home/dbs/orapwQUAY", "/u02/home/dbs/orapwFERRY"
PEER = {"oracle_home": "/u02/home", "oracle_sid": "FERRY"}


def passwords(own=None, there=None, asm=None, **options):
    want = merged(password_file.MODULE, peer=PEER, **options)
    state = {"OWN": {"_path": OWN, "_asm": asm}, "PASSWORD_FILE " + OWN: own, "PEER_FILE " + THERE: there}
    return password_file.plan(state, want)


FILE = {"checksum": "1 6144", "mode": "0640"}


def test_a_password_file_that_differs_is_copied():
    step, = passwords(FILE, dict(FILE, same=False))
    assert str(step.statement) == "copy {0} to quay:{1}".format(OWN, THERE)
    assert len(passwords(FILE, None)) == 1 and len(passwords(FILE, dict(FILE, same=True, mode="0600"))) == 1
    assert passwords(FILE, dict(FILE, same=True)) == []


def test_the_replaced_file_is_kept_when_that_is_asked_for():
    step, = passwords(FILE, dict(FILE, same=False), backup=True)
    assert "dbf_sales_r2" in step.statement.argv[-1]


@pytest.mark.parametrize("own, options, code", [
    (None, {}, "DBF-0605"), (None, {"asm": "+DATA/QUAY/PASSWORD/pwdquay.256.1"}, "DBF-0604"), ({"checksum": None, "mode": None}, {}, "DBF-0602"),
    (FILE, {"peer_path": "relative"}, "DBF-0601"), (FILE, {"peer": {}}, "DBF-0606")])
def test_copying_is_refused_with_its_reason(own, options, code):
    asm = options.pop("asm", None)
    want = merged(password_file.MODULE, **dict({"peer": PEER}, **options))
    with pytest.raises(Refused) as refused:
        password_file.plan({"OWN": {"_path": OWN, "_asm": asm}, "PASSWORD_FILE " + OWN: own, "PEER_FILE " + THERE: None}, want)
    assert refused.value.code == code


def test_a_password_file_is_made_once():
    step, = passwords(None, state="present", sys_password="Hush_123", format="12")
    assert str(step.statement) == "orapwd file={0} format=12\n********\n".format(OWN)
    assert passwords(FILE, state="present") == []
    with pytest.raises(Refused):
        passwords(None, state="present")


def test_a_password_file_is_removed():
    assert texts(passwords(FILE, state="absent")) == ["rm -f " + OWN] and passwords(None, state="absent") == []


# -- net_service

SERVICE = {"names": ["FERRY"], "descriptor": None, "host": "quay", "port": 1521, "service_name": "ferry", "sid": None, "ur": False}
STATIC = {"global_dbname": "ferry", "sid_name": "FERRY", "oracle_home": None, "envs": None, "listener": "LISTENER"}
TNSNAMES, LISTENER_ORA = "/u01/home/network/admin/tnsnames.ora", "/u01/home/network/admin/listener.ora"
COMPLETED = "The command completed successfully\n"
KNOWN = 'Services Summary...\nService "ferry" has 1 instance(s).\n  Instance "FERRY", status UNKNOWN, has 1 handler(s)\n' + COMPLETED


def listing(text):
    return 0, "dbferry file 1 {0} -rw-r--r--\n{1}".format(len(text), text)


def net(server, **options):
    want = merged(net_service.MODULE, **options)
    session = Answering({}, server)
    state = net_service.observe(session, want)
    return net_service.plan(state, want), session


def test_files_are_made_and_the_listener_reads_its_own():
    steps, _session = net({"status": (0, "The listener supports no services\n" + COMPLETED)}, net_services=[SERVICE], static_services=[STATIC])
    assert texts(steps) == [
        "edit {0}: FERRY = (DESCRIPTION=(ADDRESS=(PROTOCOL=tcp)(HOST=quay)(PORT=1521))(CONNECT_DATA=(SERVER=dedicated)(SERVICE_NAME=ferry)))".format(TNSNAMES),
        "edit {0}: SID_LIST_LISTENER = (SID_DESC=(GLOBAL_DBNAME=ferry)(ORACLE_HOME=/u01/home)(SID_NAME=FERRY))".format(LISTENER_ORA),
        "lsnrctl reload LISTENER"]
    assert steps[0].statement.stdin.text().startswith("FERRY =\n  (DESCRIPTION =\n    (ADDRESS = (PROTOCOL = TCP)(HOST = quay)(PORT = 1521))\n")


def test_what_is_there_is_not_done_again():
    tnsnames = "ferry = " + net_service.descriptor(SERVICE)
    listener = "SID_LIST_LISTENER = (SID_LIST = (SID_DESC=(SID_NAME=FERRY)(GLOBAL_DBNAME=ferry)(ORACLE_HOME=/u01/home)))"
    listener = listener.replace("(SID_NAME=FERRY)(GLOBAL_DBNAME=ferry)(ORACLE_HOME=/u01/home)", "(GLOBAL_DBNAME=ferry)(ORACLE_HOME=/u01/home)(SID_NAME=FERRY)")
    server = {TNSNAMES: listing(tnsnames), LISTENER_ORA: listing(listener), "status": (0, KNOWN)}
    assert net(server, net_services=[SERVICE], static_services=[STATIC])[0] == []
    # A run that was killed between the file and the listener.
    server["status"] = (0, COMPLETED)
    assert texts(net(server, net_services=[SERVICE], static_services=[STATIC])[0]) == ["lsnrctl reload LISTENER"]
    assert net(server, net_services=[SERVICE], static_services=[STATIC], reload=False)[0] == []


def test_parameters_of_sqlnet_stand_in_their_file():
    place = "(SOURCE=(METHOD=FILE)(METHOD_DATA=(DIRECTORY=/u01/wallet)))"
    profile = {"profile": {"ENCRYPTION_WALLET_LOCATION": place}}
    there = "encryption_wallet_location =\n (SOURCE = (METHOD = FILE)\n  (METHOD_DATA = (DIRECTORY = {0})))\n"
    sqlnet = "/u01/home/network/admin/sqlnet.ora"
    assert texts(net({}, **profile)[0]) == ["edit {0}: ENCRYPTION_WALLET_LOCATION = {1}".format(sqlnet, place)]
    assert net({sqlnet: listing(there.format("/u01/wallet"))}, **profile)[0] == []
    steps, _session = net({sqlnet: listing("A = 1\n" + there.format("/u02/other"))}, **profile)
    assert steps[0].statement.stdin.text().startswith("A = 1\n") and "/u02/other" not in steps[0].statement.stdin.text()
    assert texts(net({sqlnet: listing(there.format("/x"))}, state="absent", **profile)[0]) == ["edit {0}: no ENCRYPTION_WALLET_LOCATION".format(sqlnet)]
    assert texts(net({}, tns_admin="/u01/net", **profile)[0])[0].startswith("edit /u01/net/sqlnet.ora: ")


def test_a_listener_that_does_not_run_is_waited_for():
    step = net({"status": (1, "TNS-12541: TNS:no listener\n")}, static_services=[STATIC])[0][-1]
    assert step.pending and "lsnrctl start LISTENER" in step.pending


def test_entries_go_and_the_listener_forgets_them():
    listener = "SID_LIST_LISTENER = (SID_LIST = (SID_DESC=(GLOBAL_DBNAME=ferry)(SID_NAME=FERRY)))\n# kept\n"
    server = {TNSNAMES: listing("ferry = (X=1)\nquay = (X=2)\n"), LISTENER_ORA: listing(listener), "status": (0, KNOWN)}
    steps, _session = net(server, net_services=[SERVICE], static_services=[STATIC], state="absent", backup=True)
    assert texts(steps) == ["edit {0}: no FERRY".format(TNSNAMES), "edit {0}: no ferry of SID_LIST_LISTENER".format(LISTENER_ORA), "lsnrctl reload LISTENER"]
    assert [step.statement.stdin.text() for step in steps[:2]] == ["quay = (X=2)\n", "# kept\n"]
    assert steps[0].statement.argv[-1] == "dbf_sales_r2"


@pytest.mark.parametrize("options, code", [
    ({}, "DBF-0612"), ({"net_services": [SERVICE], "oracle_home": None}, "DBF-0612"),
    ({"net_services": [dict(SERVICE, names=["a b"])]}, "DBF-0613"), ({"net_services": [dict(SERVICE, names=[])]}, "DBF-0613"),
    ({"net_services": [dict(SERVICE, host="x)(y")]}, "DBF-0613"), ({"net_services": [dict(SERVICE, service_name=None)]}, "DBF-0613"),
    ({"net_services": [dict(SERVICE, descriptor="(ADDRESS=")]}, "DBF-0613"), ({"net_services": [dict(SERVICE, descriptor="(HOST=x)")]}, "DBF-0613"),
    ({"static_services": [dict(STATIC, sid_name=None)]}, "DBF-0613"), ({"static_services": [dict(STATIC, envs='A="')]}, "DBF-0613"),
    ({"static_services": [dict(STATIC, listener="L =")]}, "DBF-0613"), ({"profile": {"A": "(B=1"}}, "DBF-0613"),
    ({"profile": {"A": "1\nB = 2"}}, "DBF-0613"), ({"profile": {"A B": "1"}}, "DBF-0613")])
def test_entries_that_cannot_be_are_refused_before_anything_is_asked(options, code):
    want = merged(net_service.MODULE, **options)
    session = Answering({})
    with pytest.raises(Refused) as refused:
        net_service.plan(net_service.observe(session, want), want)
    assert refused.value.code == code and session.asked == []


# -- keystore

OPEN = {"wrl_type": "FILE", "location": "/u01/wallet/", "status": "OPEN", "wallet_type": "PASSWORD", "fully_backed_up": "YES", "con_id": 0}
NONE = dict(OPEN, status="NOT_AVAILABLE", wallet_type="UNKNOWN")
CLOSED = dict(OPEN, status="CLOSED", wallet_type="UNKNOWN")
AUTO = dict(OPEN, wallet_type="AUTOLOGIN")
HUSH = "IDENTIFIED BY ********"


def stores(row, keys=("K1",), server=None, peer_keys=None, peer_row=OPEN, dbids=(1, 2), **options):
    """:arg peer_keys: None without a peer. ``dbids``: of the database and its peer."""
    def told(row, keys, dbid):
        return {keystores.WALLET: [row] if row else [], keystores.KEYS: [{"key_id": key} for key in keys], keystores.DATABASE: [{"dbid": dbid}]}

    want = merged(keystore.MODULE, **options)
    peer = None if peer_keys is None else FakeSession(told(peer_row, peer_keys, dbids[1]))
    session = Answering(told(row, keys, dbids[0]), server, peer=peer)
    want["peer"] = {"dsn": "quay"} if peer is not None else None
    return keystore.plan(keystore.observe(session, want), want)


def test_a_keystore_is_made_opened_and_gets_a_key():
    assert texts(stores(NONE, (), keystore_password="h", master_key=True, algorithm="AES256", location="/u01/wallet")) == [
        "ADMINISTER KEY MANAGEMENT CREATE KEYSTORE '/u01/wallet' " + HUSH, "ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN " + HUSH,
        "ADMINISTER KEY MANAGEMENT SET KEY USING ALGORITHM 'AES256' " + HUSH + " WITH BACKUP USING 'sales_2'"]
    assert len(stores(NONE, (), keystore_password="h", state="present")) == 1


def test_an_open_keystore_stays_as_it_is():
    assert stores(OPEN) == stores(AUTO) == stores(OPEN, master_key=True, keystore_password="h") == []
    assert texts(stores(CLOSED, keystore_password="h", container="all")) == ["ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN " + HUSH + " CONTAINER = ALL"]


def test_a_master_key_is_set_past_an_auto_login():
    row = dict(AUTO, status="OPEN_NO_MASTER_KEY")
    assert texts(stores(row, (), keystore_password="h", master_key=True)) == [
        "ADMINISTER KEY MANAGEMENT SET KEY FORCE KEYSTORE " + HUSH + " WITH BACKUP USING 'sales_2'"]


def test_an_auto_login_file_is_made_once():
    looked = "dbferry file 1 9 -rw-------\n"
    options = {"keystore_password": "h", "auto_login": "local"}
    assert texts(stores(OPEN, server={"ewallet.p12": (0, looked + "dbferry absent\n")}, **options)) == [
        "ADMINISTER KEY MANAGEMENT CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE '/u01/wallet/' " + HUSH]
    assert stores(OPEN, server={"ewallet.p12": (0, looked * 2)}, **options) == []


def test_a_keystore_is_closed_by_what_opened_it():
    assert texts(stores(OPEN, state="closed", keystore_password="h")) == ["ADMINISTER KEY MANAGEMENT SET KEYSTORE CLOSE " + HUSH]
    assert texts(stores(AUTO, state="closed")) == ["ADMINISTER KEY MANAGEMENT SET KEYSTORE CLOSE"]
    assert stores(CLOSED, state="closed") == []


def test_a_backup_is_made_when_a_key_is_in_none():
    assert stores(OPEN, state="backed_up", keystore_password="h") == []
    assert texts(stores(dict(AUTO, fully_backed_up="NO"), state="backed_up", keystore_password="h")) == [
        "ADMINISTER KEY MANAGEMENT BACKUP KEYSTORE USING 'sales_2' FORCE KEYSTORE " + HUSH]


def test_keys_of_another_keystore_are_merged():
    options = {"state": "merged", "keystore_password": "h", "merge_from": "/tmp/w", "merge_password": "x"}
    assert stores(OPEN, ("A", "B"), peer_keys=("A",), **options) == []
    assert texts(stores(OPEN, ("A",), peer_keys=("A", "B"), **options)) == [
        "ADMINISTER KEY MANAGEMENT MERGE KEYSTORE '/tmp/w' " + HUSH + " INTO EXISTING KEYSTORE '/u01/wallet/' " + HUSH + " WITH BACKUP USING 'sales_2'",
        "ADMINISTER KEY MANAGEMENT SET KEYSTORE CLOSE " + HUSH, "ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN " + HUSH]


@pytest.mark.parametrize("row, names", [
    (AUTO, ["ewallet.p12", "cwallet.sso"]), (OPEN, ["ewallet.p12"]), (dict(OPEN, wallet_type="LOCAL_AUTOLOGIN"), ["ewallet.p12"])])
def test_a_local_auto_login_file_is_never_copied(row, names):
    server = {"cmp": (0, "dbferry absent\n" * len(names)), "ewallet.p12": (0, "dbferry file 1 9 -rw-------\n" * 2)}
    assert texts(stores(row, server=server, state="copied", peer_location="/u02/w")) == [
        "copy /u01/wallet/{0} to quay:/u02/w/{0}".format(name) for name in names]


LOCAL = dict(OPEN, wallet_type="LOCAL_AUTOLOGIN")


@pytest.mark.parametrize("row, peer_row, file, statements", [
    (OPEN, OPEN, False, ["SET KEYSTORE CLOSE " + HUSH, "SET KEYSTORE OPEN " + HUSH]), (AUTO, AUTO, True, ["SET KEYSTORE CLOSE"]),
    (OPEN, AUTO, True, ["SET KEYSTORE CLOSE " + HUSH]),
    (LOCAL, LOCAL, True, ["rm -f /u01/wallet/cwallet.sso", "SET KEYSTORE CLOSE",
                          "CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE '/u01/wallet/' " + HUSH]),
    (OPEN, LOCAL, True, ["rm -f /u01/wallet/cwallet.sso", "SET KEYSTORE CLOSE " + HUSH,
                         "CREATE LOCAL AUTO_LOGIN KEYSTORE FROM KEYSTORE '/u01/wallet/' " + HUSH]),
    (AUTO, OPEN, True, ["rm -f /u01/wallet/cwallet.sso", "SET KEYSTORE CLOSE",
                        "CREATE AUTO_LOGIN KEYSTORE FROM KEYSTORE '/u01/wallet/' " + HUSH])])
def test_keys_that_came_with_a_new_copy_are_seen_when_it_is_opened_anew(row, peer_row, file, statements):
    there = "dbferry file 1 9 -rw-------\n"
    options = {"keystore_password": "h", "peer_row": peer_row, "server": {"ewallet.p12": (0, there + (there if file else "dbferry absent\n"))}}
    found = [text.replace("ADMINISTER KEY MANAGEMENT ", "") for text in texts(stores(row, ("A",), peer_keys=("A", "B"), **options))]
    assert found == statements
    # A peer that is not open tells of no keys, and neither does an own one.
    assert stores(row, ("A", "B"), peer_keys=("A",), **options) == stores(row, ("A",), peer_keys=(), **dict(options, peer_row=CLOSED)) == []
    assert stores(row, (), peer_keys=("A",), **options) == []


def test_a_copy_that_lacks_keys_says_so():
    want = merged(keystore.MODULE)
    state = {"KEYSTORE": {"status": "OPEN", "wallet_type": "PASSWORD", "keys": ["A"], "_peer": {"keys": ["A", "B"]}}}
    assert keystore.unsettled(state, want).code == "DBF-0699"
    assert keystore.unsettled({"KEYSTORE": dict(state["KEYSTORE"], keys=["A", "B", "C"])}, want) is None


def test_what_opens_by_itself_at_the_peer_does_so_here():
    server = {"ewallet.p12": (0, "dbferry file 1 9 -rw-------\ndbferry absent\n")}
    options = {"auto_login": "as_peer", "keystore_password": "h", "peer_keys": ("K1",), "server": server}
    assert [text.partition("MANAGEMENT ")[2][:17] for text in texts(stores(CLOSED, (), peer_row=LOCAL, **options))] == [
        "SET KEYSTORE OPEN", "CREATE LOCAL AUTO"]
    assert stores(OPEN, peer_row=OPEN, **options) == stores(AUTO, peer_row=AUTO, **options) == []


def test_a_copy_of_this_database_keeps_keys_that_it_made_later():
    options = {"state": "copied", "peer_location": "/u02/w", "dbids": (1, 1)}
    assert stores(OPEN, ("A",), peer_keys=("A", "B"), **options) == []
    with pytest.raises(Refused) as refused:
        stores(OPEN, ("A", "C"), peer_keys=("A", "B"), **options)
    assert refused.value.code == "DBF-0690" and "B" in refused.value.message
    server = {"cmp": (0, "dbferry absent\n"), "ewallet.p12": (0, "dbferry file 1 9 -rw-------\ndbferry absent\n")}
    assert len(stores(OPEN, ("A", "B"), peer_keys=("A",), server=server, **options)) == 1
    assert len(stores(OPEN, ("A",), peer_keys=("A", "B"), server=server, **dict(options, dbids=(1, 2)))) == 1, "a placeholder's keystore goes"


def test_a_keystore_in_a_disk_group_is_copied_from_where_it_was_merged():
    row = dict(OPEN, wrl_type="ASM", location="+DATA/SALES/wallet/")
    server = {"cmp": (0, "dbferry absent\n"), "ewallet.p12": (0, "dbferry file 1 9 -rw-------\ndbferry absent\n")}
    steps = stores(row, ("A",), state="copied", location="/u01/merged", peer_location="/u02/w", server=server)
    assert len(steps) == 1 and "/u01/merged/ewallet.p12" in str(steps[0].statement)


@pytest.mark.parametrize("row, options, code", [
    (NONE, {"keystore_password": "h", "peer_keys": ("A",)}, "DBF-0693"), (NONE, {"keystore_password": "h", "location": "/u02/w"}, "DBF-0698"),
    (None, {}, "DBF-0691"), (CLOSED, {}, "DBF-0695"), (CLOSED, {"keystore_password": 'x"y'}, "DBF-0695"), (NONE, {"state": "backed_up"}, "DBF-0693"),
    (dict(OPEN, wrl_type="ASM", location="+DATA/w/"), {"state": "copied", "peer_location": "/w"}, "DBF-0692"), (OPEN, {"state": "copied"}, "DBF-0693"),
    (OPEN, {"state": "merged", "keystore_password": "h"}, "DBF-0696")])
def test_a_keystore_is_refused_with_its_reason(row, options, code):
    with pytest.raises(Refused) as refused:
        stores(row, **options)
    assert refused.value.code == code

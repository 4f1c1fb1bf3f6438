# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files of Oracle Net: read in every formatting, and edited without touching anything else."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import net_config
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused

HAND_MADE = """\
# tnsnames.ora: (do not touch) = really
IFILE = /etc/more tns.ora

\tQUAY.EXAMPLE.COM ,quay=(DESCRIPTION=#the old one (
  (ADDRESS_LIST=(ADDRESS=(PROTOCOL=tcp)(HOST=old)
(PORT=1521)))
 (CONNECT_DATA = (SERVICE_NAME=
    quay)  # not the SID
 ))   # trailing words
HARBOUR= (DESCRIPTION = (ADDRESS=(PROTOCOL=TCP)(HOST=h)(PORT=1))(CONNECT_DATA=(SID="ha)r"))
)
NAMES.DEFAULT_DOMAIN = example.com # of ours
EMPTY =
LAST=(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h#1)(PORT=2))(CONNECT_DATA=(SID=l)))"""

VALUE = "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=new)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=quay)))"


def values(text):
    return {name: net_config.canonical(entry.value) for entry in net_config.entries(text) for name in entry.names}


def test_hand_made_files_are_read():
    found = values(HAND_MADE)
    assert list(found) == ["IFILE", "QUAY.EXAMPLE.COM", "quay", "HARBOUR", "NAMES.DEFAULT_DOMAIN", "EMPTY", "LAST"]
    assert found["IFILE"] == "/etc/more tns.ora" and found["NAMES.DEFAULT_DOMAIN"] == "example.com" and found["EMPTY"] == ""
    assert found["quay"] == "(DESCRIPTION=(ADDRESS_LIST=(ADDRESS=(PROTOCOL=tcp)(HOST=old)(PORT=1521)))(CONNECT_DATA=(SERVICE_NAME=quay)))"
    assert found["HARBOUR"].endswith("(CONNECT_DATA=(SID=ha)r)))") and "(HOST=h#1)" in found["LAST"]


@pytest.mark.parametrize("formatting", [
    VALUE, VALUE.lower().replace("quay", "QUAY"), VALUE.replace("(", "\n  ( ").replace("=", " = "), VALUE.replace(")(", ")# more (\n("),
    VALUE.replace("(", "\r\n\t("), VALUE.replace("new", '"new"')])
def test_formatting_makes_no_difference(formatting):
    assert net_config.canonical(formatting) == net_config.canonical(VALUE)
    assert net_config.with_parameter("A =" + formatting, ["a"], VALUE) == "A =" + formatting


def test_a_parameter_is_replaced_where_it_stands():
    after = net_config.with_parameter(HAND_MADE, ["QUAY", "QUAY.EXAMPLE.COM"], VALUE)
    before, behind = HAND_MADE.split("QUAY.EXAMPLE.COM", 1)[0], HAND_MADE.split("))   # trailing words", 1)[1]
    assert after == before + "QUAY, QUAY.EXAMPLE.COM =\n  " + VALUE + "   # trailing words" + behind
    assert net_config.with_parameter(after, ["QUAY", "QUAY.EXAMPLE.COM"], VALUE) == after


def test_one_of_several_names_moves_out():
    after = net_config.with_parameter(HAND_MADE, ["quay"], VALUE)
    assert after.startswith(HAND_MADE.replace("QUAY.EXAMPLE.COM ,quay=", "QUAY.EXAMPLE.COM =")) and after.endswith("\n\nquay =\n  " + VALUE + "\n")


def test_what_is_defined_twice_is_defined_once():
    text = "A=(X=1)\nB=(Y=2)\na, C = (X=3)\nA = (X=4)\n"
    after = net_config.with_parameter(text, ["A"], "(X=5)")
    assert after == "A =\n  (X=5)\nB=(Y=2)\nC = (X=3)\n"
    assert values(net_config.with_parameter(text, ["A", "B"], "(X=5)")) == {"A": "(X=5)", "B": "(X=5)", "C": "(X=3)"}


def test_a_new_parameter_comes_last_and_a_file_begins_with_it():
    assert net_config.with_parameter("", ["A"], "(X=1)") == "A =\n  (X=1)\n"
    assert net_config.with_parameter("# no more", ["A"], "(X=1)") == "# no more\n\nA =\n  (X=1)\n"
    assert net_config.with_parameter("B=(X=1)\r\n", ["A"], "(X=\n1)") == "B=(X=1)\r\n\r\nA =\r\n  (X=\r\n1)\r\n"


@pytest.mark.parametrize("names, expected", [
    (["B"], "A=(X=1)\n# about C\nC=(Z=3)"), (["b", "C"], "A=(X=1)\n# about C\n"), (["nobody"], "A=(X=1)\nB=(Y=\n 2)\n# about C\nC=(Z=3)")])
def test_removal_takes_the_parameter_alone(names, expected):
    assert net_config.without_names("A=(X=1)\nB=(Y=\n 2)\n# about C\nC=(Z=3)", names) == expected


@pytest.mark.parametrize("text, words", [
    ("A=(X=1)\nB=(Y=(Z=2)\nC=(X=1)\n", "line 2: a parenthesis is not closed before the next parameter begins"),
    ("A=(X=1", "line 1: a parenthesis or a quote is not closed"), ('A=(X="1)\n', "not closed"),
    ("A=(X=1))\n", "line 1: ')' stands where a name was expected"), ("A B = (X=1)", "A has no value"), ("A", "A has no value"), ("= (X=1)", "line 1")])
def test_what_cannot_be_read_is_refused_with_its_line(text, words):
    with pytest.raises(Refused) as refused:
        net_config.with_parameter(text, ["NEW"], "(X=1)", "/etc/tnsnames.ora")
    assert words in refused.value.message and refused.value.code == "DBF-0611"


# -- static services

LISTENER = """\
LISTENER = (DESCRIPTION_LIST=(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h)(PORT=1521))))
SID_LIST_LISTENER=
 (SID_LIST=
   # the broker's
   (SID_DESC=(GLOBAL_DBNAME=quay_DGMGRL)(ORACLE_HOME=/u01/home)(SID_NAME=quay)(ENVS="TNS_ADMIN=/u01/net,LANG=C"))
   (SID_DESC=(SID_NAME=ferry)(ORACLE_HOME=/u01/home))
 )
ADR_BASE_LISTENER = /u01/app
"""
NEW = "(SID_DESC = (GLOBAL_DBNAME = quay)(ORACLE_HOME = /u01/home)(SID_NAME = quay))"


def test_static_services_are_read():
    found = net_config.static_services(LISTENER, "listener")
    assert [(one.global_dbname, one.sid_name, one.oracle_home, one.envs) for one in found] == [
        ("quay_DGMGRL", "quay", "/u01/home", "TNS_ADMIN=/u01/net,LANG=C"), (None, "ferry", "/u01/home", None)]
    assert found[1].serves("FERRY") and not found[0].serves("quay")
    assert net_config.static_services(LISTENER, "OTHER") == []


def test_a_static_service_joins_the_list():
    after = net_config.with_static_service(LISTENER, "LISTENER", "quay", NEW)
    assert after == LISTENER.replace("(ORACLE_HOME=/u01/home))\n )", "(ORACLE_HOME=/u01/home))\n    " + NEW + "\n )")
    assert net_config.with_static_service(after, "LISTENER", "QUAY", NEW) == after
    assert net_config.without_static_service(after, "LISTENER", "quay") == LISTENER


def test_a_static_service_is_replaced_where_it_stands():
    value = "(SID_DESC=(SID_NAME=ferry)(ORACLE_HOME=/u02/home))"
    assert net_config.with_static_service(LISTENER, "LISTENER", "ferry", value) == LISTENER.replace(
        "(SID_DESC=(SID_NAME=ferry)(ORACLE_HOME=/u01/home))", value)


def test_a_listener_gets_its_list_and_loses_it_with_the_last_entry():
    after = net_config.with_static_service(LISTENER, "OTHER", "quay", NEW)
    assert after == LISTENER + "\nSID_LIST_OTHER =\n  (SID_LIST =\n    " + NEW + "\n  )\n"
    assert net_config.without_static_service(after, "OTHER", "quay") == LISTENER + "\n"


def test_a_list_of_another_form_is_refused():
    with pytest.raises(Refused):
        net_config.with_static_service("SID_LIST_LISTENER = (SID_DESC=(SID_NAME=x))", "LISTENER", "quay", NEW)

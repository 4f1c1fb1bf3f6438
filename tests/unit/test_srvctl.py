# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server Control: commands, and what it says."""

from __future__ import annotations

import pytest
from ansible_collections.dbferry.oracle.plugins.module_utils import srvctl


def test_commands_of_every_release():
    assert str(srvctl.stop("sales", "IMMEDIATE")) == "srvctl stop database -d sales -o immediate"
    assert str(srvctl.start("sales", "read only")) == "srvctl start database -d sales -o 'read only'"
    assert str(srvctl.start("sales", "mount", "SALES1")) == "srvctl start instance -d sales -i SALES1 -o mount"


@pytest.mark.parametrize("text, rc, verdict, cause", [
    ("", 0, "ok", None),
    ("", 1, "failed", None),
    ("PRCC-1016 : sales was already stopped\n", 2, "warning", None),
    ("PRCC-1014 : sales was already running\nPRCR-1004 : Resource ora.sales.db is already running\nPRCR-1079 : Failed to start resource "
     "ora.sales.db\nCRS-5702: Resource 'ora.sales.db' is already running on 'pier1'\n", 1, "warning", None),
    ("PRCC-1014 : sales was already running\nPRCR-1079 : Failed to start resource ora.sales.db\nCRS-5017: The resource action \"ora.sales.db "
     "start\" encountered the following error:\nORA-01081: cannot start already-running ORACLE - shut it down first\n", 1, "failed", "CRS-5017"),
    ("PRCD-1120 : The resource for database sales could not be found.\nPRCR-1001 : Resource ora.sales.db does not exist\n", 1, "failed",
     "PRCD-1120"),
    ("PRCR-1079 : Failed to start resource ora.sales.db\nCRS-2674: Start of 'ora.sales.db' on 'pier1' failed\n", 1, "failed", "CRS-2674"),
])
def test_what_it_says(text, rc, verdict, cause):
    found = srvctl.parse(text, rc)
    assert found.verdict == verdict and (found.cause.code if found.cause else None) == cause

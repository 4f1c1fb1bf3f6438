# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Oracle Net: what a client sees of the lab.

``packet`` frames bytes, ``wire`` and ``datatypes`` encode what stands in them, ``logon`` opens a session, ``ttc``
answers its calls one after the other (``requests``, ``execute``, ``rows``, ``lob``), and ``listener`` accepts
connections for several databases. All of it was measured against the driver python-oracledb in thin mode; where a real
server's bytes are not known, the module says what was assumed.
"""

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings: what was looked at and is not as it should be, how bad that is, and what to do about it."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.errors import Refused

__metaclass__ = type

Finding = t.Dict[str, t.Any]


def finding(severity: str, check: str, message: str, remedy: str, objects: t.Iterable[str] = (), lasting: bool = False) -> Finding:
    """``severity``: ``error`` stops what is to be done, ``warning`` wants a decision, ``info`` is good to know.

    :arg lasting: waiting does not cure it.
    """
    found: Finding = {"severity": severity, "check": check, "message": message, "remedy": remedy, "objects": sorted(objects)}
    return dict(found, lasting=True) if lasting else found


def refuse_errors(found: t.Sequence[Finding], what: str, code: str, details: t.Dict[str, t.Any]) -> None:
    """Refuse with every finding that is an error, at most ten objects of each; without any there is nothing to refuse.

    :arg what: the sentence that the findings explain, without its colon.
    """
    errors = [one for one in found if one["severity"] == "error"]
    if errors:
        raise Refused("{0}: {1}".format(what, " ".join("({0}) {1}{2} {3}".format(
            number, one["message"], " [" + ", ".join(one["objects"][:10]) + "]" if one["objects"] else "", one["remedy"])
            for number, one in enumerate(errors, 1))), code=code, details=details)

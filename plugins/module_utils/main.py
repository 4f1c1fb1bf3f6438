# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``main()`` of every module that speaks SQL: what runs when the task is sent to a host as an ordinary module."""

from __future__ import annotations

import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils import kernel
from ansible_collections.dbferry.oracle.plugins.module_utils.arguments import full_spec
from ansible_collections.dbferry.oracle.plugins.module_utils.errors import DbferryError
from ansible_collections.dbferry.oracle.plugins.module_utils.opening import open_session

__metaclass__ = type


def main(module: kernel.Module) -> None:
    """Run a module where the task was sent."""
    # Only here: the control node imports modules for their data and functions, and never runs this.
    from ansible.module_utils.basic import AnsibleModule
    from ansible_collections.dbferry.oracle.plugins.module_utils.outcome import module_runner

    ansible = AnsibleModule(argument_spec=full_spec(module.argument_spec), supports_check_mode=True, **module.rules)
    want: t.Dict[str, t.Any] = dict(ansible.params)
    try:
        with open_session(want, module_runner(ansible), module.local(want), module.reopen) as session:
            result = kernel.run(module, want, session, check_mode=ansible.check_mode, assume=want["assume"])
    except DbferryError as error:
        ansible.fail_json(**error.result())
    ansible.exit_json(**result)

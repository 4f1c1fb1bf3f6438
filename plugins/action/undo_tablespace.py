# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations
from ansible_collections.dbferry.oracle.plugins.plugin_utils.in_process import InProcess as ActionModule  # noqa: F401  pylint: disable=unused-import

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Database Cloud Backup Module: how its installers are run, and how its configuration file is read.

There are two installers in the zip that Oracle offers: ``oci_install.jar``, whose credentials are the path of a private key, and
``opc_install.jar``, whose credentials are a user and a token. Their parameters are documented; that both read more of them from a file
(``-argFile``) is what their own help says (assumed: one parameter and its value a line).
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dbferry.oracle.plugins.module_utils.names import BadName
from ansible_collections.dbferry.oracle.plugins.module_utils.server_files import SHELL
from ansible_collections.dbferry.oracle.plugins.module_utils.statement import Command, Secret, Statement

__metaclass__ = type

LIBRARY, WALLET = "libopc.so", "cwallet.sso"

#: Runs an installer with its secrets in a file that only the Oracle owner can read, and that is gone afterwards.
#: $1 java, $2 jar or zip, $3 name of the jar in a zip, $4 and $5 directories that are made, then the parameters. Secrets by standard input.
_INSTALL = """umask 077
made=$(mktemp -d) || exit 1
trap 'rm -rf -- "$made"' EXIT HUP INT TERM
cat > "$made/arguments"
java=$1 jar=$2 name=$3
mkdir -p -- "$4" "$5" || exit 1
shift 5
case $jar in *.zip)
  unzip -q -o "$jar" -d "$made/zip" || exit 1
  jar=$(find "$made/zip" -name "$name" ! -path '*__MACOSX*' | head -n 1)
  if [ -z "$jar" ]; then echo "there is no $name in the zip"; exit 1; fi ;;
esac
if [ -s "$made/arguments" ]; then set -- "$@" -argFile "$made/arguments"; fi
if said=$("$java" -jar "$jar" "$@" 2>&1); then printf '%s\\n' "$said"; exit 0; fi
# A stack trace ends in lines that tell nobody anything.
printf '%s\\n' "$said" | grep -v '^[[:space:]]*at ' | tail -n 3
exit 1
"""
_PARAMETER = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$", re.MULTILINE)

#: The installers' jars by the option ``service``.
JARS = {"oci": "oci_install.jar", "opc": "opc_install.jar"}


def word(text: str, what: str) -> str:
    """A word that may stand in a line of the file of arguments and of the configuration."""
    if not text or re.search(r"[\x00-\x20\x7f-\x9f'\"\\]", text):
        raise BadName("{0} cannot be given to the installer.".format(what), hint="It may not be empty nor hold blanks, quotes or backslashes.")
    return text


def install(java: str, installer: str, service: str, parameters: t.Sequence[t.Tuple[str, str]], secrets: t.Sequence[t.Tuple[str, str]],
            directories: t.Tuple[str, str]) -> Command:
    """The command that installs the module.

    :arg parameters: (name, value) as the installer documents them.
    :arg secrets: such as have no place among arguments, where everybody sees them.
    :arg directories: those of wallet and library, which are made.
    """
    argv = [SHELL, "-c", _INSTALL, "sh", java, installer, JARS[service]] + list(directories)
    for name, value in parameters:
        argv += ["-" + name, word(value, "{0} {1!r}".format(name, value))]
    given: t.List[t.Union[str, Secret]] = []
    for name, value in secrets:
        given += ["-{0} ".format(name), Secret(word(value, name)), "\n"]
    shown = " ".join(["java -jar", installer] + ["-{0} {1}".format(*pair) for pair in parameters] + ["-{0} ********".format(name) for name, dummy in secrets])
    return Command(argv, Statement(*given), shown=shown)


def remove(paths: t.Sequence[str]) -> Command:
    """The command that removes files of the module."""
    return Command([SHELL, "-c", 'rm -f -- "$@"', "sh"] + list(paths), shown="rm -f " + " ".join(paths))


def configuration(text: str) -> t.Dict[str, str]:
    """Parameters of a configuration file: OPC_HOST, OPC_WALLET, OPC_CONTAINER and others; what is a comment is none."""
    return {name.upper(): value.strip("'\"") for name, value in _PARAMETER.findall(text)}

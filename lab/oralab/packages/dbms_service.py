# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DBMS_SERVICE: services of the database beyond the default one (documented).

A service is known by one name here; a network name that differs is not simulated. Services made here do not start by
themselves when the instance does (documented for databases outside Clusterware); those of the specification do on their own server, as by a
script there.
"""
from __future__ import annotations

from typing import Any

from oralab.errors import OraError, not_simulated
from oralab.packages.registry import Package, signature

DBMS_SERVICE = Package("DBMS_SERVICE", grantees=("DBA",), constants={
    "ALL_INSTANCES": "*", "POST_TRANSACTION": 0, "IMMEDIATE": 1, "NOREPLAY": 2, "GOAL_NONE": 0, "GOAL_SERVICE_TIME": 1,
    "GOAL_THROUGHPUT": 2, "CLB_GOAL_SHORT": 1, "CLB_GOAL_LONG": 2})


def _known(session: Any) -> list[str]:
    database = session.database
    return [database.spec.default_service, *database.attributes.services, *database.attributes.further_services]


def _name(session: Any, service_name: str | None) -> str:
    """Spelling of a known service. ORA-44304."""
    found = next((name for name in _known(session) if name.upper() == (service_name or "").upper()), None)
    if found is None:
        raise OraError(44304, f"service {service_name} does not exist")
    return found


@DBMS_SERVICE.routine("CREATE_SERVICE", signature(
    "service_name, network_name, goal NUMBER := NULL, dtp BOOLEAN := NULL, aq_ha_notifications BOOLEAN := NULL, "
    "failover_method := NULL, failover_type := NULL, failover_retries NUMBER := NULL, failover_delay NUMBER := NULL, "
    "clb_goal NUMBER := NULL, edition := NULL"))
def create_service(session: Any, service_name: str, network_name: str, **rest: Any) -> None:
    """ORA-44303 when it exists, ORA-44301 without a name."""
    if not service_name:
        raise OraError(44301, "NULL service name is not permitted")
    if not network_name:
        raise OraError(44302, "NULL network name is not permitted")
    if network_name.upper() != service_name.upper():
        raise not_simulated("a service whose network name differs from its name")
    if service_name.upper() in (name.upper() for name in _known(session)):
        raise OraError(44303, "service name exists")
    attributes = session.database.attributes
    session.database.set_attributes(further_services=[*attributes.further_services, service_name])


@DBMS_SERVICE.routine("START_SERVICE", signature("service_name, instance_name := NULL"))
def start_service(session: Any, service_name: str, instance_name: str | None) -> None:
    name = _name(session, service_name)
    if name in session.database.running_services:
        raise OraError(44305, f"service {service_name} is running")
    session.database.running_services.add(name)


@DBMS_SERVICE.routine("STOP_SERVICE", signature(
    "service_name, instance_name := NULL, stop_option := NULL, drain_timeout NUMBER := NULL, replay BOOLEAN := NULL"))
def stop_service(session: Any, service_name: str, instance_name: str | None, **rest: Any) -> None:
    """New connections are refused, existing ones stay."""
    name = _name(session, service_name)
    if name not in session.database.running_services:
        raise OraError(44311, f"service {service_name} not running")
    session.database.running_services.discard(name)


@DBMS_SERVICE.routine("DELETE_SERVICE", signature("service_name"))
def delete_service(session: Any, service_name: str) -> None:
    name = _name(session, service_name)
    if name in session.database.running_services:
        raise OraError(44305, f"service {service_name} is running")
    attributes = session.database.attributes
    session.database.set_attributes(
        services=[other for other in attributes.services if other != name],
        further_services=[other for other in attributes.further_services if other != name])


@DBMS_SERVICE.routine("DISCONNECT_SESSION", signature("service_name, disconnect_option NUMBER := 0"))
def disconnect_session(session: Any, service_name: str, disconnect_option: int) -> None:
    """Ends the service's other sessions: at once with IMMEDIATE, else those that are in no transaction."""
    name = _name(session, service_name)
    connected = [other for other in session.database.sessions.values()
                 if other is not session and other.logon.service.upper() == name.upper()]
    for other in connected:
        if disconnect_option == 1 or not other.in_transaction:
            session.database.kill(other.sid, other.serial, immediate=True)

# Copyright (c) 2026, the dbferry.oracle contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQLAlchemy's oracle dialect reads the sample schemas from the dictionary, and its types go there and back."""
from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import oracle


@pytest.fixture(scope="module")
def engine(server) -> Iterator[sa.Engine]:
    found = sa.create_engine(f"oracle+oracledb://SALES:{server.password}@{server.host}:{server.port}/?service_name={server.service}")
    yield found
    found.dispose()


@pytest.fixture
def inspector(engine: sa.Engine) -> sa.Inspector:
    return sa.inspect(engine)


def test_objects(inspector: sa.Inspector) -> None:
    assert set(inspector.get_table_names()) == {"customers", "orders", "order_lines", "documents", "type_gallery", "scratch_notes"}
    assert inspector.get_temp_table_names() == ["basket"]
    assert set(inspector.get_view_names()) >= {"open_orders", "sellable_items"}
    assert inspector.get_materialized_view_names() == ["monthly_revenue"]
    assert set(inspector.get_sequence_names()) == {"order_seq", "invoice_seq"}
    assert {"hr", "inventory", "sales"} <= set(inspector.get_schema_names())
    assert "FROM orders o JOIN customers c" in inspector.get_view_definition("open_orders")
    assert inspector.has_table("items", schema="inventory") and not inspector.has_table("nothing")


def test_columns(inspector: sa.Inspector) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)     # the dialect has no INTERVAL YEAR TO MONTH
        found = {column["name"]: column for column in inspector.get_columns("type_gallery")}
    types = {name: column["type"] for name, column in found.items()}
    assert isinstance(types["id"], oracle.NUMBER) and not found["id"]["nullable"]
    assert (types["fraction"].precision, types["fraction"].scale) == (18, 6) or types["fraction"].scale > 0
    assert isinstance(types["single"], oracle.BINARY_FLOAT) and isinstance(types["double"], oracle.BINARY_DOUBLE)
    assert isinstance(types["fixed"], sa.CHAR) and types["fixed"].length == 10
    assert isinstance(types["text_national"], sa.NVARCHAR) and types["text_national"].length == 100
    assert isinstance(types["moment"], oracle.TIMESTAMP) and not types["moment"].timezone
    assert types["moment_zone"].timezone and types["moment_local"].local_timezone
    assert isinstance(types["seconds"], oracle.INTERVAL)
    assert isinstance(types["bytes"], oracle.RAW) and isinstance(types["long_text"], sa.CLOB) and isinstance(types["long_bytes"], sa.BLOB)
    customers = {column["name"]: column for column in inspector.get_columns("customers")}
    assert customers["country"]["default"].strip() == "'DE'"


def test_constraints_indexes_and_comments(inspector: sa.Inspector) -> None:
    assert inspector.get_pk_constraint("order_lines")["constrained_columns"] == ["order_id", "line_no"]
    keys = {key["name"]: key for key in inspector.get_foreign_keys("order_lines")}
    assert keys["order_lines_order_fk"]["options"] == {"ondelete": "CASCADE"}
    assert (keys["order_lines_item_fk"]["referred_schema"], keys["order_lines_item_fk"]["referred_table"]) == ("inventory", "items")
    checks = {check["name"]: check["sqltext"] for check in inspector.get_check_constraints("orders")}
    assert "'SHIPPED'" in checks["orders_status_ck"]
    indexes = {index["name"]: index for index in inspector.get_indexes("customers")}
    assert indexes["customers_city_ix"]["column_names"] == ["country", "city"] and not indexes["customers_city_ix"]["unique"]
    assert inspector.get_table_comment("customers")["text"].startswith("Customers of the shop")
    assert inspector.get_table_options("customers")["oracle_tablespace"] == "APP_DATA"


def test_the_whole_schema_reflected(engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        # A view that never compiled has no columns, so nothing of it can be reflected.
        metadata.reflect(engine, views=True, resolve_fks=True, only=lambda name, _: name != "old_report")
    orders = metadata.tables["orders"]
    assert next(iter(orders.c.customer_id.foreign_keys)).column.table is metadata.tables["customers"]
    assert {"inventory.items", "open_orders"} <= set(metadata.tables)


def test_synonyms_resolve(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SYNONYM shoppers FOR customers"))
        try:
            table = sa.Table("shoppers", sa.MetaData(), autoload_with=connection, oracle_resolve_synonyms=True)
            assert table.primary_key.columns.keys() == ["customer_id"]
        finally:
            connection.execute(sa.text("DROP SYNONYM shoppers"))


def test_core_statements(engine: sa.Engine) -> None:
    metadata = sa.MetaData()
    table = sa.Table(
        "sa_values", metadata, sa.Column("id", sa.Integer, sa.Identity(start=5), primary_key=True), sa.Column("name", sa.Unicode(40)),
        sa.Column("price", sa.Numeric(12, 3)), sa.Column("ratio", oracle.BINARY_DOUBLE), sa.Column("day", sa.DateTime),
        sa.Column("moment", oracle.TIMESTAMP), sa.Column("span", oracle.INTERVAL), sa.Column("data", sa.LargeBinary),
        sa.Column("story", sa.Text), sa.Column("kind", sa.Enum("a", "b", name="kinds", create_constraint=True)),
        sa.UniqueConstraint("name", name="sa_values_uq"), comment="of Core")
    moment = datetime.datetime(2024, 2, 29, 12, 30, 1, 250000)
    row = {"name": "Ωmega", "price": Decimal("1234.567"), "ratio": 0.5, "day": moment.replace(microsecond=0), "moment": moment,
           "span": datetime.timedelta(days=1, seconds=2), "data": b"\0\1" * 3000, "story": "ж" * 5000, "kind": "b"}
    with engine.begin() as connection:
        metadata.create_all(connection)
        try:
            assert connection.execute(table.insert(), row).inserted_primary_key == (5,)
            assert connection.execute(sa.select(table)).mappings().one() == {"id": 5} | row
            connection.execute(table.insert(), [{"name": str(number), "price": number} for number in range(20)])
            page = sa.select(table.c.price).where(table.c.price < 1000).order_by(table.c.price.desc()).offset(5).limit(3)
            assert connection.scalars(page).all() == [14, 13, 12]
            assert connection.execute(table.update().where(table.c.id == 5).values(price=1).returning(table.c.price)).scalar() == 1
            reflected = sa.inspect(connection)
            assert [unique["name"] for unique in reflected.get_unique_constraints("sa_values")] == ["sa_values_uq"]
            assert reflected.get_columns("sa_values")[0]["identity"]["start"] == 5
            with pytest.raises(sa.exc.IntegrityError, match="ORA-00001"):
                connection.execute(table.insert(), {"name": "Ωmega"})
            with pytest.raises(sa.exc.IntegrityError, match="ORA-02290"):
                connection.execute(sa.text("INSERT INTO sa_values (kind) VALUES ('c')"))
        finally:
            metadata.drop_all(connection)

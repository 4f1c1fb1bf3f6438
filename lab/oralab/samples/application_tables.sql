-- Tables, indexes, sequences and types of the sample application.

CONNECT inventory/"&INVENTORY_PASSWORD"

CREATE SEQUENCE warehouse_seq START WITH 1 INCREMENT BY 1 NOCACHE;
CREATE SEQUENCE movement_seq START WITH 20001 CACHE 50;

CREATE TABLE warehouses (
  warehouse_id NUMBER(4) CONSTRAINT warehouses_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  name VARCHAR2(60 CHAR) NOT NULL,
  city NVARCHAR2(40),
  opened DATE DEFAULT SYSDATE NOT NULL,
  capacity NUMBER(9) CHECK (capacity > 0)
);

CREATE TABLE items (
  item_id NUMBER(8) CONSTRAINT items_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  sku CHAR(12) NOT NULL CONSTRAINT items_sku_uk UNIQUE USING INDEX TABLESPACE app_index,
  name VARCHAR2(120 CHAR) NOT NULL,
  price NUMBER(10, 2) NOT NULL,
  vat NUMBER(4, 2) DEFAULT 19 NOT NULL,
  gross GENERATED ALWAYS AS (ROUND(price * (1 + vat / 100), 2)) VIRTUAL,
  weight BINARY_DOUBLE,
  volume BINARY_FLOAT,
  discontinued CHAR(1) DEFAULT 'N' NOT NULL CONSTRAINT items_discontinued_ck CHECK (discontinued IN ('Y', 'N'))
);
CREATE INDEX items_name_ix ON items (UPPER(name)) TABLESPACE app_index;

CREATE TABLE stock (
  warehouse_id NUMBER(4) CONSTRAINT stock_warehouse_fk REFERENCES warehouses,
  item_id NUMBER(8) CONSTRAINT stock_item_fk REFERENCES items,
  quantity NUMBER(9) NOT NULL,
  counted TIMESTAMP(0),
  CONSTRAINT stock_pk PRIMARY KEY (warehouse_id, item_id)
) ORGANIZATION INDEX TABLESPACE app_data;

CREATE TABLE movements (
  movement_id NUMBER(12) NOT NULL,
  warehouse_id NUMBER(4) NOT NULL,
  item_id NUMBER(8) NOT NULL,
  kind VARCHAR2(3) NOT NULL,
  quantity NUMBER(9) NOT NULL,
  moved TIMESTAMP(6) WITH TIME ZONE NOT NULL
)
PARTITION BY LIST (kind) (
  PARTITION movements_in VALUES ('IN') TABLESPACE app_data,
  PARTITION movements_out VALUES ('OUT') TABLESPACE app_data,
  PARTITION movements_other VALUES (DEFAULT) TABLESPACE app_data
);
CREATE INDEX movements_item_ix ON movements (item_id, moved) LOCAL TABLESPACE app_index;

GRANT SELECT, REFERENCES ON items TO sales;
GRANT SELECT ON stock TO sales WITH GRANT OPTION;
GRANT SELECT ON warehouses TO hr;
GRANT SELECT ON items TO shop_read;
GRANT INSERT, UPDATE ON items TO shop_write;
GRANT UPDATE (quantity, counted) ON stock TO shop_write;

COMMENT ON TABLE items IS 'What the shop sells; prices in euro without VAT';
COMMENT ON COLUMN items.gross IS 'Price with VAT';
COMMENT ON TABLE movements IS 'Goods in and out — one row for every movement';

CONNECT hr/"&HR_PASSWORD"

CREATE SEQUENCE employee_seq START WITH 1001 INCREMENT BY 1 MAXVALUE 999999 CACHE 20;

CREATE TYPE address_t AS OBJECT (street VARCHAR2(60), city VARCHAR2(40), postcode VARCHAR2(10));
/

CREATE TABLE departments (
  department_id NUMBER(4) CONSTRAINT departments_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  name VARCHAR2(40 CHAR) NOT NULL,
  manager_id NUMBER(6)
);

CREATE TABLE employees (
  employee_id NUMBER(6) CONSTRAINT employees_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  first_name VARCHAR2(30 CHAR),
  last_name VARCHAR2(40 CHAR) NOT NULL,
  email VARCHAR2(80) CONSTRAINT employees_email_uk UNIQUE USING INDEX TABLESPACE app_index,
  hired DATE NOT NULL,
  salary NUMBER(10, 2) CONSTRAINT employees_salary_ck CHECK (salary BETWEEN 1000 AND 500000),
  commission NUMBER(4, 3),
  department_id NUMBER(4) CONSTRAINT employees_department_fk REFERENCES departments,
  manager_id NUMBER(6) CONSTRAINT employees_manager_fk REFERENCES employees,
  contract INTERVAL YEAR(2) TO MONTH,
  shift INTERVAL DAY(1) TO SECOND(0),
  photo BLOB
) LOB (photo) STORE AS SECUREFILE (TABLESPACE app_lob);
CREATE INDEX employees_department_ix ON employees (department_id) TABLESPACE app_index;

CREATE TABLE branches (
  branch_id NUMBER(4) CONSTRAINT branches_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  name VARCHAR2(40) NOT NULL,
  address address_t
);

GRANT SELECT ON employees TO sales;
GRANT SELECT, REFERENCES ON departments TO sales;
GRANT EXECUTE ON address_t TO sales;

COMMENT ON TABLE employees IS 'Staff of all branches';

CONNECT sales/"&SALES_PASSWORD"

CREATE SEQUENCE order_seq START WITH 40001 INCREMENT BY 1 CACHE 100;
CREATE SEQUENCE invoice_seq START WITH 500000 INCREMENT BY 10 MAXVALUE 999999990 CYCLE NOCACHE ORDER;

CREATE TABLE customers (
  customer_id NUMBER(10) CONSTRAINT customers_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  name VARCHAR2(80 CHAR) NOT NULL,
  city VARCHAR2(60 CHAR),
  country CHAR(2 CHAR) DEFAULT 'DE' NOT NULL,
  name_local NVARCHAR2(60),
  born DATE,
  credit NUMBER(12, 2) DEFAULT 0 NOT NULL,
  rating NUMBER,
  notes VARCHAR2(200)
);
CREATE INDEX customers_city_ix ON customers (country, city) TABLESPACE app_index;

CREATE TABLE orders (
  order_id NUMBER(12) NOT NULL,
  customer_id NUMBER(10) NOT NULL CONSTRAINT orders_customer_fk REFERENCES customers,
  ordered DATE NOT NULL,
  status VARCHAR2(10) DEFAULT 'NEW' NOT NULL,
  clerk_id NUMBER(6),
  total NUMBER(12, 2),
  placed TIMESTAMP(3) WITH LOCAL TIME ZONE,
  CONSTRAINT orders_pk PRIMARY KEY (order_id) USING INDEX TABLESPACE app_index,
  CONSTRAINT orders_status_ck CHECK (status IN ('NEW', 'PAID', 'SHIPPED', 'CLOSED', 'CANCELLED'))
)
PARTITION BY RANGE (ordered) (
  PARTITION orders_2023 VALUES LESS THAN (DATE '2024-01-01') TABLESPACE app_data,
  PARTITION orders_2024 VALUES LESS THAN (DATE '2025-01-01') TABLESPACE app_data,
  PARTITION orders_2025 VALUES LESS THAN (DATE '2026-01-01') TABLESPACE app_data,
  PARTITION orders_later VALUES LESS THAN (MAXVALUE) TABLESPACE app_data
);
CREATE INDEX orders_customer_ix ON orders (customer_id) TABLESPACE app_index;
CREATE INDEX orders_ordered_ix ON orders (ordered) LOCAL TABLESPACE app_index;

CREATE TABLE order_lines (
  order_id NUMBER(12) NOT NULL CONSTRAINT order_lines_order_fk REFERENCES orders ON DELETE CASCADE,
  line_no NUMBER(3) NOT NULL,
  item_id NUMBER(8) NOT NULL CONSTRAINT order_lines_item_fk REFERENCES inventory.items,
  quantity NUMBER(6) NOT NULL,
  price NUMBER(10, 2) NOT NULL,
  CONSTRAINT order_lines_pk PRIMARY KEY (order_id, line_no) USING INDEX TABLESPACE app_index
);
CREATE INDEX order_lines_item_ix ON order_lines (item_id) TABLESPACE app_index;

CREATE TABLE documents (
  document_id NUMBER(10) CONSTRAINT documents_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  order_id NUMBER(12) NOT NULL,
  title VARCHAR2(100 CHAR),
  body CLOB,
  body_local NCLOB,
  scan BLOB,
  original BFILE
) LOB (body, body_local) STORE AS SECUREFILE (TABLESPACE app_lob)
  LOB (scan) STORE AS SECUREFILE (TABLESPACE app_lob);

CREATE TABLE type_gallery (
  id NUMBER(6) CONSTRAINT type_gallery_pk PRIMARY KEY USING INDEX TABLESPACE app_index,
  whole INTEGER,
  any_number NUMBER,
  tiny NUMBER(3, -1),
  fraction NUMBER(9, 8),
  float_number FLOAT(63),
  single BINARY_FLOAT,
  double BINARY_DOUBLE,
  fixed CHAR(10),
  fixed_chars CHAR(5 CHAR),
  fixed_national NCHAR(8),
  text_bytes VARCHAR2(200 BYTE),
  text_chars VARCHAR2(100 CHAR),
  text_national NVARCHAR2(100),
  day DATE,
  moment TIMESTAMP(0),
  moment_fine TIMESTAMP(9),
  moment_zone TIMESTAMP(6) WITH TIME ZONE,
  moment_local TIMESTAMP(6) WITH LOCAL TIME ZONE,
  months INTERVAL YEAR(4) TO MONTH,
  seconds INTERVAL DAY(9) TO SECOND(9),
  bytes RAW(64),
  long_text CLOB,
  long_bytes BLOB
) LOB (long_text, long_bytes) STORE AS (TABLESPACE app_lob);

-- Outside the tablespaces of the application.
CREATE TABLE scratch_notes (
  note_id NUMBER(6) PRIMARY KEY USING INDEX TABLESPACE users,
  written DATE DEFAULT SYSDATE NOT NULL,
  text VARCHAR2(400 CHAR)
) TABLESPACE users;

CREATE GLOBAL TEMPORARY TABLE basket (item_id NUMBER(8), quantity NUMBER(6)) ON COMMIT DELETE ROWS;

GRANT SELECT ON customers TO shop_read;
GRANT SELECT ON orders TO shop_read;
GRANT INSERT, UPDATE, DELETE ON orders TO shop_write;
GRANT SELECT ON orders TO inventory;
GRANT SELECT ON order_lines TO inventory;
GRANT SELECT ON order_seq TO shop_write;

COMMENT ON TABLE customers IS 'Customers of the shop, in their own spelling: 北京, Київ, Αθήνα';
COMMENT ON COLUMN orders.placed IS 'When the order came in, in the reader''s time zone';

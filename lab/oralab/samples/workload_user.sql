-- The workload: numbered rows in a table of its own schema. Run as SYS at the source, after the application's tablespaces are there.

CREATE USER workload IDENTIFIED BY "&WORKLOAD_PASSWORD" DEFAULT TABLESPACE app_data QUOTA UNLIMITED ON app_data QUOTA UNLIMITED ON app_index;
GRANT CREATE SESSION, CREATE TABLE TO workload;

CONNECT workload/"&WORKLOAD_PASSWORD"

CREATE TABLE orders (
  client NUMBER(6) NOT NULL,
  order_number NUMBER(12) NOT NULL,
  side VARCHAR2(60 CHAR) NOT NULL,
  CONSTRAINT orders_pk PRIMARY KEY (client, order_number) USING INDEX TABLESPACE app_index
);

-- Views, code, jobs and statistics of the sample application.

CONNECT inventory/"&INVENTORY_PASSWORD"

CREATE VIEW low_stock AS
SELECT s.warehouse_id, w.name warehouse, i.item_id, i.name, s.quantity
FROM stock s JOIN items i ON i.item_id = s.item_id JOIN warehouses w ON w.warehouse_id = s.warehouse_id
WHERE s.quantity < 20;

CREATE VIEW item_demand AS
SELECT l.item_id, SUM(l.quantity) demanded, COUNT(*) order_lines FROM sales.order_lines l GROUP BY l.item_id;

CREATE TABLE price_feed (sku CHAR(12), price NUMBER(10, 2))
ORGANIZATION EXTERNAL (
  TYPE ORACLE_LOADER DEFAULT DIRECTORY shop_files
  ACCESS PARAMETERS (RECORDS DELIMITED BY NEWLINE FIELDS TERMINATED BY ',')
  LOCATION ('prices.csv')
) REJECT LIMIT UNLIMITED;

CREATE OR REPLACE PACKAGE restocking AS
  FUNCTION missing(p_item NUMBER) RETURN NUMBER;
  PROCEDURE restock(p_item NUMBER, p_quantity NUMBER);
END restocking;
/
CREATE OR REPLACE PACKAGE BODY restocking AS
  FUNCTION missing(p_item NUMBER) RETURN NUMBER IS
    v_missing NUMBER;
  BEGIN
    SELECT NVL(SUM(l.quantity), 0) INTO v_missing FROM sales.order_lines l WHERE l.item_id = p_item;
    RETURN v_missing;
  END missing;

  PROCEDURE restock(p_item NUMBER, p_quantity NUMBER) IS
  BEGIN
    UPDATE stock SET quantity = quantity + p_quantity WHERE item_id = p_item;
  END restock;
END restocking;
/

GRANT EXECUTE ON restocking TO sales;
GRANT SELECT ON low_stock TO shop_read;

CONNECT sales/"&SALES_PASSWORD"

CREATE SYNONYM items FOR inventory.items;
CREATE SYNONYM staff FOR hr.employees;

CREATE VIEW open_orders AS
SELECT o.order_id, o.ordered, c.name customer, c.country, o.total FROM orders o JOIN customers c ON c.customer_id = o.customer_id
WHERE o.status IN ('NEW', 'PAID');

CREATE VIEW order_clerks AS
SELECT o.order_id, e.first_name || ' ' || e.last_name clerk, d.name department
FROM orders o, hr.employees e, hr.departments d
WHERE e.employee_id = o.clerk_id AND d.department_id = e.department_id;

CREATE VIEW sellable_items AS
SELECT i.item_id, i.name, i.gross, SUM(s.quantity) available
FROM items i LEFT JOIN inventory.stock s ON s.item_id = i.item_id GROUP BY i.item_id, i.name, i.gross;

CREATE MATERIALIZED VIEW monthly_revenue TABLESPACE app_data BUILD IMMEDIATE REFRESH COMPLETE ON DEMAND AS
SELECT TRUNC(ordered, 'MM') month, status, COUNT(*) orders, SUM(total) revenue FROM orders GROUP BY TRUNC(ordered, 'MM'), status;

CREATE OR REPLACE FUNCTION discount(p_rating NUMBER) RETURN NUMBER DETERMINISTIC IS
BEGIN
  RETURN CASE WHEN p_rating > 5000 THEN 10 WHEN p_rating > 1000 THEN 5 ELSE 0 END;
END discount;
/
CREATE OR REPLACE PACKAGE ordering AS
  c_currency CONSTANT VARCHAR2(3) := 'EUR';
  PROCEDURE cancel(p_order NUMBER);
  FUNCTION total(p_order NUMBER) RETURN NUMBER;
END ordering;
/
CREATE OR REPLACE PACKAGE BODY ordering AS
  PROCEDURE cancel(p_order NUMBER) IS
  BEGIN
    UPDATE orders SET status = 'CANCELLED' WHERE order_id = p_order AND status <> 'CLOSED';
  END cancel;

  FUNCTION total(p_order NUMBER) RETURN NUMBER IS
    v_total NUMBER;
  BEGIN
    SELECT SUM(quantity * price) INTO v_total FROM order_lines WHERE order_id = p_order;
    RETURN v_total;
  END total;
END ordering;
/
CREATE OR REPLACE PROCEDURE replenish(p_item NUMBER) AS
BEGIN
  inventory.restocking.restock(p_item, inventory.restocking.missing(p_item));
END replenish;
/

-- Left over from an application that is gone.
CREATE OR REPLACE FORCE VIEW old_report AS SELECT r.region, r.amount FROM regional_results r;

GRANT SELECT ON open_orders TO shop_read;
GRANT EXECUTE ON ordering TO shop_write;

BEGIN
  DBMS_SCHEDULER.CREATE_JOB(job_name => 'REFRESH_REVENUE', job_type => 'STORED_PROCEDURE', job_action => 'SALES.REPLENISH',
    start_date => SYSTIMESTAMP + INTERVAL '1' DAY, repeat_interval => 'FREQ=DAILY;BYHOUR=2', number_of_arguments => 1,
    comments => 'Every night at two');
  DBMS_SCHEDULER.SET_JOB_ARGUMENT_VALUE(job_name => 'REFRESH_REVENUE', argument_position => 1, argument_value => '1');
  DBMS_SCHEDULER.ENABLE(name => 'REFRESH_REVENUE');
END;
/

CONNECT hr/"&HR_PASSWORD"

CREATE OR REPLACE FUNCTION full_name(p_employee NUMBER) RETURN VARCHAR2 IS
  v_name VARCHAR2(80 CHAR);
BEGIN
  SELECT first_name || ' ' || last_name INTO v_name FROM employees WHERE employee_id = p_employee;
  RETURN v_name;
END full_name;
/
CREATE OR REPLACE TRIGGER branches_name_trg BEFORE INSERT OR UPDATE OF name ON branches FOR EACH ROW
BEGIN
  :NEW.name := INITCAP(:NEW.name);
END;
/
CREATE VIEW managers AS
SELECT m.employee_id, m.last_name, COUNT(e.employee_id) reports FROM employees m JOIN employees e ON e.manager_id = m.employee_id
GROUP BY m.employee_id, m.last_name;

CONNECT / AS SYSDBA

CREATE PUBLIC SYNONYM shop_items FOR inventory.items;
CREATE PUBLIC SYNONYM shop_open_orders FOR sales.open_orders;

BEGIN
  DBMS_STATS.GATHER_SCHEMA_STATS(ownname => 'SALES');
  DBMS_STATS.GATHER_SCHEMA_STATS(ownname => 'HR');
  DBMS_STATS.GATHER_SCHEMA_STATS(ownname => 'INVENTORY');
END;
/

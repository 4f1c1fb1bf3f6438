-- Rows of the sample application: the same at every load.

CONNECT inventory/"&INVENTORY_PASSWORD"

INSERT INTO warehouses (warehouse_id, name, city, opened, capacity)
SELECT LEVEL, 'Warehouse ' || LEVEL, DECODE(MOD(LEVEL, 4), 0, 'Köln', 1, 'København', 2, '大阪', 'Łódź'),
  DATE '2010-01-01' + LEVEL * 91, LEVEL * 10000
FROM dual CONNECT BY LEVEL <= 8;

INSERT INTO items (item_id, sku, name, price, vat, weight, volume, discontinued)
SELECT LEVEL, 'SKU' || LPAD(LEVEL, 9, '0'), DECODE(MOD(LEVEL, 5), 0, 'Tee „Grüner Nebel“ ', 1, 'Café crème ', 2, '抹茶 ', 3, 'Чай ', 'Mug ') || LEVEL,
  ROUND(MOD(LEVEL * 37, 20000) / 100 + 0.99, 2), DECODE(MOD(LEVEL, 10), 0, 7, 19), LEVEL / 7, MOD(LEVEL, 100) / 8,
  DECODE(MOD(LEVEL, 50), 0, 'Y', 'N')
FROM dual CONNECT BY LEVEL <= 2000;

INSERT INTO stock (warehouse_id, item_id, quantity, counted)
SELECT MOD(LEVEL - 1, 4) + 1, TRUNC((LEVEL - 1) / 4) + 1, MOD(LEVEL * 13, 500), TIMESTAMP '2026-01-01 06:00:00' + NUMTODSINTERVAL(LEVEL, 'MINUTE')
FROM dual CONNECT BY LEVEL <= 8000;

INSERT INTO movements (movement_id, warehouse_id, item_id, kind, quantity, moved)
SELECT LEVEL, MOD(LEVEL, 8) + 1, MOD(LEVEL * 7, 2000) + 1, DECODE(MOD(LEVEL, 5), 0, 'IN', 1, 'IN', 2, 'OUT', 3, 'OUT', 'ADJ'), MOD(LEVEL, 90) + 1,
  FROM_TZ(TIMESTAMP '2025-01-01 00:00:00' + NUMTODSINTERVAL(LEVEL * 97, 'SECOND'), DECODE(MOD(LEVEL, 3), 0, '+02:00', 1, 'UTC', 'Europe/Berlin'))
FROM dual CONNECT BY LEVEL <= 20000;
COMMIT;

CONNECT hr/"&HR_PASSWORD"

INSERT INTO departments (department_id, name)
SELECT LEVEL * 10, DECODE(LEVEL, 1, 'Geschäftsführung', 2, 'Einkauf', 3, 'Ventes', 4, 'Продажи', 5, '物流', 'Department ' || LEVEL)
FROM dual CONNECT BY LEVEL <= 12;

INSERT INTO employees (employee_id, first_name, last_name, email, hired, salary, commission, department_id, manager_id, contract, shift, photo)
SELECT LEVEL, DECODE(MOD(LEVEL, 6), 0, 'Zoë', 1, 'Jürgen', 2, 'Ирина', 3, '健', 4, 'Siobhán', 'Ann'), 'Employee ' || LEVEL,
  'employee' || LEVEL || '@example.com', DATE '2000-02-29' + MOD(LEVEL * 17, 9000), 1500 + MOD(LEVEL * 731, 90000) / 10,
  CASE WHEN MOD(LEVEL, 4) = 0 THEN MOD(LEVEL, 40) / 100 END, (MOD(LEVEL, 12) + 1) * 10, CASE WHEN LEVEL > 12 THEN MOD(LEVEL, 12) + 1 END,
  NUMTOYMINTERVAL(MOD(LEVEL, 60) + 12, 'MONTH'), NUMTODSINTERVAL(6 + MOD(LEVEL, 3) * 8, 'HOUR'),
  CASE WHEN MOD(LEVEL, 20) = 0 THEN HEXTORAW(RPAD('FFD8FFE0', 400, LPAD(TO_CHAR(LEVEL, 'FM0XXX'), 8, '0'))) END
FROM dual CONNECT BY LEVEL <= 1000;
UPDATE departments SET manager_id = department_id / 10;

-- None of the branches has told its address.
INSERT INTO branches (branch_id, name) SELECT LEVEL, DECODE(LEVEL, 1, 'Mitte', 2, 'Harbour', 'Branch ' || LEVEL) FROM dual CONNECT BY LEVEL <= 20;
COMMIT;

CONNECT sales/"&SALES_PASSWORD"

INSERT INTO customers (customer_id, name, city, country, name_local, born, credit, rating, notes)
SELECT LEVEL, DECODE(MOD(LEVEL, 7), 0, 'Müller', 1, 'Nguyễn', 2, 'Søren', 3, 'Παπαδόπουλος', 4, '山田', 5, 'O''Brien', 'Smith') || ' ' || LEVEL,
  DECODE(MOD(LEVEL, 5), 0, 'Zürich', 1, 'São Paulo', 2, '北京', 3, 'Kraków', 'Cork'), DECODE(MOD(LEVEL, 5), 0, 'CH', 1, 'BR', 2, 'CN', 3, 'PL', 'IE'),
  CASE WHEN MOD(LEVEL, 3) = 0 THEN 'клиент ' || LEVEL END, DATE '1940-01-01' + MOD(LEVEL * 11, 25000), MOD(LEVEL * 1009, 1000000) / 100 - 500,
  CASE WHEN MOD(LEVEL, 9) <> 0 THEN LEVEL / 3 END, CASE WHEN MOD(LEVEL, 11) = 0 THEN RPAD('note ', 120, '-') END
FROM dual CONNECT BY LEVEL <= 20000;

INSERT INTO orders (order_id, customer_id, ordered, status, clerk_id, total, placed)
SELECT LEVEL, MOD(LEVEL * 7919, 20000) + 1, DATE '2023-01-01' + MOD(LEVEL, 1400) + MOD(LEVEL, 86400) / 86400,
  DECODE(MOD(LEVEL, 10), 0, 'CANCELLED', 1, 'NEW', 2, 'PAID', 3, 'SHIPPED', 'CLOSED'), MOD(LEVEL, 1000) + 1, MOD(LEVEL * 271, 500000) / 100,
  TIMESTAMP '2023-01-01 00:00:00.123' + NUMTODSINTERVAL(LEVEL * 61, 'SECOND')
FROM dual CONNECT BY LEVEL <= 40000;

INSERT INTO order_lines (order_id, line_no, item_id, quantity, price)
SELECT TRUNC((LEVEL - 1) / 3) + 1, MOD(LEVEL - 1, 3) + 1, MOD(LEVEL * 31, 2000) + 1, MOD(LEVEL, 9) + 1, MOD(LEVEL * 37, 20000) / 100 + 0.99
FROM dual CONNECT BY LEVEL <= 110000;

INSERT INTO documents (document_id, order_id, title, body, body_local, scan, original)
SELECT LEVEL, LEVEL * 100, 'Invoice № ' || LEVEL, TO_CLOB(RPAD('Rechnung über Äpfel; ', 200 + MOD(LEVEL, 5) * 700, 'line of text ' || LEVEL || ' ')),
  CASE WHEN MOD(LEVEL, 3) = 0 THEN TO_NCLOB(RPAD('счёт ', 300, 'строка ')) END,
  CASE WHEN MOD(LEVEL, 2) = 0 THEN TO_BLOB(HEXTORAW(RPAD('25504446', 1600, LPAD(TO_CHAR(LEVEL, 'FM0XXX'), 8, 'A')))) END,
  CASE WHEN MOD(LEVEL, 50) = 0 THEN BFILENAME('SHOP_FILES', 'invoice' || LEVEL || '.pdf') END
FROM dual CONNECT BY LEVEL <= 400;

INSERT INTO type_gallery (id, whole, any_number, tiny, fraction, float_number, single, double, fixed, fixed_chars, fixed_national, text_bytes,
  text_chars, text_national, day, moment, moment_fine, moment_zone, moment_local, months, seconds, bytes, long_text, long_bytes)
SELECT LEVEL, LEVEL - 250, POWER(-7, MOD(LEVEL, 40)) / 3, LEVEL * 10, LEVEL / 1000, LEVEL / 9, LEVEL / 8, LEVEL / 7, 'f' || LEVEL, 'é' || MOD(LEVEL, 100),
  'nč' || LEVEL, 'bytes ' || LEVEL, DECODE(MOD(LEVEL, 4), 0, '😀 emoji ', 1, 'ﬁ ligature ', 2, 'עברית ', 'ไทย ') || LEVEL,
  DECODE(MOD(LEVEL, 3), 0, '中文 ', 1, 'ελληνικά ', 'čeština ') || LEVEL, DATE '0004-02-29' + LEVEL * 1461,
  TIMESTAMP '1999-12-31 23:59:59' + NUMTODSINTERVAL(LEVEL, 'DAY'), TIMESTAMP '2026-03-29 02:30:00.123456789' + NUMTODSINTERVAL(LEVEL, 'HOUR'),
  FROM_TZ(TIMESTAMP '2026-07-01 12:00:00.5' + NUMTODSINTERVAL(LEVEL, 'HOUR'), DECODE(MOD(LEVEL, 3), 0, 'America/New_York', 1, '+05:30', 'Asia/Tokyo')),
  TIMESTAMP '2026-07-01 00:00:00' + NUMTODSINTERVAL(LEVEL, 'MINUTE'), NUMTOYMINTERVAL(LEVEL - 250, 'MONTH'), NUMTODSINTERVAL((LEVEL - 250) * 1.5, 'HOUR'),
  HEXTORAW(LPAD(TO_CHAR(LEVEL, 'FM0XXX'), 16, '0')), TO_CLOB(RPAD('x', MOD(LEVEL, 6) * 600 + 1, 'lorem ')),
  CASE WHEN MOD(LEVEL, 5) <> 0 THEN TO_BLOB(HEXTORAW(RPAD('00FF', 40, 'AB'))) END
FROM dual CONNECT BY LEVEL <= 500;
INSERT INTO type_gallery (id) VALUES (501);
INSERT INTO type_gallery (id, any_number, single, double, long_text, long_bytes)
  VALUES (502, 1E-130, 3.25F, -1.5D, EMPTY_CLOB(), EMPTY_BLOB());

INSERT INTO scratch_notes (note_id, written, text)
SELECT LEVEL, DATE '2026-01-01' + LEVEL, 'Merkzettel ' || LEVEL FROM dual CONNECT BY LEVEL <= 50;

-- The sequences have been used.
INSERT INTO orders (order_id, customer_id, ordered, status, clerk_id, total) VALUES (order_seq.NEXTVAL, 1, DATE '2026-11-01', 'NEW', 1, 10);
INSERT INTO orders (order_id, customer_id, ordered, status, clerk_id, total) VALUES (order_seq.NEXTVAL, 2, DATE '2026-11-02', 'NEW', 2, 20);
UPDATE documents SET title = title || ' / ' || invoice_seq.NEXTVAL WHERE document_id <= 5;
COMMIT;

-- Procedures, functions and packages that the test suite of python-oracledb calls, stated anew from how its tests use them.
CREATE PROCEDURE proc_test (a_invalue VARCHAR2, a_inoutvalue IN OUT NUMBER, a_outvalue OUT NUMBER) AS
BEGIN
  a_outvalue := LENGTH(a_invalue);
  a_inoutvalue := a_inoutvalue * a_outvalue;
END;
/
CREATE PROCEDURE proc_test2 (a_invalue VARCHAR2, a_inoutvalue IN OUT NUMBER, a_outvalue OUT BOOLEAN) AS
BEGIN
  a_inoutvalue := a_inoutvalue * LENGTH(a_invalue);
  a_outvalue := LENGTH(a_invalue) >= 2;
END;
/
CREATE PROCEDURE proc_testnoargs AS
BEGIN
  NULL;
END;
/
CREATE PROCEDURE myrefcursorproc (a_refcursor OUT SYS_REFCURSOR) AS
BEGIN
  OPEN a_refcursor FOR SELECT * FROM testtemptable;
END;
/
CREATE FUNCTION func_test (a_string VARCHAR2, a_extraamount NUMBER) RETURN NUMBER AS
BEGIN
  RETURN LENGTH(a_string) + a_extraamount;
END;
/
CREATE FUNCTION func_test2 (a_string VARCHAR2, a_extraamount NUMBER, a_boolean BOOLEAN) RETURN NUMBER AS
BEGIN
  IF a_boolean THEN
    RETURN LENGTH(a_string) + a_extraamount;
  END IF;
  RETURN LENGTH(a_string) - a_extraamount;
END;
/
CREATE FUNCTION func_testnoargs RETURN NUMBER AS
BEGIN
  RETURN 712;
END;
/
CREATE PACKAGE pkg_teststringarrays AS
  TYPE udt_stringlist IS TABLE OF VARCHAR2(100) INDEX BY BINARY_INTEGER;
  FUNCTION testinarrays (a_startinglength NUMBER, a_array udt_stringlist) RETURN NUMBER;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_stringlist);
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_stringlist);
  PROCEDURE testindexby (a_array OUT NOCOPY udt_stringlist);
END;
/
CREATE PACKAGE BODY pkg_teststringarrays AS
  FUNCTION testinarrays (a_startinglength NUMBER, a_array udt_stringlist) RETURN NUMBER IS
    total NUMBER := a_startinglength;
  BEGIN
    FOR i IN 1 .. a_array.COUNT LOOP
      total := total + LENGTH(a_array(i));
    END LOOP;
    RETURN total;
  END;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_stringlist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := 'Converted element # ' || TO_CHAR(i) || ' originally had length ' || TO_CHAR(LENGTH(a_array(i)));
    END LOOP;
  END;
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_stringlist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := 'Test out element # ' || TO_CHAR(i);
    END LOOP;
  END;
  PROCEDURE testindexby (a_array OUT NOCOPY udt_stringlist) IS
  BEGIN
    a_array(-1048576) := 'First element';
    a_array(-576) := 'Second element';
    a_array(284) := 'Third element';
    a_array(8388608) := 'Fourth element';
  END;
END;
/
CREATE PACKAGE pkg_testunicodearrays AS
  TYPE udt_unicodelist IS TABLE OF NVARCHAR2(100) INDEX BY BINARY_INTEGER;
  FUNCTION testinarrays (a_startinglength NUMBER, a_array udt_unicodelist) RETURN NUMBER;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_unicodelist);
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_unicodelist);
END;
/
CREATE PACKAGE BODY pkg_testunicodearrays AS
  FUNCTION testinarrays (a_startinglength NUMBER, a_array udt_unicodelist) RETURN NUMBER IS
    total NUMBER := a_startinglength;
  BEGIN
    FOR i IN 1 .. a_array.COUNT LOOP
      total := total + LENGTH(a_array(i));
    END LOOP;
    RETURN total;
  END;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_unicodelist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := 'Converted element ' || UNISTR('\3042') || ' # ' || TO_CHAR(i) || ' originally had length '
                    || TO_CHAR(LENGTH(a_array(i)));
    END LOOP;
  END;
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_unicodelist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := 'Test out element ' || UNISTR('\3042') || ' # ' || TO_CHAR(i);
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_testnumberarrays AS
  TYPE udt_numberlist IS TABLE OF NUMBER INDEX BY BINARY_INTEGER;
  FUNCTION testinarrays (a_startingvalue NUMBER, a_array udt_numberlist) RETURN NUMBER;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_numberlist);
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_numberlist);
END;
/
CREATE PACKAGE BODY pkg_testnumberarrays AS
  FUNCTION testinarrays (a_startingvalue NUMBER, a_array udt_numberlist) RETURN NUMBER IS
    total NUMBER := a_startingvalue;
  BEGIN
    FOR i IN 1 .. a_array.COUNT LOOP
      total := total + a_array(i);
    END LOOP;
    RETURN total;
  END;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_numberlist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := a_array(i) * 10;
    END LOOP;
  END;
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_numberlist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := i * 100;
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_testdatearrays AS
  TYPE udt_datelist IS TABLE OF DATE INDEX BY BINARY_INTEGER;
  FUNCTION testinarrays (a_startingvalue NUMBER, a_basedate DATE, a_array udt_datelist) RETURN NUMBER;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_datelist);
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_datelist);
END;
/
CREATE PACKAGE BODY pkg_testdatearrays AS
  FUNCTION testinarrays (a_startingvalue NUMBER, a_basedate DATE, a_array udt_datelist) RETURN NUMBER IS
    total NUMBER := a_startingvalue;
  BEGIN
    FOR i IN 1 .. a_array.COUNT LOOP
      total := total + (a_array(i) - a_basedate);
    END LOOP;
    RETURN total;
  END;
  PROCEDURE testinoutarrays (a_numelems NUMBER, a_array IN OUT NOCOPY udt_datelist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := a_array(i) + 7;
    END LOOP;
  END;
  PROCEDURE testoutarrays (a_numelems NUMBER, a_array OUT NOCOPY udt_datelist) IS
  BEGIN
    FOR i IN 1 .. a_numelems LOOP
      a_array(i) := TO_DATE('20021212', 'YYYYMMDD') + i * 1.2;
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_testrefcursors AS
  PROCEDURE testoutcursor (a_maxintvalue NUMBER, a_cursor OUT SYS_REFCURSOR);
  FUNCTION testincursor (a_cursor SYS_REFCURSOR) RETURN VARCHAR2;
  FUNCTION testreturncursor (a_maxintvalue NUMBER) RETURN SYS_REFCURSOR;
  PROCEDURE testlobcursor (a_value VARCHAR2, a_cursor OUT SYS_REFCURSOR);
  PROCEDURE testclosecursor (a_cursor SYS_REFCURSOR);
END;
/
CREATE PACKAGE BODY pkg_testrefcursors AS
  PROCEDURE testoutcursor (a_maxintvalue NUMBER, a_cursor OUT SYS_REFCURSOR) IS
  BEGIN
    OPEN a_cursor FOR SELECT intcol, stringcol FROM teststrings WHERE intcol <= a_maxintvalue ORDER BY intcol;
  END;
  FUNCTION testincursor (a_cursor SYS_REFCURSOR) RETURN VARCHAR2 IS
    first_value VARCHAR2(100);
  BEGIN
    FETCH a_cursor INTO first_value;
    RETURN first_value || ' (Modified)';
  END;
  FUNCTION testreturncursor (a_maxintvalue NUMBER) RETURN SYS_REFCURSOR IS
    opened SYS_REFCURSOR;
  BEGIN
    testoutcursor(a_maxintvalue, opened);
    RETURN opened;
  END;
  PROCEDURE testlobcursor (a_value VARCHAR2, a_cursor OUT SYS_REFCURSOR) IS
  BEGIN
    OPEN a_cursor FOR SELECT TO_CLOB(a_value) FROM dual;
  END;
  PROCEDURE testclosecursor (a_cursor SYS_REFCURSOR) IS
    fetched_number NUMBER;
    fetched_text VARCHAR2(400);
  BEGIN
    DELETE FROM testtemptable;
    FETCH a_cursor INTO fetched_number, fetched_text;
    IF a_cursor%FOUND THEN
      INSERT INTO testtemptable (intcol, stringcol1) VALUES (fetched_number, fetched_text);
    END IF;
    CLOSE a_cursor;
    COMMIT;
  END;
END;
/
CREATE PACKAGE pkg_testbooleans AS
  TYPE udt_booleanlist IS TABLE OF BOOLEAN INDEX BY BINARY_INTEGER;
  FUNCTION getstringrep (a_value BOOLEAN) RETURN VARCHAR2;
  FUNCTION islessthan10 (a_value NUMBER) RETURN BOOLEAN;
  FUNCTION testinarrays (a_value udt_booleanlist) RETURN NUMBER;
  FUNCTION testoutvaluenull RETURN BOOLEAN;
  PROCEDURE testoutarrays (a_numelements NUMBER, a_value OUT NOCOPY udt_booleanlist);
END;
/
CREATE PACKAGE BODY pkg_testbooleans AS
  FUNCTION getstringrep (a_value BOOLEAN) RETURN VARCHAR2 IS
  BEGIN
    IF a_value IS NULL THEN
      RETURN 'NULL';
    ELSIF a_value THEN
      RETURN 'TRUE';
    ELSE
      RETURN 'FALSE';
    END IF;
  END;
  FUNCTION islessthan10 (a_value NUMBER) RETURN BOOLEAN IS
  BEGIN
    RETURN a_value < 10;
  END;
  FUNCTION testinarrays (a_value udt_booleanlist) RETURN NUMBER IS
    found PLS_INTEGER := 0;
  BEGIN
    FOR i IN 1 .. a_value.COUNT LOOP
      IF a_value(i) THEN
        found := found + 1;
      END IF;
    END LOOP;
    RETURN found;
  END;
  FUNCTION testoutvaluenull RETURN BOOLEAN IS
  BEGIN
    RETURN NULL;
  END;
  PROCEDURE testoutarrays (a_numelements NUMBER, a_value OUT NOCOPY udt_booleanlist) IS
  BEGIN
    FOR i IN 1 .. a_numelements LOOP
      a_value(i) := MOD(i, 2) = 1;
    END LOOP;
  END;
END;
/
CREATE PACKAGE pkg_testlobs AS
  PROCEDURE getsize (a_blob BLOB, a_size OUT NUMBER);
  PROCEDURE getsize (a_clob CLOB, a_size OUT NUMBER);
END;
/
CREATE PACKAGE BODY pkg_testlobs AS
  PROCEDURE getsize (a_blob BLOB, a_size OUT NUMBER) IS
  BEGIN
    a_size := DBMS_LOB.GETLENGTH(a_blob);
  END;
  PROCEDURE getsize (a_clob CLOB, a_size OUT NUMBER) IS
  BEGIN
    a_size := DBMS_LOB.GETLENGTH(a_clob);
  END;
END;
/
CREATE PACKAGE pkg_testbindobject AS
  SUBTYPE udt_rowtype IS testtemptable%ROWTYPE;
  TYPE udt_collectionrowtype IS TABLE OF udt_rowtype INDEX BY BINARY_INTEGER;
  FUNCTION getstringrep (a_object udt_object) RETURN VARCHAR2;
  PROCEDURE bindobjectout (a_numbervalue NUMBER, a_stringvalue VARCHAR2, a_object OUT NOCOPY udt_object);
END;
/
CREATE PACKAGE pkg_testrecords AS
  TYPE udt_record IS RECORD (numbervalue NUMBER, stringvalue VARCHAR2(30), datevalue DATE, timestampvalue TIMESTAMP, booleanvalue BOOLEAN,
    plsintegervalue PLS_INTEGER, binaryintegervalue BINARY_INTEGER);
  TYPE udt_recordarray IS TABLE OF udt_record INDEX BY BINARY_INTEGER;
  FUNCTION getstringrep (a_value udt_record) RETURN VARCHAR2;
  PROCEDURE testout (a_value OUT NOCOPY udt_record);
  FUNCTION testinarrays (a_value udt_recordarray) RETURN VARCHAR2;
END;
/

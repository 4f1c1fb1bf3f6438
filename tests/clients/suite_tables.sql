-- Types, tables and rows that the test suite of python-oracledb expects of its database, stated anew from how its tests use them.
-- Statements end with a line that holds a slash. The session's CURRENT_SCHEMA is the suite's main user.
CREATE TYPE udt_subobject AS OBJECT (subnumbervalue NUMBER, substringvalue VARCHAR2(60))
/
CREATE TYPE udt_objectarray AS VARRAY(10) OF udt_subobject
/
CREATE TYPE udt_object AS OBJECT (
  numbervalue NUMBER, stringvalue VARCHAR2(60), fixedcharvalue CHAR(10), nstringvalue NVARCHAR2(60), nfixedcharvalue NCHAR(10),
  rawvalue RAW(16), intvalue INTEGER, smallintvalue SMALLINT, realvalue REAL, doubleprecisionvalue DOUBLE PRECISION, floatvalue FLOAT,
  binaryfloatvalue BINARY_FLOAT, binarydoublevalue BINARY_DOUBLE, datevalue DATE, timestampvalue TIMESTAMP,
  timestamptzvalue TIMESTAMP WITH TIME ZONE, timestampltzvalue TIMESTAMP WITH LOCAL TIME ZONE, clobvalue CLOB, nclobvalue NCLOB,
  blobvalue BLOB, subobjectvalue udt_subobject, subobjectarray udt_objectarray)
/
CREATE TYPE udt_array AS VARRAY(10) OF NUMBER
/
CREATE TYPE udt_unconstrainedtable AS TABLE OF NUMBER
/
CREATE TYPE udt_building AS OBJECT (buildingid NUMBER(9), numfloors NUMBER(3), description VARCHAR2(60), datebuilt DATE)
/
CREATE TYPE udt_book AS OBJECT (title VARCHAR2(100), authors VARCHAR2(100), price NUMBER(5,2))
/
CREATE TYPE udt_objectwithxmltype AS OBJECT (numbervalue NUMBER(9), xmlvalue sys.xmltype, stringvalue VARCHAR2(60))
/
CREATE TYPE udt_xmltypearray AS TABLE OF sys.xmltype
/
CREATE TABLE testnumbers (
  intcol NUMBER(9) NOT NULL, longintcol NUMBER(16) NOT NULL, numbercol NUMBER(9,2) NOT NULL, floatcol FLOAT NOT NULL,
  unconstrainedcol NUMBER NOT NULL, nullablecol NUMBER(38))
/
CREATE TABLE teststrings (
  intcol NUMBER(9) NOT NULL, stringcol VARCHAR2(20) NOT NULL, rawcol RAW(30) NOT NULL, fixedcharcol CHAR(40) NOT NULL,
  nullablecol VARCHAR2(50))
/
CREATE TABLE testunicodes (
  intcol NUMBER(9) NOT NULL, unicodecol NVARCHAR2(20) NOT NULL, fixedunicodecol NCHAR(40) NOT NULL, nullablecol NVARCHAR2(50))
/
CREATE TABLE testdates (intcol NUMBER(9) NOT NULL, datecol DATE NOT NULL, nullablecol DATE)
/
CREATE TABLE testclobs (
  intcol NUMBER(9) NOT NULL, clobcol CLOB NOT NULL, extranumcol1 NUMBER(9), extraclobcol1 CLOB, extranumcol2 NUMBER(9),
  extraclobcol2 CLOB)
/
CREATE TABLE testnclobs (
  intcol NUMBER(9) NOT NULL, nclobcol NCLOB NOT NULL, extranumcol1 NUMBER(9), extranclobcol1 NCLOB, extranumcol2 NUMBER(9),
  extranclobcol2 NCLOB)
/
CREATE TABLE testblobs (
  intcol NUMBER(9) NOT NULL, blobcol BLOB NOT NULL, extranumcol1 NUMBER(9), extrablobcol1 BLOB, extranumcol2 NUMBER(9),
  extrablobcol2 BLOB)
/
CREATE TABLE testbfiles (intcol NUMBER(9) NOT NULL, bfilecol BFILE NOT NULL)
/
CREATE TABLE testxml (intcol NUMBER(9) NOT NULL, xmlcol XMLTYPE NOT NULL)
/
CREATE TABLE testtempxml (intcol NUMBER(9) NOT NULL, xmlcol XMLTYPE NOT NULL)
/
CREATE TABLE testlongs (intcol NUMBER(9) NOT NULL, longcol LONG) NOCOMPRESS
/
CREATE TABLE testlongraws (intcol NUMBER(9) NOT NULL, longrawcol LONG RAW) NOCOMPRESS
/
CREATE TABLE testtemptable (
  intcol NUMBER(9) NOT NULL, stringcol1 VARCHAR2(400), stringcol2 VARCHAR2(400), numbercol NUMBER(25,2),
  CONSTRAINT testtemptable_pk PRIMARY KEY (intcol))
/
CREATE TABLE testarraydml (
  intcol NUMBER(9) NOT NULL, stringcol VARCHAR2(100), intcol2 NUMBER(3), CONSTRAINT testarraydml_pk PRIMARY KEY (intcol))
/
CREATE TABLE testobjects (intcol NUMBER(9) NOT NULL, objectcol udt_object, arraycol udt_array)
/
CREATE TABLE testtimestamps (
  intcol NUMBER(9) NOT NULL, timestampcol TIMESTAMP NOT NULL, nullablecol TIMESTAMP, timestampprecisioncol TIMESTAMP(4))
/
CREATE TABLE testtimestampltzs (
  intcol NUMBER(9) NOT NULL, timestampltzcol TIMESTAMP WITH LOCAL TIME ZONE NOT NULL, nullablecol TIMESTAMP WITH LOCAL TIME ZONE,
  timestampltzprecisioncol TIMESTAMP(5) WITH LOCAL TIME ZONE)
/
CREATE TABLE testtimestamptzs (
  intcol NUMBER(9) NOT NULL, timestamptzcol TIMESTAMP WITH TIME ZONE NOT NULL, nullablecol TIMESTAMP WITH TIME ZONE,
  timestamptzprecisioncol TIMESTAMP(7) WITH TIME ZONE)
/
CREATE TABLE testintervals (
  intcol NUMBER(9) NOT NULL, intervalcol INTERVAL DAY TO SECOND NOT NULL, nullablecol INTERVAL DAY TO SECOND,
  intervalprecisioncol INTERVAL DAY(7) TO SECOND, intervalprecisionscalecol INTERVAL DAY(8) TO SECOND(9))
/
CREATE TABLE testintervalyms (
  intcol NUMBER(9) NOT NULL, intervalcol INTERVAL YEAR TO MONTH NOT NULL, nullablecol INTERVAL YEAR TO MONTH,
  intervalprecisioncol INTERVAL YEAR(3) TO MONTH)
/
CREATE TABLE testuniversalrowids (
  intcol NUMBER(9) NOT NULL, stringcol VARCHAR2(250) NOT NULL, datecol DATE NOT NULL,
  CONSTRAINT testuniversalrowids_pk PRIMARY KEY (intcol, stringcol, datecol)) ORGANIZATION INDEX
/
CREATE TABLE testbuildings (buildingid NUMBER(9) NOT NULL, buildingobj udt_building NOT NULL)
/
CREATE TABLE testrowids (intcol NUMBER(9) NOT NULL, rowidcol ROWID, urowidcol UROWID)
/
CREATE TABLE testjsoncols (
  intcol NUMBER(9) NOT NULL, jsonvarchar VARCHAR2(4000) NOT NULL, jsonclob CLOB NOT NULL, jsonblob BLOB NOT NULL,
  CONSTRAINT testjsoncols_ck_1 CHECK (jsonvarchar IS JSON FORMAT JSON), CONSTRAINT testjsoncols_ck_2 CHECK (jsonclob IS JSON FORMAT JSON),
  CONSTRAINT testjsoncols_ck_3 CHECK (jsonblob IS JSON FORMAT JSON))
/
CREATE TABLE testalltypes (
  numbervalue NUMBER, stringvalue VARCHAR2(60), fixedcharvalue CHAR(10), nstringvalue NVARCHAR2(60), nfixedcharvalue NCHAR(10),
  rawvalue RAW(16), intvalue INTEGER, smallintvalue SMALLINT, realvalue REAL, doubleprecisionvalue DOUBLE PRECISION, floatvalue FLOAT,
  binaryfloatvalue BINARY_FLOAT, binarydoublevalue BINARY_DOUBLE, datevalue DATE, timestampvalue TIMESTAMP,
  timestamptzvalue TIMESTAMP WITH TIME ZONE, timestampltzvalue TIMESTAMP WITH LOCAL TIME ZONE, clobvalue CLOB, nclobvalue NCLOB,
  blobvalue BLOB, subobjectvalue udt_subobject, subobjectarray udt_objectarray, decimalvalue DECIMAL(20,6),
  intervaldsvalue INTERVAL DAY TO SECOND, intervalymvalue INTERVAL YEAR TO MONTH, invisiblevalue NUMBER INVISIBLE)
/
CREATE TABLE plsqlsessioncallbacks (requestedtag VARCHAR2(250), actualtag VARCHAR2(250), fixuptimestamp TIMESTAMP)
/
CREATE TABLE testdataframe (
  id NUMBER(9), firstname VARCHAR2(100), lastname VARCHAR2(100), city VARCHAR2(100), country VARCHAR2(100), dateofbirth DATE,
  salary NUMBER(9,2), creditscore NUMBER(3,0), lastupdated TIMESTAMP, decimaldata NUMBER(15,4), floatdata BINARY_FLOAT,
  doubledata BINARY_DOUBLE, rawdata RAW(100), longdata CLOB, longrawdata BLOB, longintegerdata NUMBER(20), unconstrainednumberdata NUMBER)
/
INSERT INTO testnumbers
SELECT LEVEL, POWER(38, LEVEL), LEVEL * 1.25, LEVEL * 1.75, LEVEL * LEVEL * LEVEL + LEVEL * .5,
       DECODE(MOD(LEVEL, 2), 0, NULL, POWER(143, LEVEL)) FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO teststrings
SELECT LEVEL, 'String ' || LEVEL, UTL_RAW.CAST_TO_RAW('Raw ' || LEVEL), 'Fixed Char ' || LEVEL,
       DECODE(MOD(LEVEL, 2), 0, NULL, 'Nullable ' || LEVEL) FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testunicodes
SELECT LEVEL, 'Unicode ' || UNISTR('\3042') || ' ' || LEVEL, 'Fixed Unicode ' || LEVEL,
       DECODE(MOD(LEVEL, 2), 0, NULL, UNISTR('Nullable ') || LEVEL) FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testdates
SELECT LEVEL, DATE '2002-12-09' + LEVEL * 1.1, DECODE(MOD(LEVEL, 2), 0, NULL, DATE '2002-12-09' + LEVEL * 2.15)
FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testxml
SELECT LEVEL, XMLTYPE('<?xml version="1.0"?><records>' || DBMS_RANDOM.STRING('x', 1024) || '</records>') FROM dual CONNECT BY LEVEL <= 100
/
INSERT INTO testtimestamps
SELECT LEVEL, TIMESTAMP '2002-12-09 00:00:00' + TO_DSINTERVAL(LEVEL || ' 00:00:' || LEVEL * 2 || '.' || LEVEL * 50),
       DECODE(MOD(LEVEL, 2), 0, TO_TIMESTAMP(NULL, 'YYYYMMDD'),
              TIMESTAMP '2002-12-09 00:00:00' + TO_DSINTERVAL(LEVEL + 1 || ' 00:00:' || LEVEL * 3 || '.' || LEVEL * 125)),
       TIMESTAMP '2009-12-14 00:00:00' FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testtimestampltzs
SELECT LEVEL, TO_TIMESTAMP_TZ('20220602 ' || DECODE(MOD(LEVEL, 2), 0, '-', '+') || LTRIM(TO_CHAR(LEVEL, '00')) || ':'
         || DECODE(MOD(LEVEL, 4), 0, '00', '30'), 'YYYYMMDD TZH:TZM')
         + TO_DSINTERVAL(LEVEL || ' 00:00:' || LEVEL * 2 || '.' || LEVEL * 50),
       DECODE(MOD(LEVEL, 2), 0, TO_TIMESTAMP(NULL, 'YYYYMMDD'), TO_TIMESTAMP_TZ('20220602 00:00', 'YYYYMMDD TZH:TZM')
         + TO_DSINTERVAL(LEVEL + 1 || ' 00:00:' || LEVEL * 3 || '.' || LEVEL * 125)),
       TO_TIMESTAMP_TZ('20091214 00:00', 'YYYYMMDD TZH:TZM') FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testtimestamptzs
SELECT LEVEL, TO_TIMESTAMP_TZ('20220603 ' || DECODE(MOD(LEVEL, 2), 0, '-', '+') || LTRIM(TO_CHAR(LEVEL, '00')) || ':'
         || DECODE(MOD(LEVEL, 4), 0, '00', '30'), 'YYYYMMDD TZH:TZM')
         + TO_DSINTERVAL(LEVEL || ' 00:00:' || LEVEL * 2 || '.' || LEVEL * 50),
       DECODE(MOD(LEVEL, 2), 0, TO_TIMESTAMP(NULL, 'YYYYMMDD'), TO_TIMESTAMP_TZ('20220603 00:00', 'YYYYMMDD TZH:TZM')
         + TO_DSINTERVAL(LEVEL + 1 || ' 00:00:' || LEVEL * 3 || '.' || LEVEL * 125)),
       TO_TIMESTAMP_TZ('20091214 00:00', 'YYYYMMDD TZH:TZM') FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testintervals
SELECT LEVEL, TO_DSINTERVAL(LEVEL || ' ' || LEVEL || ':' || LEVEL * 2 || ':' || LEVEL * 3),
       DECODE(MOD(LEVEL, 2), 0, TO_DSINTERVAL(NULL),
              TO_DSINTERVAL(LEVEL + 5 || ' ' || (LEVEL + 2) || ':' || (LEVEL * 2 + 5) || ':' || (LEVEL * 3 + 5))),
       TO_DSINTERVAL('8 05:15:00'), TO_DSINTERVAL('10 12:15:15') FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testintervalyms
SELECT LEVEL, TO_YMINTERVAL(LEVEL - 5 || '-' || LEVEL),
       DECODE(MOD(LEVEL, 2), 0, TO_YMINTERVAL(NULL), TO_YMINTERVAL(LEVEL + 5 || '-' || (LEVEL + 2))), TO_YMINTERVAL('3-8')
FROM dual CONNECT BY LEVEL <= 10
/
INSERT INTO testobjects VALUES (1,
  udt_object(1, 'First row', 'First', 'N First Row', 'N First', '52617720446174612031', 2, 5, 12.125, 0.5, 12.5, 25.25, 50.125,
    DATE '2007-03-06', TIMESTAMP '2008-09-12 16:40:00', TIMESTAMP '2009-10-13 17:50:00 +00:00', TIMESTAMP '2010-11-14 18:55:00 +00:00',
    'Short CLOB value', 'Short NCLOB Value', UTL_RAW.CAST_TO_RAW('Short BLOB value'), udt_subobject(11, 'Sub object 1'),
    udt_objectarray(udt_subobject(5, 'first element'), udt_subobject(6, 'second element'))), udt_array(5, 10, NULL, 20))
/
INSERT INTO testobjects VALUES (2, NULL, udt_array(3, NULL, 9, 12, 15))
/
INSERT INTO testobjects VALUES (3,
  udt_object(3, 'Third row', 'Third', 'N Third Row', 'N Third', '52617720446174612033', 4, 10, 6.5, 0.75, 43.25, 86.5, 192.125,
    DATE '2007-06-21', TIMESTAMP '2007-12-13 07:30:45', TIMESTAMP '2017-06-21 23:18:45 +00:00', TIMESTAMP '2017-07-21 08:27:13 +00:00',
    'Another short CLOB value', 'Another short NCLOB Value', UTL_RAW.CAST_TO_RAW('Yet another short BLOB value'),
    udt_subobject(13, 'Sub object 3'), udt_objectarray(udt_subobject(10, 'element #1'), udt_subobject(20, 'element #2'),
    udt_subobject(30, 'element #3'), udt_subobject(40, 'element #4'))), NULL)
/
INSERT INTO testjsoncols VALUES (1, '[1, 2, 3]', '[4, 5, 6]', UTL_RAW.CAST_TO_RAW('[7, 8, 9]'))
/
INSERT INTO testjsoncols VALUES (2, 'null', EMPTY_CLOB(), EMPTY_BLOB())
/
COMMIT
/

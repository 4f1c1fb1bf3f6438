-- The user that migrates, with no more than the migration needs. It owns one table (the journal), in a tablespace of its own.
-- Run as SYS on the source and on the target.

CREATE TABLESPACE dbferry DATAFILE '&DATAFILES/dbferry01.dbf' SIZE 20M AUTOEXTEND ON NEXT 10M MAXSIZE 200M;

CREATE USER dbferry IDENTIFIED BY "&DBFERRY_PASSWORD" DEFAULT TABLESPACE dbferry QUOTA UNLIMITED ON dbferry;

-- It logs on, also while logons are restricted, and reads the dictionary.
GRANT CREATE SESSION, RESTRICTED SESSION, SELECT ANY DICTIONARY TO dbferry;
GRANT SELECT_CATALOG_ROLE, EXECUTE_CATALOG_ROLE TO dbferry;

-- The journal, and the staging table of statistics.
GRANT CREATE TABLE TO dbferry;

-- The files of a migration.
GRANT CREATE ANY DIRECTORY, DROP ANY DIRECTORY TO dbferry;

-- Datafiles that travel through a database link, each in a job of its own.
GRANT CREATE DATABASE LINK, CREATE JOB TO dbferry;
GRANT EXECUTE ON sys.dbms_file_transfer TO dbferry;

-- Data Pump.
GRANT DATAPUMP_EXP_FULL_DATABASE, DATAPUMP_IMP_FULL_DATABASE TO dbferry;

-- Tablespaces are set READ ONLY and READ WRITE, and dropped when a plug-in is undone.
GRANT ALTER TABLESPACE, DROP TABLESPACE TO dbferry;

-- Logons are restricted, sessions ended, default tablespaces put back.
GRANT ALTER SYSTEM, ALTER USER TO dbferry;
GRANT EXECUTE ON sys.dbms_service TO dbferry;

-- Sequences are advanced, code is compiled, statistics are gathered and moved.
GRANT ALTER ANY SEQUENCE, SELECT ANY SEQUENCE, ALTER ANY PROCEDURE, ALTER ANY TRIGGER, ALTER ANY TYPE, ALTER ANY TABLE,
  ALTER ANY MATERIALIZED VIEW, CREATE ANY VIEW, CREATE ANY SYNONYM, CREATE PUBLIC SYNONYM, ANALYZE ANY TO dbferry;

-- Rows are compared by hashes computed inside the database, as of one SCN.
GRANT SELECT ANY TABLE, FLASHBACK ANY TABLE TO dbferry;
GRANT EXECUTE ON sys.dbms_crypto TO dbferry;

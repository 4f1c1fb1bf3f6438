-- What the migrating user needs beside the rest to prepare a source's redo.

GRANT ALTER DATABASE, ALTER ANY TABLE TO dbferry;

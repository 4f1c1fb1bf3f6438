-- What the migrating user needs beside the rest to hold the jobs of other owners.

GRANT CREATE ANY JOB, MANAGE SCHEDULER TO dbferry;

"""A strict stand-in for Oracle Database servers: listener, instances, datafiles and command-line tools."""

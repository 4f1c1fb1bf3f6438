-- What the target needs before a migration beyond the migration user: the application's service, which nothing starts yet.

BEGIN
  DBMS_SERVICE.CREATE_SERVICE(service_name => 'shop', network_name => 'shop');
END;
/

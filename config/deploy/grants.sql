-- An owner that migrates, and a service that only reads and writes: run by a superuser in lanner's database, before or after the first
-- migration, again as often as one likes. Both roles are there: CREATE ROLE lanner_owner LOGIN PASSWORD …, CREATE ROLE lanner LOGIN PASSWORD …
CREATE SCHEMA IF NOT EXISTS lanner;
ALTER SCHEMA lanner OWNER TO lanner_owner;
GRANT USAGE ON SCHEMA lanner TO lanner;

-- What is there, and what later migrations of the owner add.
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA lanner TO lanner;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA lanner TO lanner;
ALTER DEFAULT PRIVILEGES FOR ROLE lanner_owner IN SCHEMA lanner GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO lanner;
ALTER DEFAULT PRIVILEGES FOR ROLE lanner_owner IN SCHEMA lanner GRANT USAGE ON SEQUENCES TO lanner;

-- As lanner sets them on direct connections: the server notices clients that have vanished, also behind a pooler.
ALTER ROLE lanner SET tcp_keepalives_idle = 5;
ALTER ROLE lanner SET tcp_keepalives_interval = 5;
ALTER ROLE lanner SET tcp_keepalives_count = 2;
ALTER ROLE lanner SET tcp_user_timeout = '15s';

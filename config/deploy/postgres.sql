-- Run once, by the server's superuser, when its data folder is created: lanner owns one database and has no other rights.
\getenv password LANNER_PASSWORD
CREATE ROLE lanner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE lanner OWNER lanner;
REVOKE ALL ON DATABASE lanner, postgres, template1 FROM PUBLIC;

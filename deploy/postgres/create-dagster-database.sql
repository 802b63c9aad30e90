-- Beside the database `sync` of the state store: both have a table `runs`, so they cannot share one.
CREATE DATABASE dagster OWNER sync;

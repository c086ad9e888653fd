-- An empty Snowflake account, made ready for Isobar: docs/snowflake.md says when and how to run this.
--
-- Run by someone who may act as ACCOUNTADMIN, as often as wanted: nothing that is there is made again or lost. The three
-- <…_PUBLIC_KEY> are the bodies of public keys, without their first and last line. Each statement says which role it needs
-- by the USE ROLE above it, so that the most powerful role does the least.
--
--     ISOBAR_LOADER       writes raw_*: dlt
--     ISOBAR_TRANSFORMER  reads raw_*, owns all that is made of it, publishes: dbt. It may do what the loader may,
--                         because `isobar build` makes the raw tables of sources that were never loaded
--     ISOBAR_READER       reads what is published, and nothing else: the app, analysts

-- --- roles and users -------------------------------------------------------------------------------------------------

use role useradmin;

create role if not exists isobar_loader comment = 'Isobar: loads raw tables';
create role if not exists isobar_transformer comment = 'Isobar: builds, tests and publishes the marts';
create role if not exists isobar_reader comment = 'Isobar: reads what is published';

-- Of type SERVICE: no password exists that could be guessed, a key pair is the only way in.
create user if not exists isobar_loader type = service default_role = isobar_loader default_warehouse = isobar;
create user if not exists isobar_transformer type = service default_role = isobar_transformer default_warehouse = isobar;
create user if not exists isobar_app type = service default_role = isobar_reader default_warehouse = isobar_read;

-- Setting a key again replaces it. To rotate without a gap, set RSA_PUBLIC_KEY_2 first.
alter user isobar_loader set rsa_public_key = '<LOADER_PUBLIC_KEY>';
alter user isobar_transformer set rsa_public_key = '<TRANSFORMER_PUBLIC_KEY>';
alter user isobar_app set rsa_public_key = '<APP_PUBLIC_KEY>';

use role securityadmin;

grant role isobar_loader to user isobar_loader;
grant role isobar_transformer to user isobar_transformer;
grant role isobar_reader to user isobar_app;
grant role isobar_loader to role isobar_transformer;
-- Administrators see what the roles own.
grant role isobar_transformer to role sysadmin;
grant role isobar_reader to role sysadmin;

-- --- computers and what they may cost --------------------------------------------------------------------------------

use role sysadmin;

-- The smallest size, off after a minute without work: an hourly run keeps it up for some minutes.
create warehouse if not exists isobar
    warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true initially_suspended = true
    statement_timeout_in_seconds = 3600 comment = 'Isobar: loads and builds';
-- Apart, so that readers neither wait for a build nor are paid from its budget.
create warehouse if not exists isobar_read
    warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true initially_suspended = true
    statement_timeout_in_seconds = 120 comment = 'Isobar: the app';

-- Monitors belong to ACCOUNTADMIN. Credits a month: 60 are two hours of the smallest size a day.
use role accountadmin;

create resource monitor if not exists isobar with credit_quota = 60 frequency = monthly start_timestamp = immediately
    triggers on 75 percent do notify on 100 percent do suspend;
create resource monitor if not exists isobar_read with credit_quota = 30 frequency = monthly start_timestamp = immediately
    triggers on 75 percent do notify on 100 percent do suspend;
alter warehouse isobar set resource_monitor = isobar;
alter warehouse isobar_read set resource_monitor = isobar_read;

use role securityadmin;

grant usage on warehouse isobar to role isobar_loader;
grant usage on warehouse isobar to role isobar_transformer;
grant usage on warehouse isobar_read to role isobar_reader;

-- --- databases -------------------------------------------------------------------------------------------------------

use role sysadmin;

-- A day of time travel: the lake keeps the bytes, from which all of it can be made again.
create database if not exists isobar data_retention_time_in_days = 1 comment = 'Isobar: weather';
-- For `isobar snowflake-check` alone, which empties it.
create transient database if not exists isobar_check data_retention_time_in_days = 0 comment = 'Isobar: the live check';

-- One for each source: the folders of ingestion/sources.
create schema if not exists isobar.raw_synop;
create schema if not exists isobar.raw_climat;
create schema if not exists isobar.raw_climatology;
create schema if not exists isobar.raw_meteofrance_vigilance;
create schema if not exists isobar.raw_openweather;

use role securityadmin;

grant usage on database isobar to role isobar_loader;
grant usage on database isobar to role isobar_transformer;
grant usage on database isobar to role isobar_reader;
-- Layers, and the schema that each publication is made in before it is swapped with the one that is shown.
grant create schema on database isobar to role isobar_transformer;
grant usage on database isobar_check to role isobar_transformer;
grant create schema on database isobar_check to role isobar_transformer;

-- Raw tables belong to the loader whoever makes them: files are put into a table's own stage, which its owner alone may.
grant usage on schema isobar.raw_synop to role isobar_loader;
grant usage on schema isobar.raw_climat to role isobar_loader;
grant usage on schema isobar.raw_climatology to role isobar_loader;
grant usage on schema isobar.raw_meteofrance_vigilance to role isobar_loader;
grant usage on schema isobar.raw_openweather to role isobar_loader;
grant create table on schema isobar.raw_synop to role isobar_loader;
grant create table on schema isobar.raw_climat to role isobar_loader;
grant create table on schema isobar.raw_climatology to role isobar_loader;
grant create table on schema isobar.raw_meteofrance_vigilance to role isobar_loader;
grant create table on schema isobar.raw_openweather to role isobar_loader;
grant ownership on future tables in schema isobar.raw_synop to role isobar_loader;
grant ownership on future tables in schema isobar.raw_climat to role isobar_loader;
grant ownership on future tables in schema isobar.raw_climatology to role isobar_loader;
grant ownership on future tables in schema isobar.raw_meteofrance_vigilance to role isobar_loader;
grant ownership on future tables in schema isobar.raw_openweather to role isobar_loader;

-- Nothing is granted to ISOBAR_READER here but the database: each publication grants what it shows (isobar/publish/snowflake.py), on
-- schemas of managed access, where nobody but their owner can grant.

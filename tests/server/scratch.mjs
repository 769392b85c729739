// SPDX-License-Identifier: GPL-3.0-or-later
//
// A database of one's own, for tests that look at the cloud from inside: on "postgres" in the cluster of a
// running test cloud, on "pglite" in this process. Its owner is no superuser, and to nobody is anything
// granted by default, as in new projects.

import { PGlite } from '@electric-sql/pglite';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { loadCluster } from './cluster.mjs';

const SOURCE = path.resolve (import.meta.dirname, '../..');
export const readSource = (name) => fs.readFileSync (path.join (SOURCE, name), 'utf8');

const AUTH = `
do $$
declare
  r text;
begin
  foreach r in array array['anon', 'authenticated', 'service_role', 'psync_owner'] loop
    if not exists (select from pg_roles where rolname = r) then
      execute format ('create role %I nologin', r);
    end if;
  end loop;
end
$$;
alter role service_role bypassrls;
alter role psync_owner bypassrls;
alter schema public owner to psync_owner;
grant usage on schema public to anon, authenticated, service_role;
create schema auth;
create table auth.users (id uuid primary key, email text);
create function auth.uid () returns uuid language sql stable
  as $$ select nullif (current_setting ('request.jwt.claim.sub', true), '')::uuid $$;
grant usage on schema auth to psync_owner, anon, authenticated, service_role;
grant select, references, delete on auth.users to psync_owner;
do $$
begin
  execute format ('grant create on database %I to psync_owner', current_database ());
end
$$;
`;

// How to run a statement: as which role, and for which user.
const begin = (role, user) => `
  select set_config ('request.jwt.claim.sub', '${user ?? ''}', true), set_config ('role', '${role}', true)`;

class Database {
  // Runs SQL of any number of statements as the owner of the cloud, in one transaction; the last one's rows.
  owner (text) { return this.many (`begin; set local role psync_owner; ${text}\n; commit`); }

  // Runs SQL as nobody of the cloud: the superuser, for what the tests themselves need.
  root (text) { return this.many (text); }

  // Runs one statement the way PostgREST does: in a transaction, as a role, for a user.
  as (user, text, values = [], role = 'authenticated') {
    return this.transaction (async (query) => {
      await query (begin (role, user));
      return query (text, values);
    });
  }

  async newUser () {
    const id = crypto.randomUUID ();
    await this.root (`insert into auth.users values ('${id}', 'somebody@example.org')`);
    return id;
  }

  // PostgREST's upsert: the rows that won, by key.
  async upsert (user, table, rows, { keys = ['id'], run = (...args) => this.as (...args) } = {}) {
    const columns = Object.keys (rows[0]).map ((name) => `"${name}"`);
    return run (user, `
      with pgrst_source as (
        insert into public."${table}" (${columns})
        select ${columns} from json_populate_recordset (null::public."${table}", $1::text::json)
        on conflict (user_id, ${keys}) do update set ${columns.map ((c) => `${c} = excluded.${c}`)}
        returning ${keys}, sync_version, run_id)
      select * from pgrst_source`, [JSON.stringify (rows)]);
  }
}

class PgliteDatabase extends Database {
  async many (text) {
    try {
      return (await this.driver.exec (text)).filter ((result) => result.fields.length > 0).at (-1)?.rows ?? [];
    } catch (error) {
      await this.driver.exec ('rollback');
      throw error;
    }
  }

  transaction (body) {
    return this.driver.transaction ((tx) => body (async (text, values) => (await tx.query (text, values)).rows));
  }

  close () { return this.driver.close (); }
}

const plain = (result) => Array.from (result, (row) => ({ ...row }));

class PostgresDatabase extends Database {
  async many (text) {
    const connection = await this.sql.reserve ();
    try {
      const results = await connection.unsafe (text).simple ();
      const sets = results.columns ? [results] : results.filter ((result) => result.columns?.length);
      return plain (sets.at (-1) ?? []);
    } catch (error) {
      await connection.unsafe ('rollback').simple ();
      throw error;
    } finally {
      connection.release ();
    }
  }

  transaction (body) {
    return this.sql.begin ((tx) => body ((text, values) => tx.unsafe (text, values).then (plain)));
  }

  // A transaction that stays open: what another client is in the middle of.
  async open (user, role = 'authenticated') {
    const connection = await this.sql.reserve ();
    const end = async (how) => {
      await connection.unsafe (how).simple ();
      connection.release ();
    };
    await connection.unsafe ('begin').simple ();
    await connection.unsafe (begin (role, user));
    return {
      query: (text, values) => connection.unsafe (text, values).then (plain),
      commit: () => end ('commit'),
      rollback: () => end ('rollback'),
    };
  }

  async close () {
    await this.sql.end ({ timeout: 2 });
    await this.admin.unsafe (`drop database ${this.name} with (force)`);
    await this.admin.end ();
  }
}

// env: what describes the running cloud, for "postgres". Without schema the database has auth alone.
export async function openScratch (driver, env, { schema = readSource ('sql/supabase/schema.sql'), before = '' } = {})
{
  let database;
  if (driver === 'pglite') {
    database = new PgliteDatabase ();
    database.driver = await PGlite.create ({ loadDataDir: await loadCluster () });
  } else {
    const types = { bigint: { to: 20, from: [20], serialize: String, parse: Number } };
    const address = { host: env.PGHOST, port: Number (env.PGPORT), username: 'postgres', onnotice: () => {}, types,
                      connection: { statement_timeout: 60000 } };
    database = new PostgresDatabase ();
    database.name = `scratch_${crypto.randomBytes (6).toString ('hex')}`;
    database.admin = postgres ({ ...address, database: 'postgres', max: 1 });
    await database.admin.unsafe (`create database ${database.name} template template0`);
    database.sql = postgres ({ ...address, database: database.name, max: 24 });
  }
  await database.root (AUTH + before);
  if (schema)
    await database.owner (schema);
  return database;
}

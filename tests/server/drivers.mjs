// SPDX-License-Identifier: GPL-3.0-or-later
//
// The two databases, opened so that values leave and enter as PostgREST would have them (exact.mjs).

import { createPgliteConnection } from '@supabase/lite/pglite';
import { createPostgresConnection } from '@supabase/lite/postgres';
import postgres from 'postgres';
import { loadCluster } from './cluster.mjs';
import { pglitePlainParsers, pgliteTypes, postgresTypes } from './exact.mjs';
import { startPostgres } from './postgres.mjs';

export async function openPglite ()
{
  const connection = await createPgliteConnection ({
    pgliteOptions: { loadDataDir: await loadCluster (), ...pgliteTypes },
  });
  const { driver } = connection;
  await driver.exec (`set timezone = 'UTC'`);
  return {
    connection,
    exec: (text) => driver.exec (text),
    rows: async (text) => (await driver.exec (text, { rowMode: 'array', parsers: pglitePlainParsers }))
      .map (({ rows }) => rows),
    close: () => connection.close (),
    env: {},
  };
}

// The driver takes true, false and arrays that begin with one for booleans, whatever the column is. Wrapped, they
// have the type that the server names, as all values of PostgREST.
const wrap = (value) =>
  typeof (Array.isArray (value) ? value[0] : value) === 'boolean' ? { toJSON: () => value } : value;

function leaveUntyped (client)
{
  const { unsafe, reserve } = client;
  client.unsafe = (text, values, options) => unsafe (text, values?.map (wrap), options);
  if (reserve)
    client.reserve = async () => leaveUntyped (await reserve ());
  return client;
}

export async function openPostgres (directory)
{
  const server = await startPostgres (directory);
  const address = { host: server.host, port: server.port, database: 'postgres', username: 'postgres', onnotice: () => {} };
  const owner = postgres ({ ...address, max: 2, fetch_types: false, types: {} });

  for (let tries = 0; ; tries++) {
    try {
      await owner`select 1`;
      break;
    } catch (error) {
      if (tries === 100)
        throw error;
      await new Promise ((resolve) => setTimeout (resolve, 100));
    }
  }

  const connection = createPostgresConnection ({
    url: `postgres://postgres@localhost:${server.port}/postgres`,
    postgresOptions: { ...address, path: `${server.host}/.s.PGSQL.${server.port}`, types: postgresTypes },
  });
  leaveUntyped (connection.driver);
  return {
    connection,
    exec: (text) => owner.unsafe (text).simple (),
    rows: async (text) => {
      const result = await owner.unsafe (text).raw ().simple ();
      const sets = Array.isArray (result[0]) && Array.isArray (result[0][0]) ? result : [result];
      return sets.map ((rows) => rows.map ((row) => row.map ((value) => value?.toString ())));
    },
    ended: server.ended,
    close: async () => {
      await Promise.all ([connection.close (), owner.end ({ timeout: 1 })]);
      await server.stop ();
    },
    env: {
      PGHOST: server.host, PGPORT: server.port, PGUSER: 'postgres', PGDATABASE: 'postgres',
      DATABASE_URL: `postgresql://postgres@${encodeURIComponent (server.host)}:${server.port}/postgres`,
    },
  };
}

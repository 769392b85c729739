// SPDX-License-Identifier: GPL-3.0-or-later
//
// Waiting: writers of one user for each other, everybody for a writer without a user, nobody for long.

import assert from 'node:assert/strict';
import { readSource } from '../server/scratch.mjs';
import { test } from './tap.mjs';

const insert = (id) => `insert into public.notifications (id) values ('${id}')`;

// How long it took to be refused for waiting too long.
async function refusedAfter (promise)
{
  const began = Date.now ();
  await assert.rejects (promise, { code: '55P03' });
  return Date.now () - began;
}

// So many of the database's sessions wait for a lock.
async function untilWaiting (db, n)
{
  for (;;) {
    const [{ waiting }] = await db.root (`select count(*)::int as waiting from pg_stat_activity
                                           where datname = current_database () and wait_event_type = 'Lock'`);
    if (waiting >= n)
      return;
    await new Promise ((resolve) => setTimeout (resolve, 10));
  }
}

export function testLocks (db)
{
  test ('a writer waits two seconds for another of its user; readers and other users do not wait', async () => {
    const [user, other] = [await db.newUser (), await db.newUser ()];
    const late = await db.open (user);
    await late.query (insert ('late'));
    const refused = refusedAfter (db.as (user, insert ('refused')));
    refused.catch (() => {});
    const began = Date.now ();
    await db.as (other, insert ('free'));
    assert.equal ((await db.as (user, 'select * from public.sync_state')).length, 1);
    assert.ok (Date.now () - began < 1000);
    const waited = await refused;
    assert.ok (waited > 1500 && waited < 4000, `${waited} ms`);
    await late.commit ();
    await db.as (user, insert ('after'));
    const rows = await db.as (user, 'select id from public.notifications order by sync_version');
    assert.deepEqual (rows.map (({ id }) => id), ['late', 'after']);
  });

  test ('who deletes everything waits for a writer of the same user, for two seconds', async () => {
    const user = await db.newUser ();
    const late = await db.open (user);
    await late.query (insert ('late'));
    const waited = await refusedAfter (db.as (user, 'select public.sync_delete_my_data ()'));
    assert.ok (waited > 1500 && waited < 4000, `${waited} ms`);
    await late.commit ();
    assert.deepEqual ((await db.as (user, 'select public.sync_delete_my_data () as answer'))[0].answer, { deleted: 1, left: false });
  });

  test ('a writer without a user stops every writer for two seconds at most, and no reader', async () => {
    const [user, other] = [await db.newUser (), await db.newUser ()];
    const job = await db.open (null, 'service_role');
    await job.query (`insert into public.notifications (user_id, id) values ('${user}', 'job')`);
    const waits = await Promise.all ([user, other].map ((id) => refusedAfter (db.as (id, insert ('refused')))));
    assert.ok (waits.every ((ms) => ms > 1500 && ms < 4000), `${waits} ms`);
    assert.equal ((await db.as (user, 'select * from public.sync_state')).length, 1);
    await job.commit ();
    await db.as (user, insert ('after'));
  });

  test ('a writer without a user gives up after two seconds too, and lets the others on', async () => {
    const [user, other] = [await db.newUser (), await db.newUser ()];
    const late = await db.open (user);
    await late.query (insert ('late'));
    const waited = await refusedAfter (db.as (null, `insert into public.notifications (user_id, id) values ('${user}', 'job')`, [], 'service_role'));
    assert.ok (waited > 1500 && waited < 4000, `${waited} ms`);
    const began = Date.now ();
    await db.as (other, insert ('free'));
    assert.ok (Date.now () - began < 1000);
    await late.commit ();
  });

  test ('code of the owner that writes for another user waits for that user\'s writers', async () => {
    const [caller, owner] = [await db.newUser (), await db.newUser ()];
    await db.owner (`
      create or replace function public.write_for (p_user uuid) returns void language sql security definer set search_path = ''
        as $$ insert into public.notifications (user_id, id) values (p_user, 'for you') $$;
      grant execute on function public.write_for (uuid) to authenticated`);
    const late = await db.open (owner);
    await late.query (insert ('late'));
    const waited = await refusedAfter (db.as (caller, 'select public.write_for ($1)', [owner]));
    assert.ok (waited > 1500 && waited < 4000, `${waited} ms`);
    await late.commit ();
    await db.as (caller, 'select public.write_for ($1)', [owner]);
    const rows = await db.as (owner, 'select id from public.notifications order by sync_version');
    assert.deepEqual (rows.map (({ id }) => id), ['late', 'for you']);
    await db.owner ('drop function public.write_for (uuid)');
  });

  test ('who reads the state or living rows while the script runs waits for it, and neither fails', async () => {
    const user = await db.newUser ();
    for (const view of ['sync_state', 'projects_living']) {
      const last = await db.open (user);
      await last.query ('select * from public.user_settings');
      const script = db.owner (readSource ('sql/supabase/schema.sql'));
      script.catch (() => {});
      await untilWaiting (db, 1);
      const reader = db.as (user, `select * from public.${view}`);
      reader.catch (() => {});
      await untilWaiting (db, 2);
      await last.commit ();
      await script;
      assert.equal ((await reader).length, view === 'sync_state' ? 1 : 0);
    }
  });
}

// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who may do what: grants, row-level security, and what Supabase's advisor asks for.

import assert from 'node:assert/strict';
import { openScratch, readSource } from '../server/scratch.mjs';
import { test } from './tap.mjs';

const DENIED = (error) => (assert.equal (error.code, '42501'), true);
const TABLES = ['notifications', 'projects', 'user_settings'];

export function testAccess (db, driver, env)
{
  test ('a client gets by on what the script grants alone', async () => {
    const user = await db.newUser ();
    for (const table of TABLES) {
      await db.as (user, `insert into public.${table} (id) values ('a'), ('b')`);
      await db.as (user, `update public.${table} set updated_at = now() where id = 'a'`);
      await db.as (user, `delete from public.${table} where id = 'b'`);
      await db.upsert (user, table, [{ id: 'c', base_version: 0, run_id: 'r' }]);
      assert.equal ((await db.as (user, `select * from public.${table}`)).length, 3);
      assert.equal ((await db.as (user, `select * from public.${table}_living`)).length, 2);
      await db.as (user, `select * from public.sync_digest ($1)`, [table]);
      await db.as (user, `select * from public.sync_fetch_now ($1, '[["a"]]')`, [table]);
    }
    await db.upsert (user, 'sync_devices', [{ device_id: 'd', name: 'one' }], { keys: ['device_id'], run: (u, text, values) =>
      db.as (u, text.replaceAll ('returning device_id, sync_version, run_id', 'returning device_id'), values) });
    await db.as (user, `update public.sync_devices set is_active = false where device_id = 'd'`);
    await db.as (user, 'select * from public.sync_state');
    await db.as (user, 'select * from public.sync_state_now ()');
  });

  test ('nobody but a signed-in user reaches anything, and users nothing of the owner\'s', async () => {
    const user = await db.newUser ();
    for (const name of [...TABLES, ...TABLES.map ((t) => `${t}_living`), 'sync_devices', 'sync_state'])
      await assert.rejects (db.as (null, `select * from public.${name}`, [], 'anon'), DENIED, name);
    for (const call of ['sync_state_now ()', `sync_fetch_now ('notifications', '[]')`, `sync_digest ('notifications')`])
      await assert.rejects (db.as (null, `select * from public.${call}`, [], 'anon'), DENIED, call);
    await assert.rejects (db.as (null, `insert into public.notifications (user_id, id) values ('${user}', 'x')`, [], 'anon'), DENIED);
    await assert.rejects (db.as (null, 'select * from sync_private.cloud', [], 'anon'), DENIED);
    for (const call of ['public.sync_purge ()', 'public.sync_new_epoch ()', `sync_private.stamp_rows ('notifications')`])
      await assert.rejects (db.as (user, `select ${call}`), /permission denied for function/, call);
    for (const call of ['public.sync_purge ()', 'public.sync_new_epoch ()'])
      await assert.rejects (db.as (null, `select ${call}`, [], 'anon'), /permission denied for function/, call);
    for (const statement of ['truncate public.notifications', 'update sync_private.cloud set schema_version = 0',
                             'delete from sync_private.horizon', 'insert into public.notifications_living (id) values (1)',
                             `select setval ('sync_private.sync_seq', 1)`])
      await assert.rejects (db.as (user, statement), DENIED, statement);
  });

  test ('what an older project grants to everybody by default is taken back', async () => {
    const old = await openScratch (driver, env, { before: ['tables', 'sequences', 'functions'].map ((objects) =>
      `alter default privileges for role psync_owner in schema public grant all on ${objects} to anon, authenticated, service_role;`).join ('\n') });
    try {
      const user = await old.newUser ();
      await old.as (user, `insert into public.projects (id) values ('a')`);
      for (const name of ['projects', 'projects_living', 'sync_devices', 'sync_state', 'sync_state_now ()', `sync_digest ('projects')`])
        await assert.rejects (old.as (null, `select * from public.${name}`, [], 'anon'), DENIED, name);
      for (const statement of ['truncate public.projects', 'create trigger x before insert on public.projects execute function public.f ()',
                               'select public.sync_purge ()', 'select public.sync_new_epoch ()', `delete from public.projects_living where id = 'a'`])
        await assert.rejects (old.as (user, statement), DENIED, statement);
    } finally {
      await old.close ();
    }
  });

  test ('nobody sees or writes a row of somebody else', async () => {
    const [owner, thief] = [await db.newUser (), await db.newUser ()];
    const [{ sync_version: version }] = await db.upsert (owner, 'notifications', [{ id: 'x', title: 'private', base_version: 0 }]);
    await db.as (owner, `insert into public.sync_devices (device_id, name) values ('d', 'private')`);

    assert.deepEqual (await db.as (thief, 'select * from public.notifications'), []);
    assert.deepEqual (await db.as (thief, 'select * from public.notifications_living'), []);
    assert.deepEqual (await db.as (thief, 'select * from public.sync_devices'), []);
    assert.deepEqual (await db.as (thief, `select * from public.sync_fetch_now ('notifications', '[["x"]]')`), []);
    assert.deepEqual (await db.as (thief, `select * from public.sync_digest ('notifications')`), []);
    const [state] = await db.as (thief, 'select * from public.sync_state');
    assert.deepEqual ([state.user_id, state.heads.notifications, state.devices], [thief, 0, []]);

    assert.deepEqual (await db.as (thief, `update public.notifications set title = 'mine' where id = 'x' returning id`), []);
    assert.deepEqual (await db.as (thief, `delete from public.notifications where id = 'x' returning id`), []);
    for (const base of [null, 0])
      await assert.rejects (db.upsert (thief, 'notifications', [{ user_id: owner, id: 'x', title: 'mine', base_version: base }]), DENIED);
    assert.deepEqual (await db.upsert (thief, 'notifications', [{ user_id: owner, id: 'x', base_version: version }]), []);
    await assert.rejects (db.as (thief, `insert into public.notifications (user_id, id) values ($1, 'y')`, [owner]), DENIED);
    await db.as (thief, `insert into public.notifications (id) values ('z')`);
    await assert.rejects (db.as (thief, `update public.notifications set user_id = $1 where id = 'z'`, [owner]), DENIED);
    await db.upsert (thief, 'notifications', [{ id: 'x', title: 'another x', base_version: 0 }]);

    const rows = await db.as (owner, 'select id, title, sync_version from public.notifications');
    assert.deepEqual (rows.map ((row) => ({ ...row })), [{ id: 'x', title: 'private', sync_version: version }]);
  });

  test ('the advisor has nothing to say', async () => {
    const functions = await db.root (`
      select p.proname, n.nspname, p.prosecdef, coalesce (p.proconfig::text, '') like '%search_path=%' as safe
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
       where n.nspname in ('public', 'sync_private') and p.proname <> 'touch'`);
    assert.ok (functions.length > 15);
    assert.deepEqual (functions.filter (({ safe }) => !safe), []);
    assert.deepEqual (functions.filter (({ prosecdef }) => prosecdef).map (({ proname }) => proname), ['user_gone']);
    const relations = await db.root (`
      select c.relname, c.relkind, c.relrowsecurity, coalesce (c.reloptions::text, '') as options,
             (select count(*) from pg_policy p where p.polrelid = c.oid)::int as policies
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('public', 'sync_private') and c.relkind in ('r', 'v')`);
    assert.ok (relations.length >= 11);
    for (const { relname, relkind, relrowsecurity, options, policies } of relations) {
      if (relkind === 'r')
        assert.ok (relrowsecurity && policies === 1, relname);
      else
        assert.match (options, /security_invoker=true/, relname);
    }
    const script = readSource ('sql/supabase/schema.sql');
    for (const [, table] of script.matchAll (/create table if not exists (\S+) \(/g))
      assert.ok (script.includes (`alter table ${table} enable row level security;`), table);
    assert.doesNotMatch (script, /40001|serialization_failure/);
  });
}

// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the owner of a cloud does: running the script (again, over something else, over an older one),
// deleting accounts, purging, declaring a new epoch.

import assert from 'node:assert/strict';
import { openScratch, readSource } from '../server/scratch.mjs';
import { test } from './tap.mjs';

const SCRIPT = readSource ('sql/supabase/schema.sql');

// Everything that the script makes, as text.
const CATALOG = `
  select string_agg (line, e'\\n' order by line) as text from (
    select 'function ' || pg_get_functiondef (p.oid) || coalesce ((select string_agg (a::text, ',' order by a::text) from unnest (p.proacl) a), '') as line
      from pg_proc p where p.pronamespace in ('public'::regnamespace, 'sync_private'::regnamespace)
    union all
    select 'trigger ' || pg_get_triggerdef (t.oid) from pg_trigger t where not t.tgisinternal
    union all
    select 'relation ' || c.relname || c.relkind::text || coalesce ((select string_agg (a::text, ',' order by a::text) from unnest (c.relacl) a), '') || coalesce (c.reloptions::text, '')
           || c.relrowsecurity || coalesce (pg_get_viewdef (c.oid), '')
      from pg_class c where c.relnamespace in ('public'::regnamespace, 'sync_private'::regnamespace) and c.relkind in ('r', 'v', 'S')
    union all
    select 'column ' || a.attrelid::regclass || a.attname || format_type (a.atttypid, a.atttypmod) || a.attnotnull
           || coalesce (pg_get_expr (d.adbin, d.adrelid), '')
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      join pg_class c on c.oid = a.attrelid
     where c.relnamespace in ('public'::regnamespace, 'sync_private'::regnamespace) and a.attnum > 0 and not a.attisdropped
    union all
    select 'index ' || pg_get_indexdef (i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relnamespace in ('public'::regnamespace, 'sync_private'::regnamespace)
    union all
    select 'policy ' || tablename || policyname || roles::text || cmd || coalesce (qual, '') || coalesce (with_check, '') from pg_policies
    union all
    select 'cloud ' || c::text from sync_private.cloud c
    union all
    select 'table ' || t::text from sync_private.synced_table t
    union all
    select 'sequence ' || last_value from sync_private.sync_seq) all_of_it`;

export function testOwner (db, driver, env)
{
  const catalog = async (database) => (await database.root (CATALOG))[0].text;

  test ('running the script again changes nothing', async () => {
    const user = await db.newUser ();
    const [{ sync_version: version }] = await db.upsert (user, 'projects', [{ id: 'p', base_version: 0 }]);
    const before = await catalog (db);
    assert.ok (before.length > 10000);
    await db.owner (SCRIPT);
    await db.owner (SCRIPT);
    assert.deepEqual ((await catalog (db)).split ('\n').filter ((line) => !before.includes (line)), []);
    assert.equal (await catalog (db), before);
    assert.equal ((await db.as (user, 'select sync_version from public.projects'))[0].sync_version, version);
  });

  test ('views of the owner that read living rows stay, also when a column is added', async () => {
    const user = await db.newUser ();
    const more = SCRIPT.replace ('add column if not exists description text,', '$& add column if not exists colour text,')
                       .replace (/(show_living \('projects'[^)]*)\]/, `$1, 'colour']`);
    await db.owner ('create view public.my_names with (security_invoker = true) as select id, name from public.projects_living; '
                    + 'grant select on public.my_names to authenticated');
    await db.owner (SCRIPT);
    assert.equal (more.split ('colour').length, 3);
    await db.owner (more);
    await db.as (user, `insert into public.projects (id, name, colour) values ('a', 'Garden', 'green')`);
    const rows = async (text) => (await db.as (user, text)).map ((row) => ({ ...row }));
    assert.deepEqual (await rows ('select * from public.my_names'), [{ id: 'a', name: 'Garden' }]);
    assert.deepEqual (await rows ('select colour from public.projects_living'), [{ colour: 'green' }]);
    // Without the column again: then it is made anew, as nothing of the owner's reads it.
    await db.owner ('drop view public.my_names');
    await db.owner (SCRIPT);
    await assert.rejects (db.as (user, 'select colour from public.projects_living'), { code: '42703' });
    await db.owner ('alter table public.projects drop column colour');
  });

  test ('a script older than the cloud is refused', async () => {
    await assert.rejects (db.owner (`update sync_private.cloud set schema_version = 99 where one; ${SCRIPT}`), /newer than this script/);
    assert.equal ((await db.root ('select schema_version from sync_private.cloud'))[0].schema_version, 1);
  });

  test ('a table of the same name that is something else is left alone', async () => {
    const other = await openScratch (driver, env, { schema: null });
    try {
      await other.owner ('create table public.projects (id text primary key, mine int)');
      await assert.rejects (other.owner (SCRIPT), /public\.projects is there already and is no synced table/);
      const columns = await other.root (`select attname from pg_attribute where attrelid = 'public.projects'::regclass and attnum > 0`);
      assert.deepEqual (columns.map (({ attname }) => attname), ['id', 'mine']);
      await other.owner ('drop table public.projects; create table public.projects (user_id uuid, id uuid, primary key (user_id, id))');
      await assert.rejects (other.owner (SCRIPT), /public\.projects is there already and is no synced table/);
      await other.owner (`drop table public.projects; ${SCRIPT}`);
    } finally {
      await other.close ();
    }
  });

  test ('the script upgrades schema 0 in place, to what a new cloud is', async () => {
    const old = await openScratch (driver, env, { schema: readSource ('tests/data/cloud-schema-0.sql') });
    try {
      const user = await old.newUser ();
      const push = (id, base) => old.upsert (user, 'notifications', [{ id, title: 'x', base_version: base }],
        { run: (u, text, values) => old.as (u, text.replaceAll (', run_id', ''), values) });
      const [{ sync_version: version }] = await push ('old', 0);
      const [{ epoch }] = await old.root ('select epoch from sync_private.cloud');
      // A row from before any trigger.
      await old.root (`alter table public.notifications disable trigger user; alter table public.notifications alter sync_version drop not null;
                       insert into public.notifications (user_id, id) values ('${user}', 'unstamped');
                       alter table public.notifications enable trigger user`);
      await old.owner (SCRIPT);

      const [state] = await old.as (user, 'select * from public.sync_state');
      assert.deepEqual ([state.schema_version, state.epoch], [1, epoch]);
      assert.ok (state.heads.notifications > version, 'the row without a version got one');
      const [{ sync_version: later }] = await push ('old', version);
      assert.ok (later > state.heads.notifications);
      assert.equal ((await old.as (user, `select sync_version from public.notifications where sync_version is null`)).length, 0);

      const lines = async (database) => (await catalog (database)).split ('\n').filter ((line) => /^(trigger|index|policy) /.test (line));
      assert.deepEqual (await lines (old), await lines (db));
      const nullable = await old.root (`select attnotnull from pg_attribute where attrelid = 'public.projects'::regclass and attname = 'sync_version'`);
      assert.equal (nullable[0].attnotnull, false);
      await old.as (user, `delete from public.notifications where id = 'old'`);
      assert.ok ((await old.as (user, `select deleted_at from public.notifications where id = 'old'`))[0].deleted_at);
    } finally {
      await old.close ();
    }
  });

  test ('a deleted account leaves nothing', async () => {
    const [user, other] = [await db.newUser (), await db.newUser ()];
    for (const id of [user, other]) {
      for (const table of ['notifications', 'projects', 'user_settings'])
        await db.as (id, `insert into public.${table} (id) values ('a'), ('b')`);
      await db.as (id, `delete from public.notifications where id = 'a'`);
      await db.as (id, `insert into public.sync_devices (device_id) values ('d')`);
      await db.root (`insert into sync_private.horizon values ('${id}', 'notifications', 1)`);
    }
    const left = async (id) => {
      let count = 0;
      for (const table of ['public.notifications', 'public.projects', 'public.user_settings', 'public.sync_devices', 'sync_private.horizon'])
        count += (await db.root (`select 1 from ${table} where user_id = '${id}'`)).length;
      return count;
    };
    assert.equal (await left (user), 8);
    await db.owner (`delete from auth.users where id = '${user}'`);
    assert.equal (await left (user), 0);
    assert.equal (await left (other), 8);
  });

  test ('a user deletes everything of hers, slice by slice, and nothing of anybody else', async () => {
    const [user, other] = [await db.newUser (), await db.newUser ()];
    for (const id of [user, other]) {
      for (const table of ['notifications', 'projects', 'user_settings'])
        await db.as (id, `insert into public.${table} (id) values ('a'), ('b')`);
      await db.as (id, `delete from public.notifications where id = 'a'`);
      await db.as (id, `insert into public.sync_devices (device_id, name, platform, last_version, last_sync_at) values ('d', 'Desk', 'linux', 7, now())`);
    }
    const [before] = await db.as (user, 'select * from public.sync_state');
    const [others] = await db.as (other, 'select epoch, heads, devices from public.sync_state');
    const answers = [];
    do
      answers.push ((await db.as (user, 'select public.sync_delete_my_data (4) as answer'))[0].answer);
    while (answers.at (-1).left);
    assert.deepEqual (answers, [{ deleted: 4, left: true }, { deleted: 2, left: false }]);
    for (const table of ['notifications', 'projects', 'user_settings'])
      assert.equal ((await db.root (`select 1 from public.${table} where user_id = '${user}'`)).length, 0);
    const [after] = await db.as (user, 'select * from public.sync_state');
    assert.deepEqual (after.heads, { notifications: 0, projects: 0, user_settings: 0 });
    assert.notEqual (after.epoch, before.epoch);
    assert.deepEqual (after.devices, [{ device_id: 'd', name: null, platform: null, app_version: null, registered_at: null,
      last_sync_at: null, last_version: null, is_active: false }]);
    assert.deepEqual ((await db.as (other, 'select epoch, heads, devices from public.sync_state'))[0], others);
    // It stays the same life until the next time, and a new epoch of the cloud is one for her too.
    assert.equal ((await db.as (user, 'select epoch from public.sync_state'))[0].epoch, after.epoch);
    await db.owner ('select public.sync_new_epoch ()');
    assert.notEqual ((await db.as (user, 'select epoch from public.sync_state'))[0].epoch, after.epoch);
    await db.as (user, `insert into public.notifications (id) values ('a')`);
    await db.as (user, `delete from public.notifications where id = 'a'`);
    assert.equal ((await db.as (user, 'select 1 from public.notifications where deleted_at is not null')).length, 1, 'a tombstone again');
  });

  test ('nobody who is not signed in deletes anything', async () => {
    await assert.rejects (db.as (null, 'select public.sync_delete_my_data ()', [], 'anon'), { code: '42501' });
    await assert.rejects (db.as (null, 'select public.sync_delete_my_data ()', [], 'service_role'), { code: '42501' });
    await assert.rejects (db.as (null, 'select public.sync_delete_my_data ()', [], 'authenticated'), { code: '42501' });
  });

  test ('the purge takes only old tombstones that every active device has read, and never a newest row', async () => {
    const user = await db.newUser ();
    const age = async (days) => db.root (`
      alter table public.notifications disable trigger user;
      update public.notifications set deleted_at = now() - interval '${days} days' where user_id = '${user}' and deleted_at is not null;
      alter table public.notifications enable trigger user`);
    const ids = async () => (await db.as (user, 'select id from public.notifications order by id')).map (({ id }) => id);
    const purge = async (keep = '') => Number ((await db.owner (`select public.sync_purge (${keep}) as n`))[0].n);
    const horizon = async () => (await db.as (user, 'select horizons from public.sync_state'))[0].horizons.notifications;
    const device = (id, version, active) => db.as (user, `
      insert into public.sync_devices (device_id, last_version, is_active) values ($1, $2, $3)
      on conflict (user_id, device_id) do update set last_version = excluded.last_version, is_active = excluded.is_active`, [id, version, active]);

    for (const id of ['a', 'b', 'c', 'd'])
      await db.as (user, 'insert into public.notifications (id) values ($1)', [id]);
    for (const id of ['a', 'b', 'd'])
      await db.as (user, 'delete from public.notifications where id = $1', [id]);
    const versions = Object.fromEntries ((await db.as (user, 'select id, sync_version from public.notifications'))
      .map (({ id, sync_version }) => [id, sync_version]));

    await age (29);
    assert.equal (await purge (), 0);
    assert.equal (await purge (`interval '1 day'`), 0, 'never below 30 days');
    await age (31);
    assert.equal (await purge (`interval '60 days'`), 0);
    await device ('new', null, true);
    assert.equal (await purge (), 0, 'a device that has read nothing');
    await device ('new', versions.a, true);
    await device ('gone', 0, false);
    assert.equal (await purge (), 1);
    assert.deepEqual (await ids (), ['b', 'c', 'd']);
    assert.equal (await horizon (), versions.a);
    await device ('new', versions.d, true);
    assert.equal (await purge (), 1);
    assert.deepEqual (await ids (), ['c', 'd'], 'the living row, and the newest of all although it is a tombstone');
    assert.equal (await horizon (), versions.b);
    assert.equal ((await db.as (user, 'select heads from public.sync_state'))[0].heads.notifications, versions.d);
    assert.equal (await purge (), 0);
    assert.equal (await horizon (), versions.b);
    // What counts as purged does not come back as a base.
    assert.deepEqual (await db.upsert (user, 'notifications', [{ id: 'a', base_version: versions.a }]), []);
    await db.owner (`select public.sync_purge (); delete from public.notifications where user_id = '${user}' and id = 'c'`);
    assert.ok ((await ids ()).includes ('c'), 'after a purge deletes are tombstones again');
  });

  test ('a cloud that is made anew gives out no version of the one before', async () => {
    const before = Date.now () * 1000;
    const anew = await openScratch (driver, env);
    try {
      const user = await anew.newUser ();
      const [{ sync_version: first }] = await anew.upsert (user, 'projects', [{ id: 'p', base_version: 0 }]);
      // The database may be on another clock than this process.
      assert.ok (Number (first) > before - 60e6 && Number (first) < Date.now () * 1000 + 60e6, `${first}`);
    } finally {
      await anew.close ();
    }
  });

  test ('a new epoch gives out no version a second time', async () => {
    const user = await db.newUser ();
    const [before] = await db.as (user, 'select * from public.sync_state');
    const [{ sync_version: first }] = await db.upsert (user, 'projects', [{ id: 'p', base_version: 0 }]);
    // As a restored backup would be: the sequence is back where it was.
    await db.root (`select setval ('sync_private.sync_seq', 1)`);
    const [{ epoch }] = await db.owner ('select public.sync_new_epoch () as epoch');
    const [after] = await db.as (user, 'select * from public.sync_state');
    assert.equal (after.epoch, epoch);
    assert.notEqual (after.epoch, before.epoch);
    const [{ sync_version: second }] = await db.upsert (user, 'projects', [{ id: 'q', base_version: 0 }]);
    assert.ok (second > first);
    // A sequence that is ahead of the clock stays ahead.
    await db.root (`select setval ('sync_private.sync_seq', ${second + 1e12})`);
    await db.owner ('select public.sync_new_epoch ()');
    const [{ sync_version: third }] = await db.upsert (user, 'projects', [{ id: 'r', base_version: 0 }]);
    assert.ok (third > second + 1e12);
  });
}

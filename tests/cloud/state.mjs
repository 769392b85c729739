// SPDX-License-Identifier: GPL-3.0-or-later
//
// What clients ask: sync_state, rows by key, digests, the living rows.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { test } from './tap.mjs';

const md5 = (text) => crypto.createHash ('md5').update (text).digest ('hex');

export function testState (db)
{
  test ('sync_state tells versions, heads, horizons and devices in one row', async () => {
    const user = await db.newUser ();
    await db.as (user, `insert into public.sync_devices (device_id, name, platform, app_version, last_version)
                        values ('d1', 'Desk', 'linux', '1.0', 42)`);
    await db.upsert (user, 'projects', [{ id: 'p', base_version: 0 }]);
    const [{ sync_version: head }] = await db.upsert (user, 'projects', [{ id: 'q', base_version: 0 }]);
    for (const relation of ['public.sync_state', 'public.sync_state_now ()']) {
      const states = await db.as (user, `select *, abs (extract (epoch from server_time - now()))::float as off from ${relation}`);
      assert.equal (states.length, 1);
      const [state] = states;
      assert.equal (state.schema_version, 1);
      assert.match (state.epoch, /^[0-9a-f-]{36}$/);
      assert.ok (state.off < 5);
      assert.equal (state.user_id, user);
      assert.deepEqual (state.heads, { notifications: 0, projects: head, user_settings: 0 });
      assert.deepEqual (state.horizons, { notifications: 0, projects: 0, user_settings: 0 });
      const [{ registered_at: registered, ...device }] = state.devices;
      assert.ok (Math.abs (Date.now () - new Date (registered)) < 60000);
      assert.deepEqual (device, { device_id: 'd1', name: 'Desk', platform: 'linux', app_version: '1.0', last_sync_at: null,
                                  last_version: 42, is_active: true });
    }
  });

  test ('rows are fetched by key, tombstones too, from synced tables only', async () => {
    const user = await db.newUser ();
    const odd = `a"b'c,d\\e]`;
    await db.as (user, `insert into public.user_settings (id, key, value) values ($1, 'k', '{"n": 12345678901234567890}')`, [odd]);
    await db.as (user, `insert into public.user_settings (id) values ('dead'), ('other')`);
    await db.as (user, `delete from public.user_settings where id = 'dead'`);
    const fetch = (table, keys) => db.as (user, 'select r::text as r from public.sync_fetch_now ($1, $2) r', [table, JSON.stringify (keys)]);
    const rows = (await fetch ('user_settings', [[odd], ['dead'], ['none']])).map (({ r }) => r);
    assert.equal (rows.length, 2);
    assert.ok (rows.some ((r) => r.includes ('12345678901234567890') && JSON.parse (r).id === odd));
    assert.ok (rows.some ((r) => JSON.parse (r).id === 'dead' && JSON.parse (r).deleted_at));
    assert.deepEqual (await fetch ('user_settings', []), []);
    for (const table of ['sync_devices', 'nothing', `notifications" t; --`])
      await assert.rejects (fetch (table, [['x']]), { code: '42P01' });
    await assert.rejects (db.as (user, `select * from public.sync_digest ('sync_devices')`), { code: '42P01' });
  });

  test ('a digest counts and hashes living rows, and narrows by prefix', async () => {
    const user = await db.newUser ();
    const ids = Array.from ({ length: 300 }, (_, n) => `row ${n} é`);
    await db.as (user, `insert into public.notifications (id) select jsonb_array_elements_text ($1::text::jsonb)`, [JSON.stringify (ids)]);
    await db.as (user, `delete from public.notifications where id like 'row 1%'`);
    const rows = await db.as (user, 'select id, sync_version from public.notifications where deleted_at is null');
    assert.ok (rows.length < 300);
    const expected = (prefix) => {
      const buckets = {};
      for (const { id, sync_version: version } of rows) {
        const bucket = md5 (id).slice (0, prefix.length + 1);
        if (!bucket.startsWith (prefix))
          continue;
        buckets[bucket] ??= { n: 0, hash: 0n };
        buckets[bucket].n++;
        buckets[bucket].hash ^= BigInt (`0x${md5 (`${id}\x1f${version}`).slice (0, 15)}`);
      }
      return Object.keys (buckets).sort ().map ((bucket) => [bucket, buckets[bucket].n, String (buckets[bucket].hash)]);
    };
    for (const prefix of ['', 'a', '3f']) {
      const digest = await db.as (user, `select bucket, n::int, hash::text from public.sync_digest ('notifications', $1)`, [prefix]);
      assert.deepEqual (digest.map (({ bucket, n, hash }) => [bucket, n, hash]), expected (prefix));
    }
    assert.deepEqual (await db.as (user, `select * from public.sync_digest ('notifications', 'no hex')`), []);
  });

  test ('the living-rows view hides tombstones', async () => {
    const user = await db.newUser ();
    await db.as (user, `insert into public.projects (id, name) values ('a', 'A'), ('b', 'B')`);
    await db.as (user, `delete from public.projects where id = 'a'`);
    const rows = await db.as (user, 'select * from public.projects_living');
    assert.deepEqual (rows.map (({ id, name }) => [id, name]), [['b', 'B']]);
    assert.ok (!('sync_version' in rows[0]) && !('base_version' in rows[0]));
  });
}

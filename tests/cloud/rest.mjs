// SPDX-License-Identifier: GPL-3.0-or-later
//
// Through the running server: what a client and a web app send, and that values come back as they went.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { test } from './tap.mjs';

export function testRest (db, driver, env)
{
  const call = async (user, method, path, { body, prefer = 'return=representation', key = env.ANON_KEY } = {}) => {
    const reply = await fetch (`${env.URL}${path}`, {
      method,
      headers: {
        apikey: key, 'content-type': 'application/json', prefer,
        ...(user && { authorization: `Bearer ${user.access_token}` }),
      },
      body: typeof body === 'string' || body === undefined ? body : JSON.stringify (body),
    });
    const text = await reply.text ();
    return { status: reply.status, text, json: text ? JSON.parse (text) : null };
  };
  const signUp = async () => {
    const { status, json } = await call (null, 'POST', '/auth/v1/signup',
      { body: { email: `${crypto.randomUUID ()}@example.org`, password: crypto.randomUUID () } });
    assert.equal (status, 200);
    return json;
  };
  const get = (user, path) => call (user, 'GET', `/rest/v1/${path}`);
  const row = async (user, id) => (await get (user, `notifications?id=eq.${id}`)).json[0];
  const push = (user, ...rows) => call (user, 'POST',
    '/rest/v1/notifications?on_conflict=user_id,id&columns=id,title,metadata,created_at,deleted_at,edited_at,base_version,device_id,run_id'
    + '&select=id,sync_version,run_id',
    { prefer: 'resolution=merge-duplicates,return=representation', body: rows });

  test ('a batch answers with the rows that won, and a replay with none', async () => {
    const user = await signUp ();
    const batch = ['a', 'b'].map ((id) => ({ id, title: id, base_version: 0, device_id: 'd', run_id: 'r', not_a_column: 1 }));
    const first = await push (user, ...batch);
    assert.deepEqual (first.json.map (({ id, run_id }) => [id, run_id]), [['a', 'r'], ['b', 'r']]);
    assert.deepEqual ((await push (user, ...batch)).json, []);
    const [a, b] = first.json;
    const second = await push (user, { ...batch[0], base_version: a.sync_version }, { ...batch[1], base_version: b.sync_version - 1 });
    assert.deepEqual (second.json.map (({ id }) => id), ['a']);
    const page = await get (user, `notifications?sync_version=gt.${b.sync_version}&order=sync_version.asc&limit=10&select=id`);
    assert.deepEqual (page.json, [{ id: 'a' }]);
    const echo = await get (user, `notifications?or=(run_id.is.null,run_id.neq.r,sync_version.eq.${b.sync_version})&select=id`);
    assert.deepEqual (echo.json, [{ id: 'b' }]);
  });

  test ('a web app\'s insert, upsert, PATCH and DELETE reach a reader that follows the version', async () => {
    const user = await signUp ();
    let cursor = 0;
    const expectNew = async (expected) => {
      const { json } = await get (user, `notifications?sync_version=gt.${cursor}&order=sync_version.asc`);
      assert.deepEqual (json.map (({ id, title, deleted_at: gone, run_id: run }) => [id, title, gone !== null, run]), expected);
      cursor = json.at (-1).sync_version;
    };
    const path = '/rest/v1/notifications';
    await call (user, 'POST', path, { body: { id: 'w', title: 'inserted' } });
    await expectNew ([['w', 'inserted', false, null]]);
    await call (user, 'POST', path, { body: [{ id: 'w', title: 'upserted' }, { id: 'v', title: 'new' }], prefer: 'resolution=merge-duplicates' });
    await expectNew ([['w', 'upserted', false, null], ['v', 'new', false, null]]);
    await call (user, 'PATCH', `${path}?id=eq.w`, { body: { title: 'patched' } });
    await expectNew ([['w', 'patched', false, null]]);
    await call (user, 'DELETE', `${path}?id=eq.w`);
    await expectNew ([['w', 'patched', true, null]]);
    assert.deepEqual ((await get (user, 'notifications_living?select=id')).json, [{ id: 'v' }]);
    await call (user, 'POST', path, { body: { id: 'w', title: 'revived' } });
    await expectNew ([['w', 'revived', false, null]]);
    await call (user, 'PATCH', `${path}?id=eq.w`, { body: { id: 'x' } });
    await expectNew ([['x', 'revived', false, null], ['w', 'revived', true, null]]);
  });

  test ('a service writes for a user, who reads it', async () => {
    const user = await signUp ();
    const reply = await call (null, 'POST', '/rest/v1/notifications',
      { body: { user_id: user.user.id, id: 's', title: 'from a service' }, key: env.SECRET_KEY });
    assert.equal (reply.status, 201, reply.text);
    assert.equal ((await row (user, 's')).title, 'from a service');
  });

  test ('without a session there is nothing, and with one only one\'s own', async () => {
    const [owner, other] = [await signUp (), await signUp ()];
    await push (owner, { id: 'x', title: 'private', base_version: 0 });
    for (const path of ['notifications', 'notifications_living', 'sync_state', 'sync_devices']) {
      const reply = await get (null, path);
      assert.deepEqual ([reply.status, reply.json.code], [401, '42501'], path);
    }
    assert.equal ((await call (null, 'POST', '/rest/v1/notifications', { body: { id: 'x' } })).json.code, '42501');
    assert.deepEqual ((await get (other, 'notifications')).json, []);
    assert.deepEqual ((await call (other, 'PATCH', '/rest/v1/notifications?id=eq.x', { body: { title: 'stolen' } })).json, []);
    const forged = await call (other, 'POST', '/rest/v1/notifications', { body: { user_id: owner.user.id, id: 'y' } });
    assert.deepEqual ([forged.status, forged.json.code], [403, '42501']);
    assert.equal ((await row (owner, 'x')).title, 'private');
    assert.equal ((await call (other, 'POST', '/rest/v1/rpc/sync_new_epoch', { body: {} })).json.code, '42501');
  });

  test ('state, rows by key and digests are served; devices are plain rows', async () => {
    const user = await signUp ();
    await call (user, 'POST', '/rest/v1/sync_devices?on_conflict=user_id,device_id',
      { body: [{ device_id: 'd', name: 'one', last_version: 1 }], prefer: 'resolution=merge-duplicates' });
    await call (user, 'POST', '/rest/v1/sync_devices?on_conflict=user_id,device_id',
      { body: [{ device_id: 'd', name: 'two' }], prefer: 'resolution=merge-duplicates' });
    await push (user, { id: 'x', base_version: 0 });
    const [state] = (await get (user, 'sync_state')).json;
    const [now] = (await call (user, 'POST', '/rest/v1/rpc/sync_state_now', { body: {} })).json;
    assert.deepEqual ({ ...now, server_time: 0 }, { ...state, server_time: 0 });
    assert.equal (state.heads.notifications, (await row (user, 'x')).sync_version);
    assert.deepEqual (state.devices.map (({ name, last_version: version }) => [name, version]), [['two', 1]]);
    const fetched = await call (user, 'POST', '/rest/v1/rpc/sync_fetch_now', { body: { p_table: 'notifications', p_keys: '[["x"],["y"]]' } });
    assert.deepEqual (fetched.json, [await row (user, 'x')]);
    const digest = await call (user, 'POST', '/rest/v1/rpc/sync_digest', { body: { p_table: 'notifications' } });
    assert.deepEqual (digest.json.map (({ bucket, n }) => [bucket, n]), [['9', 1]]);
    const missing = await call (user, 'POST', '/rest/v1/rpc/sync_fetch_now', { body: { p_table: 'nothing', p_keys: '[]' } });
    assert.equal (missing.status, 404);
  });

  test ('numbers, times and text come back exactly', async () => {
    const user = await signUp ();
    const metadata = '{"big":123456789012345678901234567890,"scale":1.50,"odd":9007199254740993,"text":"\\u0001é\\"{}"}';
    await call (user, 'POST', '/rest/v1/notifications',
      { body: `[{"id":"e","title":"{\\"a\\": 1.0}","content":"00123","metadata":${metadata},"created_at":"2026-01-01T00:00:00.12Z"}]` });
    const { text } = await get (user, 'notifications?select=title,content,metadata,created_at');
    for (const part of ['"title":"{\\"a\\": 1.0}"', '"content":"00123"', '123456789012345678901234567890', '1.50', '9007199254740993',
                        '"created_at":"2026-01-01T00:00:00.12+00:00"'])
      assert.ok (text.includes (part), `${part} in ${text}`);
    await call (user, 'POST', '/rest/v1/sync_devices', { body: '{"device_id":"big","last_version":9223372036854775807}' });
    assert.match ((await get (user, 'sync_devices')).text, /"last_version":9223372036854775807/);
  });

  test ('an answer has at most 1000 rows', async () => {
    const user = await signUp ();
    const rows = Array.from ({ length: 1001 }, (_, n) => ({ id: `row ${n}`, base_version: 0 }));
    assert.equal ((await push (user, ...rows)).json.length, 1001);
    assert.equal ((await get (user, 'notifications?select=id&limit=5000')).json.length, 1000);
  });
}

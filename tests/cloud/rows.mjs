// SPDX-License-Identifier: GPL-3.0-or-later
//
// What happens to rows: compare and set, foreign writers, tombstones, changed keys.

import assert from 'node:assert/strict';
import { test } from './tap.mjs';

const CODE = (code) => (error) => (assert.equal (error.code, code), true);

// One row as the client sends it.
const sent = (id, base, more = {}) => ({
  id, title: 'sent', deleted_at: null, edited_at: '2026-01-01T00:00:00Z', base_version: base, device_id: 'dev', run_id: 'run', ...more,
});

export function testRows (db)
{
  const row = async (user, id, table = 'notifications') =>
    (await db.as (user, `select * from public.${table} where id = $1`, [id]))[0];
  const push = (user, ...rows) => db.upsert (user, 'notifications', rows);

  test ('a push wins only on the version it is based on, and the reply names only winners', async () => {
    const user = await db.newUser ();
    const [first] = await push (user, sent ('there', 0));
    const reply = await push (user,
      sent ('new', 0), sent ('there', 0), sent ('purged', 12345), sent ('below', -1));
    assert.deepEqual (reply.map (({ id }) => id), ['new']);
    assert.deepEqual (await push (user, sent ('there', first.sync_version - 1)), []);
    const [second] = await push (user, sent ('there', first.sync_version, { title: 'second' }));
    assert.ok (second.sync_version > first.sync_version);
    assert.equal (second.run_id, 'run');
    assert.deepEqual (await push (user, sent ('there', first.sync_version, { title: 'late' })), []);
    assert.equal ((await row (user, 'there')).title, 'second');
    assert.equal (await row (user, 'purged'), undefined);
    assert.equal (await row (user, 'below'), undefined);
  });

  test ('a PATCH that names its base version is compare and set too', async () => {
    const user = await db.newUser ();
    const [{ sync_version: version }] = await push (user, sent ('p', 0));
    const patch = (base) => db.as (user, `
      update public.notifications set title = 'patched', base_version = $1, run_id = 'patch' where id = 'p' returning sync_version, run_id`, [base]);
    assert.deepEqual (await patch (version - 1), []);
    const [won] = await patch (version);
    assert.ok (won.sync_version > version && won.run_id === 'patch');
    assert.deepEqual (await patch (version), []);
  });

  test ('of two rows with one key in a batch the second is skipped', async () => {
    const user = await db.newUser ();
    assert.equal ((await push (user, sent ('twice', 0), sent ('twice', 0, { title: 'second' }))).length, 1);
    assert.equal ((await row (user, 'twice')).title, 'sent');
  });

  test ('a stored row keeps what was sent, and never its base version', async () => {
    const user = await db.newUser ();
    await push (user, sent ('kept', 0));
    const stored = await row (user, 'kept');
    assert.equal (stored.base_version, null);
    assert.equal (stored.device_id, 'dev');
    assert.equal (stored.run_id, 'run');
    assert.equal (new Date (stored.edited_at).toISOString (), '2026-01-01T00:00:00.000Z');
    await push (user, sent ('kept', stored.sync_version, { run_id: 'run 2' }));
    assert.deepEqual ((({ base_version, run_id }) => ({ base_version, run_id })) (await row (user, 'kept')),
                      { base_version: null, run_id: 'run 2' });
  });

  test ('no edit lies in the future, and an unknown time stays unknown', async () => {
    const user = await db.newUser ();
    await push (user, sent ('a', 0, { edited_at: '9999-01-01T00:00:00Z' }), sent ('b', 0, { edited_at: 'infinity' }),
                sent ('c', 0, { edited_at: null }));
    const [counts] = await db.as (user, `
      select count(*) filter (where edited_at <= now()) as past, count(*) filter (where edited_at is null) as unknown
        from public.notifications`);
    assert.deepEqual ([Number (counts.past), Number (counts.unknown)], [2, 1]);
  });

  test ('a row that another trigger changed comes back without run_id', async () => {
    const user = await db.newUser ();
    await push (user, sent ('old', 0));
    const { sync_version: base } = await row (user, 'old');
    await db.root (`
      create or replace function public.touch () returns trigger language plpgsql
        as $$ begin new.updated_at := now(); return new; end $$`);
    for (const [name, when] of [['AAA', 'insert'], ['zzz', 'insert'], ['AAA', 'update'], ['zzz', 'update']]) {
      await db.root (`create trigger "${name}_touch" before ${when} on public.notifications for each row
                        when (new.title = 'touch') execute function public.touch ()`);
      const known = (await row (user, 'old')).sync_version;
      const reply = await push (user, sent (`touched ${name} ${when}`, 0, { title: 'touch' }), sent (`left ${name} ${when}`, 0),
                                sent ('old', known, { title: 'touch' }));
      assert.deepEqual (reply.map (({ run_id: run }) => run), [when === 'insert' ? null : 'run', 'run', null]);
      await db.root (`drop trigger "${name}_touch" on public.notifications`);
    }
    const known = (await row (user, 'old')).sync_version;
    assert.ok (known > base);
    assert.equal ((await push (user, sent ('old', known)))[0].run_id, 'run');
  });

  test ('a plain insert, update and upsert are stamped as a foreign writer', async () => {
    const user = await db.newUser ();
    const foreign = async (id, before) => {
      const found = await row (user, id);
      assert.ok (found.sync_version > before);
      assert.deepEqual ([found.base_version, found.device_id, found.run_id], [null, null, null]);
      assert.ok (Date.now () - new Date (found.edited_at) < 60000);
      return found.sync_version;
    };
    await db.as (user, `insert into public.notifications (id, title) values ('web', 'inserted')`);
    let version = await foreign ('web', 0);
    const [{ sync_version: pushed }] = await push (user, sent ('web', version));
    await db.as (user, `update public.notifications set title = 'updated' where id = 'web'`);
    version = await foreign ('web', pushed);
    await db.upsert (user, 'notifications', [{ id: 'web', title: 'upserted' }]);
    version = await foreign ('web', version);
    // What select * gave, sent back whole.
    await push (user, sent ('web', version));
    const whole = await row (user, 'web');
    await db.upsert (user, 'notifications', [{ ...whole, title: 'whole', edited_at: '9999-01-01' }]);
    await foreign ('web', whole.sync_version);
    assert.equal ((await row (user, 'web')).title, 'whole');
  });

  test ('a deleted row stays as a tombstone with a version, and a second delete changes nothing', async () => {
    const user = await db.newUser ();
    const [{ sync_version: before }] = await push (user, sent ('gone', 0));
    await db.as (user, `delete from public.notifications where id = 'gone'`);
    const tombstone = await row (user, 'gone');
    assert.ok (tombstone.deleted_at && tombstone.sync_version > before);
    assert.deepEqual ([tombstone.run_id, tombstone.device_id], [null, null]);
    await db.as (user, `delete from public.notifications where id = 'gone'`);
    assert.equal ((await row (user, 'gone')).sync_version, tombstone.sync_version);
  });

  test ('a foreign insert and upsert revive a deleted key, with nothing of the old row', async () => {
    const user = await db.newUser ();
    for (const revive of [
      () => db.as (user, `insert into public.notifications (id, title) values ('back', 'new')`),
      () => db.upsert (user, 'notifications', [{ id: 'back', title: 'new' }]),
    ]) {
      await db.as (user, `insert into public.notifications (id, content) values ('back', 'old') on conflict do nothing`);
      await db.as (user, `delete from public.notifications where id = 'back'`);
      const tombstone = await row (user, 'back');
      await revive ();
      const living = await row (user, 'back');
      assert.deepEqual ([living.deleted_at, living.title, living.content], [null, 'new', null]);
      assert.ok (living.sync_version > tombstone.sync_version);
    }
    await assert.rejects (db.as (user, `insert into public.notifications (id) values ('back')`), CODE ('23505'));
  });

  test ('making room for a revived row lets no other row go', async () => {
    const user = await db.newUser ();
    await db.as (user, `insert into public.notifications (id) values ('back'), ('other')`);
    await db.as (user, `delete from public.notifications where id = 'back'`);
    await db.transaction (async (query) => {
      await query (`select set_config ('request.jwt.claim.sub', '${user}', true), set_config ('role', 'authenticated', true)`);
      await query (`insert into public.notifications (id) values ('back')`);
      await query (`delete from public.notifications where id = 'other'`);
    });
    assert.ok ((await row (user, 'other')).deleted_at);
  });

  test ('the tombstone of a row that is skipped after all stays', async () => {
    const user = await db.newUser ();
    const deleted = async () => {
      await db.as (user, `insert into public.notifications (id, title, content) values ('back', 'old', 'old') on conflict do nothing`);
      await db.as (user, `delete from public.notifications where id = 'back'`);
      return row (user, 'back');
    };
    const stays = async (tombstone) => {
      const after = await row (user, 'back');
      assert.ok (after.deleted_at, 'the tombstone is there');
      assert.ok (after.sync_version >= tombstone.sync_version);
      assert.deepEqual ([after.title, after.content, after.run_id], ['old', 'old', null]);
    };
    await db.root (`
      create unique index one_category on public.notifications (user_id, category) where deleted_at is null;
      create function public.veto () returns trigger language plpgsql as $$ begin
        if new.type = 'veto' then return null; end if;
        if new.type = 'other' then new.id := 'elsewhere'; end if;
        if new.type = 'alone' then update public.notifications set status = 'old' where id = 'there'; end if;
        return new; end $$;
      create trigger veto before insert or update on public.notifications for each row execute function public.veto ()`);
    try {
      await db.as (user, `insert into public.notifications (id, category) values ('there', 'one'), ('moving', 'two')`);
      for (const write of [
        `insert into public.notifications (id, category) values ('back', 'one') on conflict do nothing`,
        `insert into public.notifications (id, category) values ('fresh', 'three'), ('back', 'one') on conflict do nothing`,
        `insert into public.notifications (id, category) values ('back', 'one')
           on conflict (user_id, category) where deleted_at is null do update set title = excluded.title`,
        `insert into public.notifications (id, type) values ('back', 'veto')`,
        `insert into public.notifications (id, type) values ('back', 'other')`,
        `update public.notifications set id = 'back', type = 'veto' where id = 'moving'`,
      ]) {
        const tombstone = await deleted ();
        await db.as (user, write);
        await stays (tombstone);
      }
      const tombstone = await deleted ();
      await db.as (null, `insert into public.notifications (user_id, id, type) values ('${user}', 'back', 'veto')`, [], 'service_role');
      await stays (tombstone);
      // A statement within the one that brings the row does not take its tombstone for one that is needed.
      await db.as (user, `insert into public.notifications (id, type) values ('back', 'alone')`);
      assert.equal ((await row (user, 'back')).deleted_at, null);
      assert.equal ((await row (user, 'there')).status, 'old');
    } finally {
      await db.root (`drop trigger veto on public.notifications; drop function public.veto (); drop index public.one_category`);
    }
    assert.deepEqual (await db.root ('select * from sync_private.room'), []);
  });

  test ('our own push revives a deleted key only knowing of its tombstone', async () => {
    const user = await db.newUser ();
    await push (user, sent ('back', 0));
    await db.as (user, `delete from public.notifications where id = 'back'`);
    const { sync_version: tombstone } = await row (user, 'back');
    assert.deepEqual (await push (user, sent ('back', 0)), []);
    assert.equal ((await push (user, sent ('back', tombstone))).length, 1);
    assert.equal ((await row (user, 'back')).deleted_at, null);
  });

  test ('a pushed tombstone is dated by the server', async () => {
    const user = await db.newUser ();
    await push (user, sent ('dead', 0, { deleted_at: '1999-01-01T00:00:00Z' }));
    assert.ok (Date.now () - new Date ((await row (user, 'dead')).deleted_at) < 60000);
  });

  test ('a changed key leaves a tombstone under the old one', async () => {
    const user = await db.newUser ();
    await push (user, sent ('from', 0));
    await db.as (user, `insert into public.notifications (id) values ('taken')`);
    await db.as (user, `delete from public.notifications where id = 'taken'`);
    for (const [from, to] of [['from', 'to'], ['to', 'taken']]) {
      const [{ sync_version: before }] = await db.as (user, `select max(sync_version) as sync_version from public.notifications`);
      await db.as (user, `update public.notifications set id = $2 where id = $1`, [from, to]);
      const [old, moved] = [await row (user, from), await row (user, to)];
      assert.ok (old.deleted_at && old.sync_version > before);
      assert.ok (!moved.deleted_at && moved.sync_version > before);
      assert.equal (moved.title, 'sent');
    }
    assert.ok ((await row (user, 'from')).deleted_at);
  });

  test ('keys that move along a chain leave one tombstone, at its end', async () => {
    const user = await db.newUser ();
    await push (user, sent ('2', 0), sent ('3', 0));
    await db.as (user, `update public.notifications set id = (id::int - 1)::text where id in ('2', '3')`);
    const rows = await db.as (user, `select id, deleted_at is null as living from public.notifications order by id`);
    assert.deepEqual (rows.map (({ id, living }) => [id, living]), [['1', true], ['2', true], ['3', false]]);
  });

  test ('TRUNCATE is refused', async () => {
    await assert.rejects (db.owner ('truncate public.notifications'), CODE ('0A000'));
    await assert.rejects (db.root ('truncate auth.users cascade'), CODE ('0A000'));
  });

  test ('a writer without a user may write anybody\'s rows, and they are stamped', async () => {
    const user = await db.newUser ();
    const [{ sync_version: before }] = await push (user, sent ('mine', 0));
    await db.as (null, `update public.notifications set title = 'by the owner' where user_id = $1`, [user], 'service_role');
    const after = await row (user, 'mine');
    assert.ok (after.sync_version > before && after.run_id === null && after.title === 'by the owner');
    const other = await db.newUser ();
    await db.as (null, `update public.notifications set user_id = $2 where user_id = $1`, [user, other], 'service_role');
    assert.ok ((await row (user, 'mine')).deleted_at);
    assert.equal ((await row (other, 'mine')).title, 'by the owner');
  });
}

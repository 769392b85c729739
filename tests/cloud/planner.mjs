// SPDX-License-Identifier: GPL-3.0-or-later
//
// A user whom the table's statistics do not know must not make the planner take the wrong index.

import assert from 'node:assert/strict';
import { openScratch } from '../server/scratch.mjs';
import { test } from './tap.mjs';

const BATCHES = 25;

const median = (numbers) => numbers.toSorted ((a, b) => a - b)[Math.floor (numbers.length / 2)];

const indexesOf = (node) => [node['Index Name'], ...(node.Plans ?? []).flatMap (indexesOf)].filter (Boolean);

export function testPlanner (_, driver, env)
{
  // A database without other tests' users, so that the statistics know three users and no more.
  let db, seeded;
  // PGlite is slow.
  const others = driver === 'pglite' ? 100000 : 300000;

  const LOOKUP = `select t.sync_version, t.deleted_at from public.notifications t where t.user_id = $1::uuid and t.id = $2::text`;
  const HEAD = 'select max (sync_version) from public.notifications where user_id = $1::uuid';
  const PAGE = 'select * from public.notifications where sync_version > $1::bigint order by sync_version limit 1000';

  // The plan that a trigger's cached statement has, or that PostgREST's has each time.
  const planned = async (user, statement, values, mode, as = 'authenticated') => db.transaction (async (query) => {
    await query (`select set_config ('request.jwt.claim.sub', '${user}', true), set_config ('role', '${as}', true)`);
    await query (`set local plan_cache_mode = force_${mode}_plan`);
    await query (`prepare a_statement as ${statement}`);
    const [plan] = await query (`explain (format json) execute a_statement (${values})`);
    await query ('deallocate a_statement');
    return indexesOf (plan['QUERY PLAN'][0].Plan);
  });

  test (`a new user's seed stays linear in a table of ${others} rows of others`, async () => {
    db = await openScratch (driver, env);
    for (let n = 0; n < 3; n++) {
      const other = await db.newUser ();
      await db.root (`
        alter table public.notifications disable trigger user;
        insert into public.notifications (user_id, id, title, edited_at, sync_version)
          select '${other}', md5 (i::text), 'title ' || i, now(), i from generate_series (${n}, ${others - 1}, 3) i;
        alter table public.notifications enable trigger user`);
    }
    await db.root ('analyze public.notifications; alter table public.notifications set (autovacuum_enabled = false)');
    const user = await db.newUser ();
    const times = [];
    for (let batch = 0; batch < BATCHES; batch++) {
      const rows = Array.from ({ length: 1000 }, (_, n) => ({
        id: `new ${batch * 1000 + n}`, title: 'seeded', deleted_at: null, edited_at: null, base_version: 0, device_id: 'd', run_id: 'r',
      }));
      const began = performance.now ();
      assert.equal ((await db.upsert (user, 'notifications', rows)).length, 1000);
      times.push (performance.now () - began);
    }
    const [first, last] = [median (times.slice (0, 5)), median (times.slice (-5))];
    console.log (`# first batches ${first.toFixed (0)} ms, last ${last.toFixed (0)} ms`);
    assert.ok (last < 3 * first + 50, `${times.map (Math.round)}`);
    seeded = user;
  });

  test ('lookups by key use the primary key, heads and pages the version index, whatever is known of the user', async () => {
    const stranger = await db.newUser ();
    for (const user of [seeded, stranger]) {
      const values = `'${user}', 'new 1'`;
      for (const mode of ['generic', 'custom']) {
        for (const role of ['authenticated', 'psync_owner'])
          assert.deepEqual (await planned (user, LOOKUP, values, mode, role), ['notifications_pkey'], `lookup, ${mode}, ${role}`);
        assert.deepEqual (await planned (user, HEAD, `'${user}'`, mode),
                          ['notifications_sync_version'], `head, ${mode}`);
      }
      assert.deepEqual (await planned (user, PAGE, '0', 'custom'), ['notifications_sync_version'], 'page');
    }
  });

  test ('an index without the predicate would be taken for the lookup, so this test can fail', async () => {
    await db.root ('create index bait on public.notifications (user_id, sync_version)');
    const user = await db.newUser ();
    const used = await planned (user, LOOKUP,
                                `'${user}', 'x'`, 'custom', 'psync_owner');
    await db.close ();
    assert.deepEqual (used, ['bait']);
  });
}

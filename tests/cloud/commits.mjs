// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writers of one user whose transactions commit late, a reader that follows the version, and writers who go
// on while the schema is upgraded under them.

import assert from 'node:assert/strict';
import { openScratch, readSource } from '../server/scratch.mjs';
import { makeRandom, test } from './tap.mjs';

const SECONDS = Number (process.env.PSYNC_TEST_SECONDS ?? 15);
const WRITERS = 8;
const SHARED = 4;
const LATER = ['55P03'];

const sleep = (ms) => new Promise ((resolve) => setTimeout (resolve, ms));

// A reader that remembers the greatest value of a column and asks for what is above it.
class Reader {
  constructor (db, user, column, type, lowest) {
    Object.assign (this, { db, user, column, type, cursor: lowest, seen: new Map () });
  }

  async pull () {
    for (;;) {
      const page = await this.db.as (this.user, `
        select id, sync_version, ${this.column}::text as cursor from public.notifications
         where ${this.column} > $1::text::${this.type} order by ${this.column} limit 100`, [this.cursor]);
      for (const { id, sync_version: version, cursor } of page) {
        this.seen.set (id, version);
        this.cursor = cursor;
      }
      if (page.length === 0)
        return;
    }
  }

  async missed () {
    await this.pull ();
    const rows = await this.db.as (this.user, 'select id, sync_version from public.notifications');
    return rows.filter (({ id, sync_version: version }) => this.seen.get (id) !== version).length;
  }
}

// One transaction that is open for a while; false when it was told to come later.
async function transaction (db, user, counts, body, { role = 'authenticated', late = 0 } = {})
{
  const tx = await db.open (user, role);
  try {
    await body (tx);
    await sleep (late);
    await tx.commit ();
    counts.committed++;
    return true;
  } catch (error) {
    await tx.rollback ();
    if (!LATER.includes (error.code))
      throw error;
    counts.later++;
    return false;
  }
}

export function testCommits (db)
{
  test (`${WRITERS} writers that commit late for ${SECONDS} s: a cursor on the version misses nothing, nobody wins twice`, async () => {
    const random = makeRandom ();
    const user = await db.newUser ();
    const counts = { committed: 0, later: 0, won: 0, lost: 0 };
    const wins = new Set (), inserted = new Set ();
    const end = Date.now () + SECONDS * 1000;
    const late = () => random () < 0.03 ? 1500 * random () : 15 * random ();
    const sharedId = () => `shared ${Math.floor (SHARED * random ())}`;

    const compareAndSet = async (name) => {
      const id = sharedId ();
      const [known] = await db.as (user, 'select sync_version from public.notifications where id = $1', [id]);
      const base = known?.sync_version ?? 0;
      let won;
      const committed = await transaction (db, user, counts, async (tx) => {
        [won] = await db.upsert (user, 'notifications', [{
          id, title: name, updated_at: new Date (), deleted_at: null, base_version: base, device_id: name, run_id: name,
        }], { run: (_, text, values) => tx.query (text, values) });
      }, { late: late () });
      if (!committed)
        return;
      counts[won ? 'won' : 'lost']++;
      assert.ok (!won || !wins.has (`${id} ${base}`), `two winners on version ${base}`);
      if (won)
        wins.add (`${id} ${base}`);
    };

    const insertNew = async (name) => {
      const id = `${name} ${counts.committed} ${random ()}`;
      if (await transaction (db, user, counts, async (tx) => {
        await sleep (20 * random ());
        await tx.query ('insert into public.notifications (id, updated_at) values ($1, now())', [id]);
      }, { late: late () }))
        inserted.add (id);
    };

    const changeShared = (statement) => transaction (db, user, counts,
      (tx) => tx.query (statement, [sharedId ()]), { late: late () });

    const write = async (name) => {
      while (Date.now () < end) {
        const dice = random ();
        if (dice < 0.4)
          await insertNew (name);
        else if (dice < 0.8)
          await compareAndSet (name);
        else if (dice < 0.9)
          await changeShared (`update public.notifications set title = 'patched', updated_at = now() where id = $1`);
        else
          await changeShared ('delete from public.notifications where id = $1');
      }
    };

    const writeWithoutUser = async () => {
      while (Date.now () < end) {
        await transaction (db, null, counts, (tx) => tx.query (
          `update public.notifications set title = 'job', updated_at = now() where user_id = $1 and id = $2`, [user, sharedId ()]),
          { role: 'service_role', late: 20 * random () });
        await sleep (400);
      }
    };

    const byVersion = new Reader (db, user, 'sync_version', 'bigint', '0');
    const byTime = new Reader (db, user, 'updated_at', 'timestamptz', '2000-01-01');
    const read = async (reader) => {
      while (Date.now () < end) {
        await reader.pull ();
        await sleep (5);
      }
    };

    await Promise.all ([...Array.from ({ length: WRITERS }, (_, n) => write (`writer ${n}`)), writeWithoutUser (),
                        read (byVersion), read (byTime)]);
    const [missed, missedByTime] = [await byVersion.missed (), await byTime.missed ()];
    console.log (`# ${JSON.stringify ({ ...counts, rows: byVersion.seen.size, missed, missedByTime })}`);
    assert.equal (missed, 0);
    assert.ok (missedByTime > 0, 'a cursor on updated_at misses some: the writers really commit late');
    assert.ok (counts.won > 10 && counts.lost > 0 && counts.committed > 100);
    for (const id of inserted)
      assert.ok (byVersion.seen.has (id), 'what was committed is there');
    const [{ deadlocks }] = await db.root ('select deadlocks::int from pg_stat_database where datname = current_database ()');
    assert.equal (deadlocks, 0);
  });
}

export function testLiveUpgrade (db, driver, env)
{
  test ('clients of schema 0 go on while the script upgrades the cloud', async () => {
    const old = await openScratch (driver, env, { schema: readSource ('tests/data/cloud-schema-0.sql') });
    try {
      const users = [await old.newUser (), await old.newUser ()];
      const readers = users.map ((user) => new Reader (old, user, 'sync_version', 'bigint', '0'));
      const counts = { committed: 0, later: 0 };
      const acknowledged = [];
      let stop = false, upgraded = false, after = 0;
      const write = async (user, name) => {
        for (let n = 0; !stop; n++) {
          const id = `${name} ${n}`;
          const done = await transaction (old, user, counts, async (tx) => {
            const [row] = await tx.query (`
              insert into public.notifications (id, title, base_version, device_id) values ($1, 'x', 0, 'old')
              on conflict (user_id, id) do update set title = excluded.title, base_version = excluded.base_version
              returning sync_version`, [id]);
            assert.ok (row.sync_version > 0);
          }, { late: n % 5 });
          if (done)
            acknowledged.push (id);
          after += upgraded && done;
        }
      };
      const read = async (reader) => {
        for (; !stop; await sleep (5))
          await reader.pull ();
      };
      const upgrade = async () => {
        await sleep (500);
        await old.owner (readSource ('sql/supabase/schema.sql'));
        upgraded = true;
        await sleep (700);
        stop = true;
      };
      await Promise.all ([upgrade (), ...readers.map (read), ...users.flatMap ((user, u) => [0, 1].map ((n) => write (user, `${u}.${n}`)))]);
      assert.ok (after > 5 && acknowledged.length > after + 5);
      for (const reader of readers)
        assert.equal (await reader.missed (), 0);
      const stored = new Set (readers.flatMap (({ seen }) => [...seen.keys ()]));
      assert.deepEqual (acknowledged.filter ((id) => !stored.has (id)), []);
      assert.equal ((await old.as (users[0], 'select schema_version from public.sync_state'))[0].schema_version, 1);
    } finally {
      await old.close ();
    }
  });
}

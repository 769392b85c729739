// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writers of one user whose transactions commit late, and three readers that each follow a cursor: a time of
// the last change, a plain sequence, and our version. Counts the rows that each of them never saw, or has in
// an old state, when all is still.
// Usage: late-commits.mjs SECONDS CLOUD-ENV [OUTPUT]

import fs from 'node:fs';
import { openScratch } from '../server/scratch.mjs';
import { makeRandom } from '../cloud/tap.mjs';
import { readEnv } from '../cloud/env.mjs';

const [seconds, envFile, output] = [Number (process.argv[2]), process.argv[3], process.argv[4]];
const WRITERS = 8;
const LONGEST = 1500;
const sleep = (ms) => new Promise ((resolve) => setTimeout (resolve, ms));

const random = makeRandom ();
const db = await openScratch ('postgres', readEnv (envFile));

// The two usual ways, beside ours: the same columns, row-level security and keys, without our triggers.
await db.owner (`
  create sequence public.plain_seq;
  create table public.plain (
    user_id uuid not null default auth.uid (), id text, title text,
    updated_at timestamptz not null default clock_timestamp (), number bigint not null default nextval ('public.plain_seq'),
    primary key (user_id, id));
  alter table public.plain enable row level security;
  create policy mine on public.plain for all to authenticated using ((select auth.uid ()) = user_id);
  grant select, insert, update on public.plain to authenticated;
  grant usage on sequence public.plain_seq to authenticated;
  create function public.touch () returns trigger language plpgsql as $$
  begin
    new.updated_at := clock_timestamp ();
    new.number := nextval ('public.plain_seq');
    return new;
  end
  $$;
  create trigger touch before update on public.plain for each row execute function public.touch ();
`);

// Remembers the greatest value of a column and asks for what is above it.
class Reader {
  constructor (user, table, column, type, lowest) {
    Object.assign (this, { user, table, column, type, cursor: lowest, seen: new Map () });
  }

  async pull () {
    for (;;) {
      const page = await db.as (this.user, `
        select id, title, ${this.column}::text as cursor from public.${this.table}
         where ${this.column} > $1::text::${this.type} order by ${this.column} limit 1000`, [this.cursor]);
      for (const { id, title, cursor } of page) {
        this.seen.set (id, title);
        this.cursor = cursor;
      }
      if (page.length === 0)
        return;
    }
  }

  async compare () {
    await this.pull ();
    const rows = await db.as (this.user, `select id, title from public.${this.table}`);
    const missed = rows.filter (({ id }) => !this.seen.has (id)).length;
    const stale = rows.filter (({ id, title }) => this.seen.has (id) && this.seen.get (id) !== title).length;
    return { rows: rows.length, missed, stale };
  }
}

async function play (table, readers, user)
{
  const end = Date.now () + seconds * 1000;
  let transactions = 0;
  const late = () => random () < 0.05 ? LONGEST * random () : 15 * random ();

  const write = async (name) => {
    const mine = [];
    while (Date.now () < end) {
      const old = mine.length > 0 && random () < 0.3 ? mine[Math.floor (random () * mine.length)] : null;
      const id = old ?? `${name} ${mine.length}`;
      const tx = await db.open (user, 'authenticated');
      try {
        await tx.query (old ? `update public.${table} set title = $2 where id = $1`
                            : `insert into public.${table} (id, title) values ($1, $2)`, [id, `${random ()}`]);
        await sleep (late ());
        await tx.commit ();
        transactions++;
        if (!old)
          mine.push (id);
      } catch (error) {
        await tx.rollback ();
        if (error.code !== '55P03')
          throw error;
      }
    }
  };
  const read = async (reader) => {
    for (; Date.now () < end; await sleep (5))
      await reader.pull ();
  };
  await Promise.all ([...Array.from ({ length: WRITERS }, (_, n) => write (`writer ${n}`)), ...readers.map (read)]);
  return transactions;
}

const user = await db.newUser ();
const byTime = new Reader (user, 'plain', 'updated_at', 'timestamptz', '2000-01-01');
const bySequence = new Reader (user, 'plain', 'number', 'bigint', '0');
const byVersion = new Reader (user, 'notifications', 'sync_version', 'bigint', '0');
const [plain, ours] = await Promise.all ([play ('plain', [byTime, bySequence], user), play ('notifications', [byVersion], user)]);
const figures = {
  writers: WRITERS, seconds, longest_ms: LONGEST,
  updated_at: { transactions: plain, ...await byTime.compare () },
  sequence: { transactions: plain, ...await bySequence.compare () },
  version: { transactions: ours, ...await byVersion.compare () },
};
await db.close ();
for (const [name, { transactions, rows, missed, stale }] of Object.entries (figures).filter (([, value]) => typeof value === 'object'))
  console.log (`${name.padEnd (12)} ${transactions} transactions, ${rows} rows: ${missed} missed, ${stale} stale`);
if (output)
  fs.writeFileSync (output, JSON.stringify (figures, null, 2) + '\n');
process.exit (figures.version.missed + figures.version.stale > 0 ? 1 : 0);

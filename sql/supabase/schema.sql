-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- Progressive Sync: the cloud side, for Supabase or any PostgreSQL 15 or newer with Supabase's auth schema.
-- Paste all of it into the SQL editor and run it; run it again after an update of Progressive Sync or after
-- adding a table. It changes nothing that is already as it should be, and clients may go on working meanwhile.
-- sql/README.md in the source explains why each rule is there.

do $$
declare
  installed int;
begin
  if to_regclass ('sync_private.cloud') is not null then
    execute 'select schema_version from sync_private.cloud' into installed;
    if installed > 1 then
      raise exception 'this cloud has sync schema %, newer than this script (1)', installed
        using hint = 'Use the script of the newest Progressive Sync.';
    end if;
  end if;
end
$$;

-- First the views: a reader has locked the view before the tables in it. The other way round, the script and a
-- client that looks for news would wait for each other.
drop function if exists public.sync_state_now ();
drop view if exists public.sync_state;
alter view if exists public.notifications_living set (security_invoker = true);
alter view if exists public.projects_living set (security_invoker = true);
alter view if exists public.user_settings_living set (security_invoker = true);

---------------------------------------------------------------------------------------------------------
-- What belongs to the cloud as a whole
---------------------------------------------------------------------------------------------------------

-- Not among the exposed schemas, so nothing in it can be called or read through the API by itself.
create schema if not exists sync_private;
revoke all on schema sync_private from public, anon;
grant usage on schema sync_private to authenticated, service_role;

-- The version of the script, and which copy of the data this is (a new epoch after a restore).
create table if not exists sync_private.cloud (
  one boolean primary key default true check (one),
  schema_version int not null,
  epoch uuid not null default gen_random_uuid ()
);
alter table sync_private.cloud enable row level security;
drop policy if exists sync_read on sync_private.cloud;
create policy sync_read on sync_private.cloud for select to authenticated using (true);
revoke all on sync_private.cloud from public, anon, authenticated, service_role;
grant select on sync_private.cloud to authenticated, service_role;

-- The synced tables, in the order in which every script and function locks them.
create table if not exists sync_private.synced_table (
  name text primary key,
  position int not null,
  key_columns text[] not null,
  key_types text[] not null
);
alter table sync_private.synced_table enable row level security;
drop policy if exists sync_read on sync_private.synced_table;
create policy sync_read on sync_private.synced_table for select to authenticated using (true);
revoke all on sync_private.synced_table from public, anon, authenticated, service_role;
grant select on sync_private.synced_table to authenticated, service_role;

-- The highest version that the purge took away, per user and table.
create table if not exists sync_private.horizon (
  user_id uuid not null references auth.users (id) on delete cascade,
  table_name text not null,
  version bigint not null,
  primary key (user_id, table_name)
);
alter table sync_private.horizon enable row level security;
drop policy if exists sync_owner on sync_private.horizon;
create policy sync_owner on sync_private.horizon for select to authenticated
  using ((select auth.uid ()) = user_id);
revoke all on sync_private.horizon from public, anon, authenticated, service_role;
grant select on sync_private.horizon to authenticated, service_role;

-- Which life a user's data is in, beside the cloud's own epoch: another one after she deleted all of it.
create table if not exists sync_private.user_epoch (
  user_id uuid primary key references auth.users (id) on delete cascade,
  epoch uuid not null
);
alter table sync_private.user_epoch enable row level security;
drop policy if exists sync_owner on sync_private.user_epoch;
create policy sync_owner on sync_private.user_epoch for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
revoke all on sync_private.user_epoch from public, anon, authenticated, service_role;
grant select, insert, update on sync_private.user_epoch to authenticated;
grant select on sync_private.user_epoch to service_role;

-- Tombstones that made room for a row, until the end of the statement that writes it: if something else (another
-- unique index, a trigger of the owner) lets the row be skipped after all, its tombstone is needed again.
create unlogged table if not exists sync_private.room (
  transaction xid8 not null,
  depth int not null,
  user_id uuid not null,
  table_name text not null,
  tombstone jsonb not null
);
alter table sync_private.room enable row level security;
drop policy if exists sync_owner on sync_private.room;
create policy sync_owner on sync_private.room for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
revoke all on sync_private.room from public, anon, authenticated, service_role;
grant select, insert, delete on sync_private.room to authenticated, service_role;

-- Versions start at the clock in microseconds, so that a cloud that was lost and made anew never gives one
-- out twice. No cache: numbers kept by a connection would be handed out in another order than the commits.
do $$
begin
  if to_regclass ('sync_private.sync_seq') is null then
    execute format ('create sequence sync_private.sync_seq as bigint start with %s cache 1',
                    (extract (epoch from clock_timestamp ()) * 1000000)::bigint);
  end if;
end
$$;
revoke all on sequence sync_private.sync_seq from public, anon, authenticated, service_role;
grant usage on sequence sync_private.sync_seq to authenticated, service_role;

create table if not exists public.sync_devices (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  device_id text not null,
  primary key (user_id, device_id)
);
alter table public.sync_devices
  add column if not exists name text,
  add column if not exists platform text,
  add column if not exists app_version text,
  add column if not exists registered_at timestamptz default now(),
  add column if not exists last_sync_at timestamptz,
  add column if not exists last_version bigint,
  add column if not exists is_active boolean not null default true;
alter table public.sync_devices enable row level security;
drop policy if exists sync_owner on public.sync_devices;
create policy sync_owner on public.sync_devices for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
revoke all on public.sync_devices from public, anon, authenticated;
grant select, insert, update, delete on public.sync_devices to authenticated, service_role;

-- Whoever renames or revokes a device may have read its row a while ago: what it has read never goes back. And
-- a run that ends after its device was revoked, which shows as a new last_sync_at, does not bring it back.
create or replace function sync_private.device_row () returns trigger
language plpgsql set search_path = '' as $$
begin
  new.last_version := greatest (old.last_version, new.last_version);
  if not old.is_active and new.last_sync_at is distinct from old.last_sync_at then
    new.is_active := false;
  end if;
  new.last_sync_at := greatest (old.last_sync_at, new.last_sync_at);
  return new;
end
$$;
create or replace trigger sync_device_row before update on public.sync_devices
  for each row execute function sync_private.device_row ();

---------------------------------------------------------------------------------------------------------
-- Triggers that are the same for every table
---------------------------------------------------------------------------------------------------------

-- Before any row lock: writers of one user follow each other, so that versions become visible in the order
-- in which they were handed out. A writer without a user (SQL editor, service role) may touch anybody's rows
-- and goes alone. Nobody waits longer than two seconds: a waiting write keeps a connection of the pool.
create or replace function sync_private.lock_writers () returns trigger
language plpgsql set search_path = '' as $$
declare
  writer uuid := auth.uid ();
begin
  perform set_config ('lock_timeout', '2s', true);
  if writer is null then
    perform pg_advisory_xact_lock (7776, 0);
  else
    perform pg_advisory_xact_lock_shared (7776, 0);
    perform pg_advisory_xact_lock (7777, hashtext (writer::text));
  end if;
  return null;
end
$$;

-- The second row trigger. A row with base_version comes from one of our clients, and the trigger before this
-- one found it to be based on the version that is there; a row without it comes from anybody else.
create or replace function sync_private.stamp_row () returns trigger
language plpgsql set search_path = '' as $$
begin
  -- A base above 0 in an INSERT: on its way to ON CONFLICT DO UPDATE, which needs it once more.
  if tg_op = 'UPDATE' or new.base_version is null or new.base_version = 0 then
    if new.base_version is null then
      new.device_id := null;
      new.run_id := null;
      new.edited_at := now();
    elsif new.edited_at > now() then
      new.edited_at := now();
    end if;
    if new.deleted_at is not null then
      new.deleted_at := now();
    end if;
    -- Code of the owner that writes another user's rows holds only its caller's lock.
    if new.user_id is distinct from auth.uid () and auth.uid () is not null then
      perform pg_advisory_xact_lock (7777, hashtext (new.user_id::text));
    end if;
    new.base_version := null;
    new.sync_version := nextval ('sync_private.sync_seq');
  end if;
  -- For the last trigger: the row as it was sent.
  if new.run_id is not null then
    new.run_id := new.run_id || md5 (new::text);
  end if;
  return new;
end
$$;

-- The last row trigger. If a trigger in between (moddatetime, say) changed the row, its writer does not know
-- what was stored: without run_id the row counts as somebody else's and is read back.
create or replace function sync_private.compare_row () returns trigger
language plpgsql set search_path = '' as $$
declare
  sent text := right (new.run_id, 32);
begin
  if new.run_id is not null then
    new.run_id := left (new.run_id, -32);
    if md5 (new::text) is distinct from sent then
      new.run_id := null;
    end if;
  end if;
  return new;
end
$$;

-- After that one, on tables with columns of other types than this script gives them.
create or replace function sync_private.forget_run () returns trigger
language plpgsql set search_path = '' as $$
begin
  new.run_id := null;
  return new;
end
$$;

create or replace function sync_private.refuse_truncate () returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception 'TRUNCATE of % would delete rows without telling any device', tg_table_name
    using errcode = '0A000', hint = 'Use DELETE, and public.sync_purge() later.';
end
$$;

-- Whether the account itself is being deleted: then rows must really go. Security definer because nobody
-- else may read auth.users.
create or replace function sync_private.user_gone (p_user uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select not exists (select from auth.users u where u.id = p_user)
$$;

---------------------------------------------------------------------------------------------------------
-- Setting up one table
---------------------------------------------------------------------------------------------------------

-- Refuses a table of the same name that is something else, before anything is done to it.
create or replace function sync_private.require_key (p_name text, p_keys text[], p_types text[]) returns void
language plpgsql set search_path = '' as $$
declare
  found_keys text[];
  wanted_keys text[];
begin
  select array_agg (format ('%s %s', a.attname, format_type (a.atttypid, a.atttypmod)) order by k.n) into found_keys
    from pg_constraint c
   cross join unnest (c.conkey) with ordinality k (attnum, n)
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum
   where c.conrelid = format ('public.%I', p_name)::regclass and c.contype = 'p';
  select array['user_id uuid'] || array_agg (format ('%s %s', k.name, k.type::regtype) order by k.n) into wanted_keys
    from unnest (p_keys, p_types) with ordinality k (name, type, n);
  if found_keys is distinct from wanted_keys then
    raise exception 'public.% is there already and is no synced table', p_name
      using hint = format ('Its primary key would have to be (%s): sync under another cloud table name.',
                           array_to_string (wanted_keys, ', '));
  end if;
end
$$;

-- Notes the table as a synced one, and removes what earlier scripts left on it.
create or replace function sync_private.adopt_table (p_name text, p_keys text[], p_types text[]) returns void
language plpgsql set search_path = '' as $$
declare
  t regclass := format ('public.%I', p_name)::regclass;
  leftover record;
begin
  for leftover in
    select g.tgname from pg_trigger g
      join pg_proc f on f.oid = g.tgfoid join pg_namespace s on s.oid = f.pronamespace
     where g.tgrelid = t and not g.tgisinternal and s.nspname = 'sync_private'
       and g.tgname not in ('!sync_lock', '!sync_truncate', '!sync_1_claim', '!sync_2_stamp',
                            '~sync_compare', '~sync_typed', '~sync_moved', '~sync_room')
  loop
    execute format ('drop trigger %I on %s', leftover.tgname, t);
  end loop;

  -- On a NOT NULL column the planner drops the index's predicate, and with it what the predicate is for; an
  -- index without it is taken for the lookup by key in place of the primary key.
  execute format ('alter table %s alter column sync_version drop not null', t);
  for leftover in
    select i.indexrelid::regclass as name from pg_index i
     where i.indrelid = t and i.indpred is null and i.indnatts = 2
       and pg_get_indexdef (i.indexrelid, 1, false) = 'user_id'
       and pg_get_indexdef (i.indexrelid, 2, false) = 'sync_version'
  loop
    execute format ('drop index %s', leftover.name);
  end loop;

  insert into sync_private.synced_table as e (name, position, key_columns, key_types)
    select p_name, coalesce (max (o.position), 0) + 1, p_keys, p_types from sync_private.synced_table o
    on conflict (name) do update set key_columns = excluded.key_columns, key_types = excluded.key_types
      where (e.key_columns, e.key_types) is distinct from (excluded.key_columns, excluded.key_types);
end
$$;

-- A column of another type (numeric(6,2), varchar(20), date) may round or cut a value before any trigger sees it, and
-- its writer does not know: then all rows of the table are read back.
create or replace function sync_private.watch_types (p_name text, p_columns text[], p_types text[]) returns void
language plpgsql set search_path = '' as $$
declare
  t regclass := format ('public.%I', p_name)::regclass;
  differs boolean;
begin
  select coalesce (bool_or (a.atttypid <> c.type::regtype or a.atttypmod <> -1), false) into differs
    from unnest (p_columns, p_types) c (name, type)
    join pg_attribute a on a.attrelid = t and a.attname = c.name;
  if differs then
    execute format ('create or replace trigger "~sync_typed" before insert or update on %s '
                    'for each row execute function sync_private.forget_run ()', t);
  elsif exists (select from pg_trigger g where g.tgrelid = t and g.tgname = '~sync_typed') then
    execute format ('drop trigger "~sync_typed" on %s', t);
  end if;
end
$$;

-- Rows that were written before the triggers were there.
create or replace function sync_private.stamp_rows (p_name text) returns void
language plpgsql set search_path = '' as $$
declare
  unstamped boolean;
begin
  execute format ('select exists (select from public.%I where sync_version is null)', p_name) into unstamped;
  if unstamped then
    execute format ('update public.%I set user_id = user_id where sync_version is null', p_name);
  end if;
end
$$;

-- The living rows, for readers who know nothing of tombstones. Views of the owner may read this view, so it is
-- replaced, which works while new columns come last, and is made anew only where it has to be.
create or replace function sync_private.show_living (p_name text, p_view text, p_columns text[]) returns void
language plpgsql set search_path = '' as $$
declare
  definition text;
begin
  select format ('view public.%I with (security_invoker = true) as select %s from public.%I t '
                 'where t.deleted_at is null',
                 p_view, string_agg (format ('t.%I', c.name), ', ' order by c.n), p_name)
    into definition
    from unnest (p_columns) with ordinality c (name, n);
  begin
    execute 'create or replace ' || definition;
  exception when invalid_table_definition then
    execute format ('drop view public.%I', p_view);
    execute 'create ' || definition;
  end;
end
$$;

---------------------------------------------------------------------------------------------------------
-- notifications
---------------------------------------------------------------------------------------------------------

create table if not exists public.notifications (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  id text not null,
  primary key (user_id, id)
);
select sync_private.require_key ('notifications', array['id'], array['text']);
alter table public.notifications
  add column if not exists title text,
  add column if not exists content text,
  add column if not exists type text,
  add column if not exists status text,
  add column if not exists priority text,
  add column if not exists category text,
  add column if not exists metadata jsonb,
  add column if not exists created_at timestamptz,
  add column if not exists updated_at timestamptz,
  add column if not exists expires_at timestamptz,
  add column if not exists deleted_at timestamptz,
  add column if not exists edited_at timestamptz,
  add column if not exists sync_version bigint,
  add column if not exists base_version bigint,
  add column if not exists device_id text,
  add column if not exists run_id text;

alter table public.notifications enable row level security;
drop policy if exists sync_owner on public.notifications;
create policy sync_owner on public.notifications for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
revoke all on public.notifications from public, anon, authenticated;
grant select, insert, update, delete on public.notifications to authenticated, service_role;

select sync_private.adopt_table ('notifications', array['id'], array['text']);

create index if not exists notifications_sync_version on public.notifications (user_id, sync_version)
  where sync_version is not null;

-- The first row trigger: compare and set, room for a row whose key holds a tombstone, tombstones for deletes.
create or replace function sync_private.notifications_claim () returns trigger
language plpgsql set search_path = '' as $$
declare
  known record;
begin
  if tg_op = 'DELETE' then
    if current_setting ('sync_private.really_delete', true) = 'on' or sync_private.user_gone (old.user_id) then
      return old;
    end if;
    update public.notifications t set deleted_at = now()
     where t.user_id = old.user_id
       and t.id = old.id
       and t.deleted_at is null;
    return null;
  end if;

  if tg_op = 'UPDATE' then
    if new.base_version is distinct from old.sync_version and new.base_version is not null then
      return null;
    end if;
    if new.user_id = old.user_id
       and new.id = old.id
    then
      return new;
    end if;
  end if;

  select t.sync_version, t.deleted_at is not null as is_tombstone into known
    from public.notifications t
   where t.user_id = new.user_id
     and t.id = new.id
  ;
  if tg_op = 'INSERT' and new.base_version is not null then
    if new.base_version is distinct from coalesce (known.sync_version, 0) then
      return null;
    end if;
  elsif known.is_tombstone then
    perform set_config ('sync_private.really_delete', 'on', true);
    with gone as (
      delete from public.notifications t
       where t.user_id = new.user_id
         and t.id = new.id
      returning to_jsonb (t.*) as tombstone
    )
    insert into sync_private.room (transaction, depth, user_id, table_name, tombstone)
      select pg_current_xact_id (), pg_trigger_depth (), new.user_id, tg_table_name, g.tombstone from gone g;
    perform set_config ('sync_private.really_delete', 'off', true);
    perform set_config ('sync_private.room', 'made', true);
  end if;
  return new;
end
$$;

-- A row whose key was changed is gone from its old key: the devices that know it there need a tombstone.
create or replace function sync_private.notifications_moved () returns trigger
language plpgsql set search_path = '' as $$
begin
  insert into public.notifications (
    id,
    title,
    content,
    type,
    status,
    priority,
    category,
    metadata,
    created_at,
    updated_at,
    expires_at,
    user_id, deleted_at)
  values (
    old.id,
    old.title,
    old.content,
    old.type,
    old.status,
    old.priority,
    old.category,
    old.metadata,
    old.created_at,
    old.updated_at,
    old.expires_at,
    old.user_id, now())
  on conflict do nothing;
  return null;
end
$$;

-- The row for which a tombstone made room was not written: the devices that know its key still need the tombstone.
-- Statements within this one (of the owner's triggers) are deeper, and have their own.
create or replace function sync_private.notifications_room () returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting ('sync_private.room', true) = 'made' then
    perform set_config ('sync_private.room', '', true);
    with made as (
      delete from sync_private.room r
       where r.transaction = pg_current_xact_id () and r.depth = pg_trigger_depth () and r.table_name = tg_table_name
      returning r.tombstone
    )
    insert into public.notifications (
      id,
      title,
      content,
      type,
      status,
      priority,
      category,
      metadata,
      created_at,
      updated_at,
      expires_at,
      user_id, deleted_at)
    select
      o.id,
      o.title,
      o.content,
      o.type,
      o.status,
      o.priority,
      o.category,
      o.metadata,
      o.created_at,
      o.updated_at,
      o.expires_at,
      o.user_id, now()
      from made, jsonb_populate_record (null::public.notifications, made.tombstone) o
     where not exists (
       select from public.notifications t
        where t.user_id = o.user_id
          and t.id = o.id
       )
    on conflict do nothing;
    perform set_config ('sync_private.room', 'made', true);
  end if;
  return null;
end
$$;

-- Triggers fire in the order of their names: "!" sorts before, "~" after whatever the owner adds.
create or replace trigger "!sync_lock" before insert or update or delete on public.notifications
  for each statement execute function sync_private.lock_writers ();
create or replace trigger "!sync_truncate" before truncate on public.notifications
  for each statement execute function sync_private.refuse_truncate ();
create or replace trigger "!sync_1_claim" before insert or update or delete on public.notifications
  for each row execute function sync_private.notifications_claim ();
create or replace trigger "!sync_2_stamp" before insert or update on public.notifications
  for each row execute function sync_private.stamp_row ();
create or replace trigger "~sync_compare" before insert or update on public.notifications
  for each row execute function sync_private.compare_row ();
create or replace trigger "~sync_moved" after update on public.notifications
  for each row when (new.user_id <> old.user_id
                     or new.id <> old.id
  ) execute function sync_private.notifications_moved ();
create or replace trigger "~sync_room" after insert or update on public.notifications
  for each statement execute function sync_private.notifications_room ();

select sync_private.watch_types ('notifications', array['user_id'
  , 'id'
  , 'title'
  , 'content'
  , 'type'
  , 'status'
  , 'priority'
  , 'category'
  , 'metadata'
  , 'created_at'
  , 'updated_at'
  , 'expires_at'
], array['uuid'
  , 'text'
  , 'text'
  , 'text'
  , 'text'
  , 'text'
  , 'text'
  , 'text'
  , 'jsonb'
  , 'timestamptz'
  , 'timestamptz'
  , 'timestamptz'
]);

select sync_private.stamp_rows ('notifications');

select sync_private.show_living ('notifications', 'notifications_living', array['user_id', 'edited_at'
  , 'id'
  , 'title'
  , 'content'
  , 'type'
  , 'status'
  , 'priority'
  , 'category'
  , 'metadata'
  , 'created_at'
  , 'updated_at'
  , 'expires_at'
]);
revoke all on public.notifications_living from public, anon, authenticated;
grant select on public.notifications_living to authenticated, service_role;

---------------------------------------------------------------------------------------------------------
-- projects
---------------------------------------------------------------------------------------------------------

create table if not exists public.projects (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  id text not null,
  primary key (user_id, id)
);
select sync_private.require_key ('projects', array['id'], array['text']);
alter table public.projects
  add column if not exists name text,
  add column if not exists description text,
  add column if not exists settings jsonb,
  add column if not exists created_at timestamptz,
  add column if not exists updated_at timestamptz,
  add column if not exists deleted_at timestamptz,
  add column if not exists edited_at timestamptz,
  add column if not exists sync_version bigint,
  add column if not exists base_version bigint,
  add column if not exists device_id text,
  add column if not exists run_id text;

alter table public.projects enable row level security;
drop policy if exists sync_owner on public.projects;
create policy sync_owner on public.projects for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
revoke all on public.projects from public, anon, authenticated;
grant select, insert, update, delete on public.projects to authenticated, service_role;

select sync_private.adopt_table ('projects', array['id'], array['text']);

create index if not exists projects_sync_version on public.projects (user_id, sync_version)
  where sync_version is not null;

-- The first row trigger: compare and set, room for a row whose key holds a tombstone, tombstones for deletes.
create or replace function sync_private.projects_claim () returns trigger
language plpgsql set search_path = '' as $$
declare
  known record;
begin
  if tg_op = 'DELETE' then
    if current_setting ('sync_private.really_delete', true) = 'on' or sync_private.user_gone (old.user_id) then
      return old;
    end if;
    update public.projects t set deleted_at = now()
     where t.user_id = old.user_id
       and t.id = old.id
       and t.deleted_at is null;
    return null;
  end if;

  if tg_op = 'UPDATE' then
    if new.base_version is distinct from old.sync_version and new.base_version is not null then
      return null;
    end if;
    if new.user_id = old.user_id
       and new.id = old.id
    then
      return new;
    end if;
  end if;

  select t.sync_version, t.deleted_at is not null as is_tombstone into known
    from public.projects t
   where t.user_id = new.user_id
     and t.id = new.id
  ;
  if tg_op = 'INSERT' and new.base_version is not null then
    if new.base_version is distinct from coalesce (known.sync_version, 0) then
      return null;
    end if;
  elsif known.is_tombstone then
    perform set_config ('sync_private.really_delete', 'on', true);
    with gone as (
      delete from public.projects t
       where t.user_id = new.user_id
         and t.id = new.id
      returning to_jsonb (t.*) as tombstone
    )
    insert into sync_private.room (transaction, depth, user_id, table_name, tombstone)
      select pg_current_xact_id (), pg_trigger_depth (), new.user_id, tg_table_name, g.tombstone from gone g;
    perform set_config ('sync_private.really_delete', 'off', true);
    perform set_config ('sync_private.room', 'made', true);
  end if;
  return new;
end
$$;

-- A row whose key was changed is gone from its old key: the devices that know it there need a tombstone.
create or replace function sync_private.projects_moved () returns trigger
language plpgsql set search_path = '' as $$
begin
  insert into public.projects (
    id,
    name,
    description,
    settings,
    created_at,
    updated_at,
    user_id, deleted_at)
  values (
    old.id,
    old.name,
    old.description,
    old.settings,
    old.created_at,
    old.updated_at,
    old.user_id, now())
  on conflict do nothing;
  return null;
end
$$;

-- The row for which a tombstone made room was not written: the devices that know its key still need the tombstone.
-- Statements within this one (of the owner's triggers) are deeper, and have their own.
create or replace function sync_private.projects_room () returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting ('sync_private.room', true) = 'made' then
    perform set_config ('sync_private.room', '', true);
    with made as (
      delete from sync_private.room r
       where r.transaction = pg_current_xact_id () and r.depth = pg_trigger_depth () and r.table_name = tg_table_name
      returning r.tombstone
    )
    insert into public.projects (
      id,
      name,
      description,
      settings,
      created_at,
      updated_at,
      user_id, deleted_at)
    select
      o.id,
      o.name,
      o.description,
      o.settings,
      o.created_at,
      o.updated_at,
      o.user_id, now()
      from made, jsonb_populate_record (null::public.projects, made.tombstone) o
     where not exists (
       select from public.projects t
        where t.user_id = o.user_id
          and t.id = o.id
       )
    on conflict do nothing;
    perform set_config ('sync_private.room', 'made', true);
  end if;
  return null;
end
$$;

-- Triggers fire in the order of their names: "!" sorts before, "~" after whatever the owner adds.
create or replace trigger "!sync_lock" before insert or update or delete on public.projects
  for each statement execute function sync_private.lock_writers ();
create or replace trigger "!sync_truncate" before truncate on public.projects
  for each statement execute function sync_private.refuse_truncate ();
create or replace trigger "!sync_1_claim" before insert or update or delete on public.projects
  for each row execute function sync_private.projects_claim ();
create or replace trigger "!sync_2_stamp" before insert or update on public.projects
  for each row execute function sync_private.stamp_row ();
create or replace trigger "~sync_compare" before insert or update on public.projects
  for each row execute function sync_private.compare_row ();
create or replace trigger "~sync_moved" after update on public.projects
  for each row when (new.user_id <> old.user_id
                     or new.id <> old.id
  ) execute function sync_private.projects_moved ();
create or replace trigger "~sync_room" after insert or update on public.projects
  for each statement execute function sync_private.projects_room ();

select sync_private.watch_types ('projects', array['user_id'
  , 'id'
  , 'name'
  , 'description'
  , 'settings'
  , 'created_at'
  , 'updated_at'
], array['uuid'
  , 'text'
  , 'text'
  , 'text'
  , 'jsonb'
  , 'timestamptz'
  , 'timestamptz'
]);

select sync_private.stamp_rows ('projects');

select sync_private.show_living ('projects', 'projects_living', array['user_id', 'edited_at'
  , 'id'
  , 'name'
  , 'description'
  , 'settings'
  , 'created_at'
  , 'updated_at'
]);
revoke all on public.projects_living from public, anon, authenticated;
grant select on public.projects_living to authenticated, service_role;

---------------------------------------------------------------------------------------------------------
-- user_settings
---------------------------------------------------------------------------------------------------------

create table if not exists public.user_settings (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  id text not null,
  primary key (user_id, id)
);
select sync_private.require_key ('user_settings', array['id'], array['text']);
alter table public.user_settings
  add column if not exists key text,
  add column if not exists value jsonb,
  add column if not exists created_at timestamptz,
  add column if not exists updated_at timestamptz,
  add column if not exists deleted_at timestamptz,
  add column if not exists edited_at timestamptz,
  add column if not exists sync_version bigint,
  add column if not exists base_version bigint,
  add column if not exists device_id text,
  add column if not exists run_id text;

alter table public.user_settings enable row level security;
drop policy if exists sync_owner on public.user_settings;
create policy sync_owner on public.user_settings for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
revoke all on public.user_settings from public, anon, authenticated;
grant select, insert, update, delete on public.user_settings to authenticated, service_role;

select sync_private.adopt_table ('user_settings', array['id'], array['text']);

create index if not exists user_settings_sync_version on public.user_settings (user_id, sync_version)
  where sync_version is not null;

-- The first row trigger: compare and set, room for a row whose key holds a tombstone, tombstones for deletes.
create or replace function sync_private.user_settings_claim () returns trigger
language plpgsql set search_path = '' as $$
declare
  known record;
begin
  if tg_op = 'DELETE' then
    if current_setting ('sync_private.really_delete', true) = 'on' or sync_private.user_gone (old.user_id) then
      return old;
    end if;
    update public.user_settings t set deleted_at = now()
     where t.user_id = old.user_id
       and t.id = old.id
       and t.deleted_at is null;
    return null;
  end if;

  if tg_op = 'UPDATE' then
    if new.base_version is distinct from old.sync_version and new.base_version is not null then
      return null;
    end if;
    if new.user_id = old.user_id
       and new.id = old.id
    then
      return new;
    end if;
  end if;

  select t.sync_version, t.deleted_at is not null as is_tombstone into known
    from public.user_settings t
   where t.user_id = new.user_id
     and t.id = new.id
  ;
  if tg_op = 'INSERT' and new.base_version is not null then
    if new.base_version is distinct from coalesce (known.sync_version, 0) then
      return null;
    end if;
  elsif known.is_tombstone then
    perform set_config ('sync_private.really_delete', 'on', true);
    with gone as (
      delete from public.user_settings t
       where t.user_id = new.user_id
         and t.id = new.id
      returning to_jsonb (t.*) as tombstone
    )
    insert into sync_private.room (transaction, depth, user_id, table_name, tombstone)
      select pg_current_xact_id (), pg_trigger_depth (), new.user_id, tg_table_name, g.tombstone from gone g;
    perform set_config ('sync_private.really_delete', 'off', true);
    perform set_config ('sync_private.room', 'made', true);
  end if;
  return new;
end
$$;

-- A row whose key was changed is gone from its old key: the devices that know it there need a tombstone.
create or replace function sync_private.user_settings_moved () returns trigger
language plpgsql set search_path = '' as $$
begin
  insert into public.user_settings (
    id,
    key,
    value,
    created_at,
    updated_at,
    user_id, deleted_at)
  values (
    old.id,
    old.key,
    old.value,
    old.created_at,
    old.updated_at,
    old.user_id, now())
  on conflict do nothing;
  return null;
end
$$;

-- The row for which a tombstone made room was not written: the devices that know its key still need the tombstone.
-- Statements within this one (of the owner's triggers) are deeper, and have their own.
create or replace function sync_private.user_settings_room () returns trigger
language plpgsql set search_path = '' as $$
begin
  if current_setting ('sync_private.room', true) = 'made' then
    perform set_config ('sync_private.room', '', true);
    with made as (
      delete from sync_private.room r
       where r.transaction = pg_current_xact_id () and r.depth = pg_trigger_depth () and r.table_name = tg_table_name
      returning r.tombstone
    )
    insert into public.user_settings (
      id,
      key,
      value,
      created_at,
      updated_at,
      user_id, deleted_at)
    select
      o.id,
      o.key,
      o.value,
      o.created_at,
      o.updated_at,
      o.user_id, now()
      from made, jsonb_populate_record (null::public.user_settings, made.tombstone) o
     where not exists (
       select from public.user_settings t
        where t.user_id = o.user_id
          and t.id = o.id
       )
    on conflict do nothing;
    perform set_config ('sync_private.room', 'made', true);
  end if;
  return null;
end
$$;

-- Triggers fire in the order of their names: "!" sorts before, "~" after whatever the owner adds.
create or replace trigger "!sync_lock" before insert or update or delete on public.user_settings
  for each statement execute function sync_private.lock_writers ();
create or replace trigger "!sync_truncate" before truncate on public.user_settings
  for each statement execute function sync_private.refuse_truncate ();
create or replace trigger "!sync_1_claim" before insert or update or delete on public.user_settings
  for each row execute function sync_private.user_settings_claim ();
create or replace trigger "!sync_2_stamp" before insert or update on public.user_settings
  for each row execute function sync_private.stamp_row ();
create or replace trigger "~sync_compare" before insert or update on public.user_settings
  for each row execute function sync_private.compare_row ();
create or replace trigger "~sync_moved" after update on public.user_settings
  for each row when (new.user_id <> old.user_id
                     or new.id <> old.id
  ) execute function sync_private.user_settings_moved ();
create or replace trigger "~sync_room" after insert or update on public.user_settings
  for each statement execute function sync_private.user_settings_room ();

select sync_private.watch_types ('user_settings', array['user_id'
  , 'id'
  , 'key'
  , 'value'
  , 'created_at'
  , 'updated_at'
], array['uuid'
  , 'text'
  , 'text'
  , 'jsonb'
  , 'timestamptz'
  , 'timestamptz'
]);

select sync_private.stamp_rows ('user_settings');

select sync_private.show_living ('user_settings', 'user_settings_living', array['user_id', 'edited_at'
  , 'id'
  , 'key'
  , 'value'
  , 'created_at'
  , 'updated_at'
]);
revoke all on public.user_settings_living from public, anon, authenticated;
grant select on public.user_settings_living to authenticated, service_role;

---------------------------------------------------------------------------------------------------------
-- What clients ask
---------------------------------------------------------------------------------------------------------

-- The newest version of each table; one query per table, which reads one entry of its index.
create or replace function sync_private.heads () returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  t record;
  head bigint;
  heads jsonb := '{}';
begin
  for t in select e.name from sync_private.synced_table e order by e.position loop
    if to_regclass (format ('public.%I', t.name)) is not null then
      execute format ('select max(sync_version) from public.%I where user_id = $1', t.name)
        into head using auth.uid ();
      heads := heads || jsonb_build_object (t.name, coalesce (head, 0));
    end if;
  end loop;
  return heads;
end
$$;

create view public.sync_state with (security_invoker = true) as
  select c.schema_version,
         c.epoch::text || coalesce ((select '-' || u.epoch from sync_private.user_epoch u
                                      where u.user_id = (select auth.uid ())), '') as epoch,
         clock_timestamp () as server_time,
         (select auth.uid ()) as user_id,
         sync_private.heads () as heads,
         (select coalesce (jsonb_object_agg (e.name, coalesce (h.version, 0)), '{}')
            from sync_private.synced_table e
            left join sync_private.horizon h on h.table_name = e.name and h.user_id = (select auth.uid ())
           where to_regclass (format ('public.%I', e.name)) is not null) as horizons,
         (select coalesce (jsonb_agg (jsonb_build_object (
                   'device_id', d.device_id, 'name', d.name, 'platform', d.platform,
                   'app_version', d.app_version, 'registered_at', d.registered_at,
                   'last_sync_at', d.last_sync_at, 'last_version', d.last_version,
                   'is_active', d.is_active) order by d.registered_at, d.device_id), '[]')
            from public.sync_devices d
           where d.user_id = (select auth.uid ())) as devices,
         -- Clients that speak this version of the protocol, or a later one, are served.
         1 as oldest_client
    from sync_private.cloud c;
revoke all on public.sync_state from public, anon, authenticated;
grant select on public.sync_state to authenticated, service_role;

-- The same by POST: a GET may be answered by a replica that is behind. VOLATILE keeps it a POST.
create function public.sync_state_now () returns setof public.sync_state
language sql volatile set search_path = '' as $$
  select * from public.sync_state
$$;

-- Rows by key, tombstones too, read from the primary. p_keys is the text of a JSON array with one array of
-- key values, as strings, for each row. The caller's own rows, in the order of their keys, and no others.
create or replace function public.sync_fetch_now (p_table text, p_keys text) returns setof json
language plpgsql volatile set search_path = '' as $$
declare
  matches text;
begin
  select string_agg (format ('t.%I = (k.value %s %s)::%s', c.name, case c.type when 'jsonb' then '->' else '->>' end,
                             c.n - 1, c.type), ' and ' order by c.n)
    into matches
    from sync_private.synced_table e,
         rows from (unnest (e.key_columns), unnest (e.key_types)) with ordinality c (name, type, n)
   where e.name = p_table;
  if matches is null then
    raise exception 'no such synced table' using errcode = '42P01';
  end if;
  return query execute format (
    'select row_to_json(t.*) from json_array_elements($1) with ordinality k (value, n) '
    'join public.%I t on t.user_id = $2 and %s order by k.n',
    p_table, matches) using p_keys::json, auth.uid ();
end
$$;

-- For comparing without reading: the living rows whose key's md5 begins with p_prefix, by the digit that
-- follows. The settings make the text of a key independent of the session.
create or replace function public.sync_digest (p_table text, p_prefix text default '')
returns table (bucket text, n bigint, hash bigint)
language plpgsql stable set search_path = '' set timezone = 'UTC' set datestyle = 'ISO' set bytea_output = 'hex'
set extra_float_digits = 1 as $$
declare
  key_text text;
begin
  select string_agg (format ('t.%I::text', c.name), ' || chr(31) || ' order by c.n) into key_text
    from sync_private.synced_table e, unnest (e.key_columns) with ordinality c (name, n)
   where e.name = p_table;
  if key_text is null then
    raise exception 'no such synced table' using errcode = '42P01';
  end if;
  return query execute format (
    'select left(md5(k.key), length($2) + 1), count(*), '
    '       bit_xor((''x'' || left(md5(k.key || chr(31) || k.sync_version), 15))::bit(60)::bigint) '
    '  from (select %s as key, t.sync_version from public.%I t where t.user_id = $1 and t.deleted_at is null) k '
    ' where starts_with(md5(k.key), $2) group by 1 order by 1',
    key_text, p_table) using auth.uid (), lower (coalesce (p_prefix, ''));
end
$$;

-- Whoever wants nothing of hers in the cloud any more: her rows and tombstones really go, p_limit of them in
-- one call, so that no call takes long; again while it answers that some are left. Her data begins another
-- life, and all of her devices are revoked: of each only its id stays, so that none of them takes an empty
-- cloud for one that lost its rows and brings them back.
create or replace function public.sync_delete_my_data (p_limit int default 20000) returns json
language plpgsql volatile set search_path = '' as $$
declare
  t record;
  gone bigint;
  total bigint := 0;
  devices text[];
begin
  if auth.uid () is null then
    raise exception 'nobody is signed in' using errcode = '42501';
  end if;
  perform set_config ('lock_timeout', '2s', true);
  perform pg_advisory_xact_lock_shared (7776, 0);
  perform pg_advisory_xact_lock (7777, hashtext (auth.uid ()::text));
  insert into sync_private.user_epoch (user_id, epoch) values (auth.uid (), gen_random_uuid ())
    on conflict (user_id) do update set epoch = excluded.epoch;
  select array_agg (d.device_id) into devices from public.sync_devices d where d.user_id = auth.uid ();
  delete from public.sync_devices d where d.user_id = auth.uid ();
  insert into public.sync_devices (user_id, device_id, registered_at, is_active)
    select auth.uid (), d.id, null, false from unnest (devices) d (id);
  perform set_config ('sync_private.really_delete', 'on', true);
  for t in select e.name from sync_private.synced_table e order by e.position loop
    continue when to_regclass (format ('public.%I', t.name)) is null;
    execute format ('delete from public.%1$I r where r.ctid = any (array ( '
                    '  select o.ctid from public.%1$I o where o.user_id = $1 limit $2))', t.name)
      using auth.uid (), greatest (p_limit, 1) - total;
    get diagnostics gone = row_count;
    total := total + gone;
    exit when total >= greatest (p_limit, 1);
  end loop;
  perform set_config ('sync_private.really_delete', 'off', true);
  return json_build_object ('deleted', total, 'left', total >= greatest (p_limit, 1));
end
$$;

---------------------------------------------------------------------------------------------------------
-- What the owner runs, in the SQL editor or from cron
---------------------------------------------------------------------------------------------------------

-- Takes away tombstones older than p_keep, at least 30 days, that every active device of their user has
-- read, but never a user's newest row of a table: heads do not go back. Returns how many went.
create or replace function public.sync_purge (p_keep interval default interval '30 days') returns bigint
language plpgsql set search_path = '' as $$
declare
  t record;
  gone bigint;
  total bigint := 0;
begin
  perform set_config ('lock_timeout', '2s', true);
  perform pg_advisory_xact_lock (7776, 0);
  perform set_config ('sync_private.really_delete', 'on', true);
  for t in select e.name from sync_private.synced_table e order by e.position loop
    continue when to_regclass (format ('public.%I', t.name)) is null;
    execute format (
      'with head as ( '
      '  select user_id, max(sync_version) as version from public.%1$I group by user_id '
      '), gone as ( '
      '  delete from public.%1$I r using head '
      '   where head.user_id = r.user_id and r.deleted_at < now() - $1 and r.sync_version < head.version '
      '     and not exists (select from public.sync_devices d '
      '                      where d.user_id = r.user_id and d.is_active '
      '                        and coalesce(d.last_version, 0) < r.sync_version) '
      '  returning r.user_id, r.sync_version '
      '), noted as ( '
      '  insert into sync_private.horizon as h (user_id, table_name, version) '
      '  select user_id, $2, max(sync_version) from gone group by user_id '
      '  on conflict (user_id, table_name) do update set version = greatest(h.version, excluded.version) '
      ') select count(*) from gone', t.name)
      into gone using greatest (p_keep, interval '30 days'), t.name;
    total := total + gone;
  end loop;
  perform set_config ('sync_private.really_delete', 'off', true);
  return total;
end
$$;

-- To be run after the database was restored from a backup, before clients go on: they then compare all of
-- their rows with the cloud's instead of trusting versions that may be given out a second time.
create or replace function public.sync_new_epoch () returns text
language plpgsql set search_path = '' as $$
declare
  fresh uuid;
begin
  perform set_config ('lock_timeout', '2s', true);
  perform pg_advisory_xact_lock (7776, 0);
  perform setval ('sync_private.sync_seq',
                  greatest ((extract (epoch from clock_timestamp ()) * 1000000)::bigint,
                            nextval ('sync_private.sync_seq')));
  update sync_private.cloud set epoch = gen_random_uuid () where one returning epoch into fresh;
  return fresh::text;
end
$$;

revoke all on all functions in schema sync_private from public, anon, authenticated;
grant execute on function sync_private.user_gone (uuid), sync_private.heads () to authenticated, service_role;
revoke all on function public.sync_state_now (), public.sync_fetch_now (text, text), public.sync_digest (text, text),
  public.sync_delete_my_data (int) from public, anon;
grant execute on function public.sync_state_now (), public.sync_fetch_now (text, text), public.sync_digest (text, text),
  public.sync_delete_my_data (int) to authenticated;
revoke all on function public.sync_purge (interval), public.sync_new_epoch () from public, anon, authenticated;

insert into sync_private.cloud as c (schema_version) values (1)
  on conflict (one) do update set schema_version = excluded.schema_version
    where c.schema_version is distinct from excluded.schema_version;

notify pgrst, 'reload schema';

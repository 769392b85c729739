-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- A cloud with schema 0, the version before the first published one, to upgrade from. What the script of
-- today does differently here: no run_id, versions NOT NULL under a full index, one row trigger of another
-- name, a smaller sync_state, no horizons, digest, views, purge.

create schema sync_private;
grant usage on schema sync_private to authenticated;
create table sync_private.cloud (
  one boolean primary key default true check (one),
  schema_version int not null,
  epoch uuid not null default gen_random_uuid ()
);
insert into sync_private.cloud (schema_version) values (0);
alter table sync_private.cloud enable row level security;
create policy sync_read on sync_private.cloud for select to authenticated using (true);
grant select on sync_private.cloud to authenticated;
create sequence sync_private.sync_seq start with 1700000000000000;
grant usage on sequence sync_private.sync_seq to authenticated;

create table public.sync_devices (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  device_id text not null,
  name text,
  platform text,
  last_sync_at timestamptz,
  primary key (user_id, device_id)
);
alter table public.sync_devices enable row level security;
create policy sync_owner on public.sync_devices for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
grant select, insert, update, delete on public.sync_devices to authenticated;

create function sync_private.lock_user () returns trigger language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock (7777, hashtext (coalesce (auth.uid ()::text, '')));
  return null;
end
$$;

create function sync_private.stamp () returns trigger language plpgsql set search_path = '' as $$
declare
  known bigint;
begin
  if tg_op = 'INSERT' then
    execute format ('select sync_version from public.%I where user_id = $1 and id = $2', tg_table_name)
      into known using new.user_id, new.id;
    if new.base_version is not null and new.base_version is distinct from coalesce (known, 0) then
      return null;
    end if;
    if known is not null then
      new.sync_version := known;
      return new;
    end if;
  elsif new.base_version is not null and new.base_version <> old.sync_version then
    return null;
  end if;
  new.edited_at := case when new.base_version is null then now() else least (new.edited_at, now()) end;
  new.base_version := null;
  new.sync_version := nextval ('sync_private.sync_seq');
  return new;
end
$$;

create table public.notifications (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  id text not null,
  title text,
  content text,
  type text,
  status text,
  priority text,
  category text,
  metadata jsonb,
  created_at timestamptz,
  updated_at timestamptz,
  expires_at timestamptz,
  deleted_at timestamptz,
  edited_at timestamptz,
  sync_version bigint not null,
  base_version bigint,
  device_id text,
  primary key (user_id, id)
);
create index notifications_version on public.notifications (user_id, sync_version);
alter table public.notifications enable row level security;
create policy sync_owner on public.notifications for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
grant select, insert, update, delete on public.notifications to authenticated;
create trigger sync_lock before insert or update or delete on public.notifications
  for each statement execute function sync_private.lock_user ();
create trigger sync_stamp before insert or update on public.notifications
  for each row execute function sync_private.stamp ();

create table public.projects (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  id text not null,
  name text,
  description text,
  settings jsonb,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz,
  edited_at timestamptz,
  sync_version bigint not null,
  base_version bigint,
  device_id text,
  primary key (user_id, id)
);
create index projects_version on public.projects (user_id, sync_version);
alter table public.projects enable row level security;
create policy sync_owner on public.projects for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
grant select, insert, update, delete on public.projects to authenticated;
create trigger sync_lock before insert or update or delete on public.projects
  for each statement execute function sync_private.lock_user ();
create trigger sync_stamp before insert or update on public.projects
  for each row execute function sync_private.stamp ();

create table public.user_settings (
  user_id uuid not null default auth.uid () references auth.users (id) on delete cascade,
  id text not null,
  key text,
  value jsonb,
  created_at timestamptz,
  updated_at timestamptz,
  deleted_at timestamptz,
  edited_at timestamptz,
  sync_version bigint not null,
  base_version bigint,
  device_id text,
  primary key (user_id, id)
);
create index user_settings_version on public.user_settings (user_id, sync_version);
alter table public.user_settings enable row level security;
create policy sync_owner on public.user_settings for all to authenticated
  using ((select auth.uid ()) = user_id) with check ((select auth.uid ()) = user_id);
grant select, insert, update, delete on public.user_settings to authenticated;
create trigger sync_lock before insert or update or delete on public.user_settings
  for each statement execute function sync_private.lock_user ();
create trigger sync_stamp before insert or update on public.user_settings
  for each row execute function sync_private.stamp ();

create view public.sync_state with (security_invoker = true) as
  select c.schema_version, c.epoch, now() as server_time,
         jsonb_build_object (
           'notifications', (select coalesce (max (sync_version), 0) from public.notifications),
           'projects', (select coalesce (max (sync_version), 0) from public.projects),
           'user_settings', (select coalesce (max (sync_version), 0) from public.user_settings)) as heads
    from sync_private.cloud c;
grant select on public.sync_state to authenticated;

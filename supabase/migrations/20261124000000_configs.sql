-- The saved configs with their versions, tags and drafts, kept apart by row-level security.
--
-- PostgreSQL 15 or newer with Supabase's roles, auth.users and auth.uid(); no extension, no
-- superuser. It can be run again, and on a project that has the table `training_configs` of an
-- earlier plan: what is missing is added, rows stay. Every object states its own grants: hosted
-- projects grant nothing on new tables since 2026-10-30, older ones grant everything.
--
-- The same promises as core/migrations/0002_configs.sql makes for the embedded file; what the
-- CHECKs say stands in core/stores/limits.py too, which says it in sentences.

-- Code with its owner's rights lives in a schema that the API never exposes. -------------------
-- Each function names pg_temp, last: left out it comes first, and a type that the caller made there
-- would stand in for one of ours.

create schema if not exists tunesmith;
revoke all on schema tunesmith from public;
-- The functions in `public` run with the caller's rights and call into it.
grant usage on schema tunesmith to anon, authenticated, service_role;

create table if not exists tunesmith.limits (
  name  text primary key,
  value integer not null check (value >= 0)
);
revoke all on tunesmith.limits from public, anon, authenticated;
-- An operator may change these; running the migration again keeps them.
insert into tunesmith.limits (name, value) values
  ('configs_per_user', 1000),
  ('versions_per_config', 50),
  ('drafts_per_user', 20),
  ('shares_per_config', 20),
  ('days_deleted_kept', 30)
on conflict do nothing;

create or replace function tunesmith.limit_of(wanted text) returns integer
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select value from tunesmith.limits where name = wanted
$$;

-- Tables ----------------------------------------------------------------------------------------

create table if not exists public.training_configs (
  id                uuid primary key default gen_random_uuid(),
  user_id           uuid references auth.users (id) on delete cascade,
  name              text not null,
  description       text,
  template_type     text not null,
  config_json       jsonb not null,
  is_validated      boolean default false,
  validation_errors jsonb,
  times_used        integer default 0,
  last_used_at      timestamptz,
  created_at        timestamptz not null default now(),
  updated_at        timestamptz not null default now()
);

do $$
begin
  if exists (select from public.training_configs where user_id is null) then
    raise exception 'training_configs has rows without a user_id; delete them or give them an '
      'owner, then run this migration again';
  end if;
end $$;

alter table public.training_configs
  -- The file byte for byte; config_json is what PostgreSQL makes of it.
  add column if not exists config_text   text,
  -- Name, newline, description, folded by the app: lower() does not know that a sharp s is ss.
  add column if not exists search        text,
  add column if not exists runs          boolean not null default false,
  add column if not exists revision      integer not null default 1,
  add column if not exists deleted_at    timestamptz,
  add column if not exists tags          text[] not null default '{}',
  -- What was said of the newest version, and which version it brought back.
  add column if not exists message       text not null default '',
  add column if not exists restored_from integer;

update public.training_configs set
  config_text  = coalesce(config_text, config_json::text),
  description  = coalesce(description, ''),
  search       = coalesce(search, lower(name) || chr(10) || lower(coalesce(description, ''))),
  is_validated = coalesce(is_validated, false),
  times_used   = coalesce(times_used, 0)
where config_text is null or description is null or search is null
   or is_validated is null or times_used is null;

alter table public.training_configs
  alter column user_id set not null,
  alter column user_id set default auth.uid(),
  alter column description set default '',
  alter column description set not null,
  alter column config_text set not null,
  alter column search set not null,
  alter column is_validated set not null,
  alter column times_used set not null,
  -- What a list shows and sorts by, so that it reads no JSON.
  add column if not exists method text generated always as (
    case jsonb_typeof(config_json #> '{training,method}') when 'string'
      then left(config_json #>> '{training,method}', 200) end) stored,
  add column if not exists model text generated always as (
    case jsonb_typeof(config_json #> '{model,name}') when 'string'
      then left(config_json #>> '{model,name}', 200) end) stored,
  add column if not exists sort_name text collate "C" generated always as (
    split_part(search, chr(10), 1)) stored,
  add column if not exists used_at timestamptz generated always as (
    coalesce(last_used_at, '-infinity'::timestamptz)) stored;

create or replace function tunesmith.is_line(line text, longest integer) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select char_length(line) between 1 and longest
    and line !~ '^[ \u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]'
    and line !~ '[ \u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]$'
    -- Nothing that can't be seen or that turns the direction of writing.
    and line !~ '[[:cntrl:]\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2064\u2066-\u206F\uFEFF]'
    and line !~ '[\u0600-\u0605\u06DD\u070F\u0890\u0891\u08E2\uFFF9-\uFFFB\U000110BD\U000110CD]'
    and line !~ '[\U00013430-\U0001343F\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0001\U000E0020-\U000E007F]'
$$;

create or replace function tunesmith.are_tags(tags text[]) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select cardinality(tags) <= 20 and array_ndims(tags) is not distinct from
      case when cardinality(tags) > 0 then 1 end
    and not exists (select from unnest(tags) as tag
                    where tag is null or not tunesmith.is_line(tag, 40))
    and (select count(distinct tag) from unnest(tags) as tag) = cardinality(tags)
$$;

-- 1e131071 is 8 bytes in and 131072 digits out: as text, some thousand of them take all memory that
-- the server has, and no reader of a list gets over one.
create or replace function tunesmith.are_short_numbers(document jsonb) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select not exists (
    select from jsonb_array_elements(
        jsonb_path_query_array(document, '$.** ? (@.type() == "number")')) as number
     where octet_length(number::text) > 400)
$$;

alter table public.training_configs
  drop constraint if exists unique_user_config_name,
  drop constraint if exists training_configs_name_ck,
  drop constraint if exists training_configs_description_ck,
  drop constraint if exists training_configs_template_ck,
  drop constraint if exists training_configs_json_object_ck,
  drop constraint if exists training_configs_json_size_ck,
  drop constraint if exists training_configs_json_digits_ck,
  drop constraint if exists training_configs_json_depth_ck,
  drop constraint if exists training_configs_errors_ck,
  drop constraint if exists training_configs_search_ck,
  drop constraint if exists training_configs_tags_ck,
  drop constraint if exists training_configs_message_ck,
  drop constraint if exists training_configs_counts_ck;
alter table public.training_configs
  -- Live configs have no deleted_at, and those count as equal: a deleted one gives its name free.
  add constraint unique_user_config_name unique nulls not distinct (user_id, name, deleted_at),
  add constraint training_configs_name_ck check (tunesmith.is_line(name, 120)),
  add constraint training_configs_description_ck check (char_length(description) <= 2000),
  add constraint training_configs_template_ck check (template_type ~ '^[a-z][a-z0-9_]{0,39}$'),
  add constraint training_configs_json_object_ck check (jsonb_typeof(config_json) = 'object'),
  add constraint training_configs_json_size_ck check (
    octet_length(config_text) <= 262144 and octet_length(config_json::text) <= 524288),
  add constraint training_configs_json_digits_ck check (tunesmith.are_short_numbers(config_json)),
  add constraint training_configs_json_depth_ck check (
    not jsonb_path_exists(config_json, '$.**{21 to last}')),
  add constraint training_configs_errors_ck check (
    validation_errors is null or (jsonb_typeof(validation_errors) = 'array'
      and octet_length(validation_errors::text) <= 131072)),
  add constraint training_configs_search_ck check (
    -- Its first line is what names are sorted by, and goes into the address of a page.
    strpos(search, chr(10)) between 2 and 800 and char_length(search) <= 8000),
  add constraint training_configs_tags_ck check (tunesmith.are_tags(tags)),
  add constraint training_configs_message_ck check (char_length(message) <= 500),
  add constraint training_configs_counts_ck check (times_used >= 0 and revision >= 1);

create table if not exists public.config_versions (
  user_id           uuid not null,
  config_id         uuid not null,
  number            integer not null check (number >= 1),
  operation         text not null check (operation in ('create', 'save', 'restore')),
  message           text not null default '' check (char_length(message) <= 500),
  restored_from     integer,
  author            uuid not null,
  created_at        timestamptz not null default now(),
  name              text not null check (char_length(name) between 1 and 120),
  description       text not null default '' check (char_length(description) <= 2000),
  template_type     text not null check (char_length(template_type) between 1 and 40),
  is_validated      boolean not null,
  runs              boolean not null,
  validation_errors jsonb check (validation_errors is null
    or (jsonb_typeof(validation_errors) = 'array'
      and octet_length(validation_errors::text) <= 131072)),
  config_text       text not null check (octet_length(config_text) <= 262144),
  primary key (user_id, config_id, number),
  check ((operation = 'restore') = (restored_from is not null))
);

create table if not exists public.config_drafts (
  number     bigint generated always as identity primary key,
  user_id    uuid not null default auth.uid() references auth.users (id) on delete cascade,
  slot       text not null check (char_length(slot) between 1 and 400),
  name       text not null check (char_length(name) <= 4000),
  -- No foreign key: a draft outlives the config that it changes.
  config_id  text check (char_length(config_id) <= 400),
  updated_at timestamptz not null default now(),
  -- The app writes a backslash twice; it takes 4 MiB before that.
  payload    text not null check (octet_length(payload) <= 8388608),
  unique (user_id, slot)
);

create table if not exists public.config_shares (
  id         uuid primary key default gen_random_uuid(),
  config_id  uuid not null,
  user_id    uuid not null default auth.uid(),
  -- SHA-256 as hex of what the link holds, never that itself.
  token_hash text not null unique check (token_hash ~ '^[0-9a-f]{64}$'),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  views      integer not null default 0,
  max_views  integer check (max_views between 1 and 100000),
  constraint config_shares_expiry_ck check (
    expires_at > created_at and expires_at <= created_at + interval '90 days')
);

-- The user is part of each key, so that a child row can't name another user's config.
alter table public.config_versions drop constraint if exists config_versions_config_fk;
alter table public.config_shares drop constraint if exists config_shares_config_fk;
alter table public.training_configs drop constraint if exists training_configs_user_id_key;
alter table public.training_configs
  add constraint training_configs_user_id_key unique (user_id, id);
alter table public.config_versions add constraint config_versions_config_fk
  foreign key (user_id, config_id) references public.training_configs (user_id, id) on delete cascade;
alter table public.config_shares add constraint config_shares_config_fk
  foreign key (user_id, config_id) references public.training_configs (user_id, id) on delete cascade;

-- Indexes -----------------------------------------------------------------------------------------

-- Everything is asked per user. One index a sort, with the id, so that a page is read from its
-- first row to its last and nothing is sorted, however many rows other users have.
drop index if exists public.idx_training_configs_user_id, public.idx_training_configs_template_type,
  public.idx_training_configs_created_at;
create index if not exists training_configs_updated on public.training_configs
  (user_id, updated_at, id) where deleted_at is null;
create index if not exists training_configs_created on public.training_configs
  (user_id, created_at, id) where deleted_at is null;
create index if not exists training_configs_sort_name on public.training_configs
  (user_id, sort_name, id) where deleted_at is null;
create index if not exists training_configs_used on public.training_configs
  (user_id, used_at, id) where deleted_at is null;
create index if not exists training_configs_times_used on public.training_configs
  (user_id, times_used, id) where deleted_at is null;
-- A column, not an expression: under row-level security PostgreSQL passes an expression by.
create index if not exists training_configs_method on public.training_configs
  (user_id, method, updated_at, id) where deleted_at is null;
create index if not exists training_configs_template on public.training_configs
  (user_id, template_type, updated_at, id) where deleted_at is null;
create index if not exists training_configs_deleted on public.training_configs
  (user_id, deleted_at, id) where deleted_at is not null;
create index if not exists config_shares_config on public.config_shares (user_id, config_id);

-- Row-level security ------------------------------------------------------------------------------

alter table public.training_configs enable row level security;
alter table public.config_versions enable row level security;
alter table public.config_drafts enable row level security;
alter table public.config_shares enable row level security;
-- Not FORCE: a hosted project's owner passes row-level security anyway, and with one that doesn't
-- the functions in `tunesmith` would see no rows and say nothing.

-- A policy of an earlier plan would let more through: policies add up.
do $$
declare old record;
begin
  for old in select policyname, tablename from pg_policies where schemaname = 'public' and tablename
    in ('training_configs', 'config_versions', 'config_drafts', 'config_shares')
  loop
    execute format('drop policy %I on public.%I', old.policyname, old.tablename);
  end loop;
end $$;

create policy training_configs_select on public.training_configs for select to authenticated
  using ((select auth.uid()) = user_id);
create policy training_configs_insert on public.training_configs for insert to authenticated
  with check ((select auth.uid()) = user_id);
create policy training_configs_update on public.training_configs for update to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy training_configs_delete on public.training_configs for delete to authenticated
  using ((select auth.uid()) = user_id);

create policy config_versions_select on public.config_versions for select to authenticated
  using ((select auth.uid()) = user_id);

create policy config_drafts_select on public.config_drafts for select to authenticated
  using ((select auth.uid()) = user_id);
create policy config_drafts_insert on public.config_drafts for insert to authenticated
  with check ((select auth.uid()) = user_id);
create policy config_drafts_update on public.config_drafts for update to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy config_drafts_delete on public.config_drafts for delete to authenticated
  using ((select auth.uid()) = user_id);

create policy config_shares_select on public.config_shares for select to authenticated
  using ((select auth.uid()) = user_id);
create policy config_shares_insert on public.config_shares for insert to authenticated
  with check ((select auth.uid()) = user_id);
create policy config_shares_update on public.config_shares for update to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy config_shares_delete on public.config_shares for delete to authenticated
  using ((select auth.uid()) = user_id);

-- Grants: take everything away, then give columns. ------------------------------------------------

-- grants:begin
revoke all on public.training_configs, public.config_versions, public.config_drafts,
  public.config_shares from public, anon, authenticated;
revoke all on sequence public.config_drafts_number_seq from public, anon, authenticated;

-- Not id, revision, the counters and the dates.
grant select, delete on public.training_configs to authenticated;
grant insert (user_id, name, description, template_type, config_json, config_text, search,
    is_validated, validation_errors, runs, tags, message)
  on public.training_configs to authenticated;
grant update (name, description, template_type, config_json, config_text, search,
    is_validated, validation_errors, runs, tags, message, restored_from, deleted_at)
  on public.training_configs to authenticated;

grant select on public.config_versions to authenticated;

grant select, delete on public.config_drafts to authenticated;
grant insert (user_id, slot, name, config_id, payload) on public.config_drafts to authenticated;
grant update (number, name, config_id, payload) on public.config_drafts to authenticated;

grant select, delete on public.config_shares to authenticated;
grant insert (config_id, user_id, token_hash, expires_at, max_views)
  on public.config_shares to authenticated;
grant update (revoked_at) on public.config_shares to authenticated;

grant all on public.training_configs, public.config_versions, public.config_drafts,
  public.config_shares to service_role;
-- grants:end

-- Triggers ----------------------------------------------------------------------------------------

create or replace function tunesmith.refuse_long_numbers(config_json jsonb, errors jsonb)
returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
begin
  if not (tunesmith.are_short_numbers(config_json) and tunesmith.are_short_numbers(errors)) then
    -- In the words of the constraint, which is only seen after the text has been made.
    raise exception 'a number violates check constraint "training_configs_json_digits_ck"'
      using errcode = '23514', constraint = 'training_configs_json_digits_ck';
  end if;
end $$;

-- Owns every column that the caller may not choose. It repeats what the grants say, because in
-- older projects the API's roles are granted everything.
create or replace function tunesmith.guard_config() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
declare
  -- False inside a function with its owner's rights.
  from_api constant boolean := current_user in ('anon', 'authenticated');
  comes_back boolean;
begin
  if tg_op = 'INSERT' then
    if from_api then
      new.id := pg_catalog.gen_random_uuid();
      new.revision := 1;
      new.times_used := 0;
      new.last_used_at := null;
      new.deleted_at := null;
      new.restored_from := null;
      new.created_at := pg_catalog.now();
      new.updated_at := new.created_at;
    end if;
    new.config_json := coalesce(new.config_text::jsonb, new.config_json);
    perform tunesmith.refuse_long_numbers(new.config_json, new.validation_errors);
    new.config_text := coalesce(new.config_text, new.config_json::text);
    new.description := coalesce(new.description, '');
    new.search := coalesce(new.search,
      lower(new.name) || chr(10) || lower(new.description));
    return new;
  end if;

  if (new.id, new.user_id, new.created_at) is distinct from (old.id, old.user_id, old.created_at) then
    raise exception 'id, user_id and created_at never change' using errcode = '42501';
  end if;
  if from_api then
    new.times_used := old.times_used;
    new.last_used_at := old.last_used_at;
  end if;

  if new.config_text is distinct from old.config_text then
    new.config_json := new.config_text::jsonb;
  end if;
  if (new.config_json, new.validation_errors)
     is distinct from (old.config_json, old.validation_errors) then
    perform tunesmith.refuse_long_numbers(new.config_json, new.validation_errors);
  end if;
  if new.config_text is not distinct from old.config_text
     and new.config_json is distinct from old.config_json then
    new.config_text := new.config_json::text;
  end if;
  new.description := coalesce(new.description, '');
  if new.search is not distinct from old.search
     and (new.name, new.description) is distinct from (old.name, old.description) then
    new.search := lower(new.name) || chr(10) || lower(new.description);
  end if;

  comes_back := old.deleted_at is not null and new.deleted_at is null;
  if from_api and comes_back and old.deleted_at <= pg_catalog.now()
     - tunesmith.limit_of('days_deleted_kept') * interval '1 day' then
    raise exception 'this config was deleted too long ago to come back' using errcode = '42501';
  end if;
  if new.deleted_at is not null then
    new.deleted_at := coalesce(old.deleted_at, pg_catalog.clock_timestamp());
  end if;

  -- An update that doesn't name the column shows what the one before brought back.
  if new.restored_from is not distinct from old.restored_from then
    new.restored_from := null;
  end if;

  new.revision := old.revision;
  new.updated_at := case when comes_back then pg_catalog.now() else old.updated_at end;
  -- It may come back under another name: that alone is no new version.
  if (new.description, new.template_type, new.config_text)
     is distinct from (old.description, old.template_type, old.config_text)
     or (new.name is distinct from old.name and not comes_back) then
    new.revision := old.revision + 1;
    new.updated_at := pg_catalog.now();
    if new.restored_from is not null and not exists (
      select from public.config_versions v
       where v.user_id = new.user_id and v.config_id = new.id and v.number = new.restored_from
         and v.config_text = new.config_text) then
      raise exception 'restored_from names no version with this text' using errcode = '42501';
    end if;
  else
    new.message := old.message;
    new.restored_from := old.restored_from;
  end if;
  return new;
end $$;

drop trigger if exists training_configs_guard on public.training_configs;
create trigger training_configs_guard before insert or update on public.training_configs
  for each row execute function tunesmith.guard_config();

-- The lock makes the count right where inserts run side by side.
create or replace function tunesmith.check_config_quota() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  most constant integer := tunesmith.limit_of('configs_per_user');
  live integer;
  kept integer;
begin
  -- Row-level security says so too, but later: the quota would tell of somebody else's configs.
  -- It is said here because the API's roles may have no way to auth.uid() in a trigger of theirs.
  if new.user_id is distinct from (select auth.uid()) and (select auth.uid()) is not null then
    raise exception 'a config belongs to the user who makes it' using errcode = '42501';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(new.user_id::text, 7341));
  -- Deleting makes room at once; what can still come back may be as many again.
  select count(*) filter (where c.deleted_at is null), count(*) into live, kept
    from public.training_configs c
   where c.user_id = new.user_id and (c.deleted_at is null or c.deleted_at > pg_catalog.now()
     - tunesmith.limit_of('days_deleted_kept') * interval '1 day');
  if live >= most or kept >= 2 * most then
    raise exception 'quota: % configs, and as many deleted ones', most
      using errcode = 'P0001', hint = 'quota';
  end if;
  return new;
end $$;

drop trigger if exists training_configs_quota on public.training_configs;
create trigger training_configs_quota before insert on public.training_configs
  for each row execute function tunesmith.check_config_quota();

-- The only writer of versions, but for an import of a whole config.
create or replace function tunesmith.keep_version() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.config_versions
    (user_id, config_id, number, operation, message, restored_from, author, created_at, name,
     description, template_type, is_validated, runs, validation_errors, config_text)
  values
    (new.user_id, new.id, new.revision,
     case when tg_op = 'INSERT' then 'create'
          when new.restored_from is not null then 'restore' else 'save' end,
     new.message, case when tg_op = 'UPDATE' then new.restored_from end,
     coalesce((select auth.uid()), new.user_id), new.updated_at, new.name, new.description,
     new.template_type, new.is_validated, new.runs, new.validation_errors, new.config_text);
  delete from public.config_versions v
   where v.user_id = new.user_id and v.config_id = new.id
     and v.number <= new.revision - tunesmith.limit_of('versions_per_config');
  return null;
end $$;

drop trigger if exists training_configs_create on public.training_configs;
create trigger training_configs_create after insert on public.training_configs
  for each row execute function tunesmith.keep_version();
drop trigger if exists training_configs_save on public.training_configs;
create trigger training_configs_save after update on public.training_configs
  for each row when (old.revision is distinct from new.revision)
  execute function tunesmith.keep_version();

-- Rows of an earlier plan have no version yet.
insert into public.config_versions
  (user_id, config_id, number, operation, author, created_at, name, description, template_type,
   is_validated, runs, validation_errors, config_text)
select c.user_id, c.id, c.revision, 'create', c.user_id, c.updated_at, c.name, c.description,
       c.template_type, c.is_validated, c.runs, c.validation_errors, c.config_text
  from public.training_configs c
 where not exists (select from public.config_versions v
                    where v.user_id = c.user_id and v.config_id = c.id);

create or replace function tunesmith.drop_what_is_past() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.training_configs c
   where c.user_id = new.user_id
     and c.deleted_at <= pg_catalog.now() - tunesmith.limit_of('days_deleted_kept') * interval '1 day';
  return null;
end $$;

drop trigger if exists training_configs_delete on public.training_configs;
create trigger training_configs_delete after update on public.training_configs
  for each row when (old.deleted_at is null and new.deleted_at is not null)
  execute function tunesmith.drop_what_is_past();

create or replace function tunesmith.guard_draft() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'UPDATE' and (new.user_id, new.slot) is distinct from (old.user_id, old.slot) then
    raise exception 'user_id and slot never change' using errcode = '42501';
  end if;
  new.updated_at := pg_catalog.now();
  return new;
end $$;

drop trigger if exists config_drafts_guard on public.config_drafts;
create trigger config_drafts_guard before insert or update on public.config_drafts
  for each row execute function tunesmith.guard_draft();

create or replace function tunesmith.drop_old_drafts() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.config_drafts d
   where d.user_id = new.user_id and d.number not in (
     select e.number from public.config_drafts e where e.user_id = new.user_id
      order by e.number desc limit tunesmith.limit_of('drafts_per_user'));
  return null;
end $$;

drop trigger if exists config_drafts_limit on public.config_drafts;
create trigger config_drafts_limit after insert on public.config_drafts
  for each row execute function tunesmith.drop_old_drafts();

-- A share can only be revoked: not aimed elsewhere, not made to last, not revived.
create or replace function tunesmith.guard_share() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
begin
  if current_user not in ('anon', 'authenticated') then
    return new;
  end if;
  if tg_op = 'INSERT' then
    new.id := pg_catalog.gen_random_uuid();
    new.created_at := pg_catalog.now();
    new.views := 0;
    new.revoked_at := null;
    perform pg_catalog.pg_advisory_xact_lock(
      pg_catalog.hashtextextended(new.config_id::text, 7342));
    if (select count(*) from public.config_shares s
         where s.user_id = new.user_id and s.config_id = new.config_id
           and s.revoked_at is null and s.expires_at > pg_catalog.now())
       >= tunesmith.limit_of('shares_per_config') then
      raise exception 'quota: % links to one config', tunesmith.limit_of('shares_per_config')
        using errcode = 'P0001', hint = 'quota';
    end if;
  elsif (new.id, new.config_id, new.user_id, new.token_hash, new.created_at, new.expires_at,
         new.views, new.max_views) is distinct from
        (old.id, old.config_id, old.user_id, old.token_hash, old.created_at, old.expires_at,
         old.views, old.max_views)
     or (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at) then
    raise exception 'a share can only be revoked' using errcode = '42501';
  end if;
  return new;
end $$;

drop trigger if exists config_shares_guard on public.config_shares;
create trigger config_shares_guard before insert or update on public.config_shares
  for each row execute function tunesmith.guard_share();

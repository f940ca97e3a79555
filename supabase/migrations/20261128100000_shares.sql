-- Links that show one config or one comparison to whoever has them.
--
-- A link shows what was shared at the moment when it was made, as the JSON text that
-- core/shares/snapshot.py writes, and never the live config: what is saved later stays with its
-- owner. Links from before have no such text and end here; the app never made any.
--
-- It can be run again after the ones before it, which put their own versions of its functions back.

-- Columns ---------------------------------------------------------------------------------------

insert into tunesmith.limits (name, value) values ('shares_per_user', 100) on conflict do nothing;

alter table public.config_shares
  add column if not exists kind      text not null default 'config',
  add column if not exists title     text,
  add column if not exists snapshot  text,
  -- The recorded yes to each command of what is shared; its reader never sees it.
  add column if not exists approvals jsonb not null default '[]';
delete from public.config_shares where title is null or snapshot is null;
alter table public.config_shares
  alter column kind drop default,
  alter column title set not null,
  alter column snapshot set not null,
  -- A comparison is of several configs, and of drafts, templates and files.
  alter column config_id drop not null;

alter table public.config_shares
  drop constraint if exists config_shares_user_fk,
  drop constraint if exists config_shares_kind_ck,
  drop constraint if exists config_shares_title_ck,
  drop constraint if exists config_shares_snapshot_ck,
  drop constraint if exists config_shares_approvals_ck;
alter table public.config_shares
  add constraint config_shares_user_fk foreign key (user_id)
    references auth.users (id) on delete cascade,
  add constraint config_shares_kind_ck check (
    kind in ('config', 'comparison') and (kind = 'config') = (config_id is not null)),
  add constraint config_shares_title_ck check (tunesmith.is_line(title, 120)),
  add constraint config_shares_snapshot_ck check (octet_length(snapshot) <= 1048576),
  add constraint config_shares_approvals_ck check (
    case when jsonb_typeof(approvals) = 'array' then jsonb_array_length(approvals) <= 200
         else false end);

-- grants:begin
revoke all on public.config_shares from public, anon, authenticated;
grant select, delete on public.config_shares to authenticated;
grant insert (config_id, user_id, token_hash, expires_at, max_views, kind, title, snapshot,
    approvals)
  on public.config_shares to authenticated;
grant update (revoked_at) on public.config_shares to authenticated;
grant all on public.config_shares to service_role;
-- grants:end

-- Making ----------------------------------------------------------------------------------------

-- All tools of what is shared, as those of one document.
create or replace function tunesmith.shared_tools(snapshot text) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('tools', coalesce(jsonb_agg(tool), '[]'))
    from jsonb_array_elements(snapshot::jsonb -> 'columns') as one,
         jsonb_array_elements(
           case jsonb_typeof((one ->> 'text')::jsonb -> 'tools')
             when 'array' then (one ->> 'text')::jsonb -> 'tools' else '[]' end) as tool
$$;

-- A share can only be revoked: not aimed elsewhere, not made to last, not revived. None is made of a
-- text whose commands are not approved.
create or replace function tunesmith.guard_share() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
declare
  from_api constant boolean := current_user in ('anon', 'authenticated');
  is_deleted boolean;
begin
  if tg_op = 'INSERT' then
    -- Whoever deletes it at the same time waits, and then ends this link too.
    select c.deleted_at is not null into is_deleted from public.training_configs c
     where c.id = new.config_id and c.user_id = new.user_id for share;
    if is_deleted then
      raise exception 'this config was deleted' using errcode = '23503';
    end if;
    if from_api then
      new.id := pg_catalog.gen_random_uuid();
      new.created_at := pg_catalog.now();
      new.views := 0;
      new.revoked_at := null;
    end if;
    -- A number of a hundred thousand digits takes long to read.
    if octet_length(new.snapshot) > 1048576
       or jsonb_typeof(new.snapshot::jsonb -> 'columns') is distinct from 'array'
       or jsonb_array_length(new.snapshot::jsonb -> 'columns') not between 1 and 50
       or exists (select from jsonb_array_elements(new.snapshot::jsonb -> 'columns') as one
                   where jsonb_typeof(one -> 'text') is distinct from 'string'
                      or jsonb_typeof((one ->> 'text')::jsonb) is distinct from 'object'
                      or not tunesmith.are_short_numbers((one ->> 'text')::jsonb)) then
      raise exception 'this violates check constraint "config_shares_snapshot_ck"'
        using errcode = '23514', constraint = 'config_shares_snapshot_ck';
    end if;
    -- What was said yes to when the config was saved holds for the link too.
    new.approvals := tunesmith.approved(
      tunesmith.shared_tools(new.snapshot),
      case jsonb_typeof(new.approvals) when 'array' then new.approvals else '[]' end
        || coalesce((select c.approvals from public.training_configs c
                      where c.id = new.config_id and c.user_id = new.user_id), '[]'),
      '[]', new.user_id);
    return new;
  end if;
  if from_api and ((to_jsonb(new) - 'revoked_at') is distinct from (to_jsonb(old) - 'revoked_at')
     or (old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)) then
    raise exception 'a share can only be revoked' using errcode = '42501';
  end if;
  return new;
end $$;

-- How many links a user has at once. Those that have ended make room, and leave nothing behind.
create or replace function tunesmith.check_share_quota() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  of_user integer;
  of_config integer;
begin
  -- Row-level security says so too, but later: the quota would tell of somebody else's links.
  if new.user_id is distinct from (select auth.uid()) and (select auth.uid()) is not null then
    raise exception 'a link belongs to the user who makes it' using errcode = '42501';
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(new.user_id::text, 7342));
  delete from public.config_shares s
   where s.user_id = new.user_id
     and (s.revoked_at is not null or s.expires_at <= pg_catalog.now());
  select count(*), count(*) filter (where s.config_id = new.config_id) into of_user, of_config
    from public.config_shares s where s.user_id = new.user_id;
  if of_user >= tunesmith.limit_of('shares_per_user') then
    raise exception 'quota: % links', tunesmith.limit_of('shares_per_user')
      using errcode = 'P0001', hint = 'quota';
  end if;
  if of_config >= tunesmith.limit_of('shares_per_config') then
    raise exception 'quota: % links to one config', tunesmith.limit_of('shares_per_config')
      using errcode = 'P0001', hint = 'quota';
  end if;
  return new;
end $$;

-- After the guard: triggers go by their names.
drop trigger if exists config_shares_quota on public.config_shares;
create trigger config_shares_quota before insert on public.config_shares
  for each row execute function tunesmith.check_share_quota();

-- In the database's time, so that no clock of an app makes a link too long.
create or replace function public.make_share(
  kind text, title text, snapshot text, token_hash text, days integer,
  config_id uuid default null, approvals jsonb default '[]'
) returns table (id uuid, created_at timestamptz, expires_at timestamptz)
language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
  insert into public.config_shares as s
    (kind, title, snapshot, token_hash, expires_at, config_id, approvals)
  values (kind, title, snapshot, token_hash, pg_catalog.now() + days * interval '1 day', config_id,
    -- Some servers of the API hand JSON on as a string that holds it.
    case jsonb_typeof(approvals) when 'string' then (approvals #>> '{}')::jsonb
         else approvals end)
  returning s.id, s.created_at, s.expires_at
$$;

-- Ending ----------------------------------------------------------------------------------------

-- A config that comes back has to be shared anew.
create or replace function tunesmith.end_shares() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.config_shares s where s.user_id = new.user_id and s.config_id = new.id;
  return null;
end $$;

drop trigger if exists training_configs_end_shares on public.training_configs;
create trigger training_configs_end_shares after update on public.training_configs
  for each row when (old.deleted_at is null and new.deleted_at is not null)
  execute function tunesmith.end_shares();

-- Reading ---------------------------------------------------------------------------------------

-- They read the live config.
drop function if exists public.get_shared_config(text), tunesmith.get_shared_config(text);

-- Who holds the token reads what was shared, and that counts as a view. Volatile, so that the API
-- refuses it over GET and the token stays out of addresses and logs.
create or replace function tunesmith.get_share(token text)
returns table (kind text, title text, snapshot text, created_at timestamptz,
               expires_at timestamptz)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  if token is null or pg_catalog.octet_length(token) not between 43 and 86 then
    return;
  end if;
  -- Unknown, past, revoked and used up all look alike.
  return query
    update public.config_shares s set views = s.views + 1
     where s.token_hash = pg_catalog.encode(
             pg_catalog.sha256(pg_catalog.convert_to(token, 'UTF8')), 'hex')
       and s.revoked_at is null and s.expires_at > pg_catalog.now()
       and (s.max_views is null or s.views < s.max_views)
       and s.views < 2147483647
    returning s.kind, s.title, s.snapshot, s.created_at, s.expires_at;
end $$;

create or replace function public.get_share(token text)
returns table (kind text, title text, snapshot text, created_at timestamptz,
               expires_at timestamptz)
language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
  select * from tunesmith.get_share(token)
$$;

-- What is as it was set up -----------------------------------------------------------------------

-- As before, with the new functions in place of the old one.
create or replace function tunesmith.facts() returns table (what text, fact text)
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  with tables(oid) as (
    select to_regclass(name)::oid from unnest(array['public.training_configs',
      'public.config_versions', 'public.config_drafts', 'public.config_shares',
      'public.config_summaries', 'tunesmith.limits', 'tunesmith.expected']) as name),
  functions as (
    select p.oid::regprocedure as signature, p.*
      from pg_catalog.pg_proc p
     where p.pronamespace = 'tunesmith'::regnamespace
        or p.pronamespace = 'public'::regnamespace and p.proname in (
          'list_configs', 'count_configs', 'config_facets', 'tag_configs', 'mark_config_used',
          'config_history', 'import_config', 'keep_draft', 'make_share', 'get_share',
          'delete_account', 'check_tunesmith'))
  select 'table ' || c.oid::regclass,
         'row-level security ' || c.relrowsecurity || ', options '
           || coalesce(c.reloptions::text, 'none')
           || case c.relkind when 'v' then ', ' || md5(pg_catalog.pg_get_viewdef(c.oid)) else '' end
    from pg_catalog.pg_class c join tables t on t.oid = c.oid
  union all
  select 'policy ' || p.polname || ' on ' || p.polrelid::regclass,
         concat_ws(' ', p.polcmd::text, p.polpermissive,
           (select string_agg(r::regrole::text, ', ' order by r::regrole::text)
              from unnest(p.polroles) r),
           pg_catalog.pg_get_expr(p.polqual, p.polrelid), '/',
           pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    from pg_catalog.pg_policy p join tables t on t.oid = p.polrelid
  union all
  select 'rights of ' || r.role || ' on ' || t.oid::regclass,
         concat_ws('; ',
           (select string_agg(privilege, ', ') from unnest(array['SELECT', 'INSERT', 'UPDATE',
              'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) as privilege
             where pg_catalog.has_table_privilege(r.role, t.oid, privilege)),
           (select string_agg(privilege || '(' || a.attname || ')', ', ' order by privilege, a.attnum)
              from unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) as privilege
              join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum > 0
                and not a.attisdropped
             where pg_catalog.has_column_privilege(r.role, t.oid, a.attnum, privilege)))
    from tables t, (values ('anon'), ('authenticated'), ('service_role')) as r(role)
   where t.oid is not null
  union all
  select 'trigger ' || g.tgname || ' on ' || g.tgrelid::regclass,
         g.tgenabled::text || ' ' || pg_catalog.pg_get_triggerdef(g.oid)
    from pg_catalog.pg_trigger g join tables t on t.oid = g.tgrelid where not g.tgisinternal
  union all
  select 'constraint ' || n.conname || ' on ' || n.conrelid::regclass,
         pg_catalog.pg_get_constraintdef(n.oid)
    from pg_catalog.pg_constraint n join tables t on t.oid = n.conrelid where n.contype <> 'n'
  union all
  select 'index ' || i.indexrelid::regclass, pg_catalog.pg_get_indexdef(i.indexrelid)
    from pg_catalog.pg_index i join tables t on t.oid = i.indrelid
  union all
  select 'function ' || f.signature,
         concat_ws(' ', md5(f.prosrc), f.prosecdef, f.provolatile, f.proconfig::text,
           (select string_agg(r.role, ', ') from (values ('anon'), ('authenticated')) as r(role)
             where pg_catalog.has_function_privilege(r.role, f.oid, 'EXECUTE')))
    from functions f
$$;

create or replace function public.check_tunesmith() returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('version', 20261128100000, 'differences', tunesmith.differences())
$$;

-- grants:begin
revoke all on function tunesmith.shared_tools(text), tunesmith.check_share_quota(),
  tunesmith.end_shares(), tunesmith.get_share(text),
  public.make_share(text, text, text, text, integer, uuid, jsonb), public.get_share(text)
  from public, anon, authenticated;
grant execute on function tunesmith.shared_tools(text),
  public.make_share(text, text, text, text, integer, uuid, jsonb)
  to authenticated, service_role;
grant execute on function public.get_share(text), tunesmith.get_share(text)
  to anon, authenticated, service_role;
-- grants:end

delete from tunesmith.expected;
insert into tunesmith.expected select what, fact from tunesmith.facts();

notify pgrst, 'reload schema';

-- What the app asks the database to do in one step. A function in `public` runs with the rights of
-- its caller, under row-level security; where more is needed it calls one in `tunesmith`.

-- The library -------------------------------------------------------------------------------------

-- One row of a list: nothing that has to be parsed. The caller's rights count, not the owner's.
drop view if exists public.config_summaries cascade;
create view public.config_summaries with (security_invoker = true) as
  select c.id, c.name, c.description, c.template_type, c.method, c.model, c.is_validated, c.runs,
         c.revision, c.times_used, c.last_used_at, c.created_at, c.updated_at, c.tags, c.sort_name
    from public.training_configs c where c.deleted_at is null;
-- grants:begin
revoke all on public.config_summaries from public, anon, authenticated;
grant select on public.config_summaries to authenticated;
grant all on public.config_summaries to service_role;
-- grants:end

-- What a query of the library has to find, as SQL: every value is quoted, and the columns are ours.
create or replace function tunesmith.listing_where(
  search text[], methods text[], templates text[], valid boolean, tags text[]
) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  -- Whose rows they are is said by the policies alone, here as in every function of the caller's.
  sql text := 'c.deleted_at is null';
  word text;
begin
  -- With one value the equals sign lets the rows come in the order of the index.
  if cardinality(methods) = 1 then
    sql := sql || format(' and c.method = %L', methods[1]);
  elsif cardinality(methods) > 1 then
    sql := sql || format(' and c.method = any (%L::text[])', methods);
  end if;
  if cardinality(templates) = 1 then
    sql := sql || format(' and c.template_type = %L', templates[1]);
  elsif cardinality(templates) > 1 then
    sql := sql || format(' and c.template_type = any (%L::text[])', templates);
  end if;
  if valid is not null then
    sql := sql || format(' and c.is_validated = %L', valid);
  end if;
  if cardinality(tags) > 0 then
    sql := sql || format(' and c.tags @> %L::text[]', tags);
  end if;
  -- The app asks for no more than fifty.
  foreach word in array coalesce(search[1:50], '{}') loop
    sql := sql || format(' and strpos(c.search, %L) > 0', word);
  end loop;
  return sql;
end $$;

-- The rows behind a place in the order, or from its start. Equal ones are in the order of their id,
-- which runs the same way.
create or replace function tunesmith.listing_sql(
  search text[], methods text[], templates text[], valid boolean, tags text[],
  sort text, falling boolean, place text, place_id uuid, page_size integer
) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
  place_column text;
  place_type text;
  way constant text := case when falling then 'desc' else 'asc' end;
  behind text := '';
begin
  place_column := case sort when 'updated' then 'updated_at' when 'created' then 'created_at'
    when 'name' then 'sort_name' when 'last_used' then 'used_at'
    when 'times_used' then 'times_used' end;
  place_type := case sort when 'name' then 'text' when 'times_used' then 'integer'
    else 'timestamptz' end;
  if place_column is null then
    raise exception 'there is no order named %', sort using errcode = '22023';
  end if;
  if place is not null then
    behind := format(' and (c.%I, c.id) %s (%L::%s, %L::uuid)',
      place_column, case when falling then '<' else '>' end, place, place_type, place_id);
  end if;
  return format(
    'select c.id, c.name, c.description, c.template_type, c.method, c.model, c.is_validated, c.runs, '
    'c.revision, c.times_used, c.last_used_at, c.created_at, c.updated_at, c.tags, c.sort_name '
    'from public.training_configs c where %s%s order by c.%I %s, c.id %s limit %s',
    tunesmith.listing_where(search, methods, templates, valid, tags), behind,
    place_column, way, way, least(greatest(page_size, 1), 501));
end $$;

-- Each order has its index, and a page is a walk through it: without statistics PostgreSQL might
-- rather read and sort all rows of a user. Where nothing can be found it sorts nothing, at a price
-- so high that it would compile the query first, which takes longer than anything here.
create or replace function public.list_configs(
  search text[] default '{}', methods text[] default '{}', templates text[] default '{}',
  valid boolean default null, tags text[] default '{}', sort text default 'updated',
  falling boolean default true, place text default null, place_id uuid default null,
  page_size integer default 50
) returns setof public.config_summaries
language plpgsql stable security invoker
set search_path = pg_catalog, pg_temp set enable_sort = off set enable_bitmapscan = off set jit = off
as $$
begin
  return query execute tunesmith.listing_sql(
    search, methods, templates, valid, tags, sort, falling, place, place_id, page_size);
end $$;

create or replace function public.count_configs(
  search text[] default '{}', methods text[] default '{}', templates text[] default '{}',
  valid boolean default null, tags text[] default '{}'
) returns bigint
language plpgsql stable security invoker set search_path = pg_catalog, pg_temp as $$
declare found bigint;
begin
  execute 'select count(*) from public.training_configs c where '
    || tunesmith.listing_where(search, methods, templates, valid, tags) into found;
  return found;
end $$;

-- What there is to filter by, each with the number of configs that have it.
create or replace function public.config_facets() returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  with own as (
    select c.method, c.template_type, c.tags from public.training_configs c
     where c.deleted_at is null)
  select jsonb_build_object(
    'total', (select count(*) from own),
    'methods', (select coalesce(jsonb_object_agg(f.method, f.n), '{}') from (
      select o.method, count(*) as n from own o where o.method is not null group by 1) f),
    'templates', (select coalesce(jsonb_object_agg(f.template_type, f.n), '{}') from (
      select o.template_type, count(*) as n from own o group by 1) f),
    'tags', (select coalesce(jsonb_object_agg(f.tag, f.n), '{}') from (
      select t.tag, count(*) as n from own o, unnest(o.tags) as t(tag) group by 1) f))
$$;

-- How many configs were changed. Nothing is, where one of them is not there (null), or where one
-- would have more tags than a config may (their number, negative).
create or replace function public.tag_configs(config_ids uuid[], give text[], take text[])
returns integer
language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp as $$
declare
  wanted constant integer := (select count(distinct i) from unnest(config_ids) as i);
  there integer;
  most integer;
begin
  perform from public.training_configs c
   where c.deleted_at is null and c.id = any (config_ids)
   order by c.id for update;
  get diagnostics there = row_count;
  if there <> wanted then
    return null;
  end if;
  select coalesce(max(cardinality(tunesmith.tags_after(c.tags, give, take))), 0) into most
    from public.training_configs c
   where c.deleted_at is null and c.id = any (config_ids);
  if most > 20 then
    return -most;
  end if;
  update public.training_configs c set tags = tunesmith.tags_after(c.tags, give, take)
   where c.deleted_at is null and c.id = any (config_ids);
  return wanted;
end $$;

-- A tag that is both given and taken is given.
create or replace function tunesmith.tags_after(tags text[], give text[], take text[]) returns text[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(array_agg(distinct t.tag), '{}') from (
    select kept.tag from unnest(tags) as kept(tag) where (kept.tag = any (take)) is not true
    union all select given.tag from unnest(give) as given(tag)) t
$$;

-- One config ---------------------------------------------------------------------------------------

create or replace function tunesmith.mark_config_used(config_id uuid) returns integer
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  update public.training_configs c
     set times_used = c.times_used + 1, last_used_at = pg_catalog.now()
   where c.id = mark_config_used.config_id and c.user_id = (select auth.uid())
     and c.deleted_at is null
  returning c.times_used
$$;

create or replace function public.mark_config_used(config_id uuid) returns integer
language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
  select tunesmith.mark_config_used(config_id)
$$;

-- The versions of a config that is there, the newest first; or the one of that number.
create or replace function public.config_history(config_id uuid, number integer default null)
returns setof public.config_versions
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select v.* from public.config_versions v
    join public.training_configs c on c.user_id = v.user_id and c.id = v.config_id
   where v.config_id = config_history.config_id
     and c.deleted_at is null
     and (config_history.number is null or v.number = config_history.number)
   order by v.number desc
$$;

-- A config of another store, with its versions as they are; null where it is here already. Its id
-- follows from the caller and from what it was there, so that a second try finds the first, and so
-- that nobody can take an id that is to be another user's.
create or replace function tunesmith.import_config(source_id text, config jsonb, versions jsonb)
returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  owner constant uuid := (select auth.uid());
  new_id constant uuid := substr(pg_catalog.encode(pg_catalog.sha256(
    pg_catalog.convert_to(owner::text || '/' || source_id, 'UTF8')), 'hex'), 1, 32)::uuid;
  newest constant jsonb := versions -> -1;
begin
  if owner is null then
    raise exception 'sign in first' using errcode = '42501';
  end if;
  perform tunesmith.refuse_long_numbers(config, versions);
  -- The quota's lock: of two that bring the same config at once, the second finds it here.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(owner::text, 7341));
  -- What can't come back any more is in nobody's way.
  delete from public.training_configs c
   where c.id = new_id and c.deleted_at <= pg_catalog.now()
     - tunesmith.limit_of('days_deleted_kept') * interval '1 day';
  if exists (select from public.training_configs c where c.id = new_id) then
    return null;
  end if;
  if jsonb_typeof(versions) is distinct from 'array'
     or jsonb_array_length(versions) not between 1 and tunesmith.limit_of('versions_per_config')
     or (newest ->> 'number')::integer is distinct from (config ->> 'revision')::integer
     or (newest ->> 'config_text') is distinct from (config ->> 'config_text')
     or exists (select from jsonb_array_elements(versions) as v
                 where (v ->> 'number')::integer > (config ->> 'revision')::integer)
     -- What is infinite or before Christ, no reader of a list gets over.
     or exists (select from jsonb_array_elements(versions || config) as v,
                  (values ('created_at'), ('updated_at'), ('last_used_at')) as k(moment)
                 where (v ->> k.moment)::timestamptz not between timestamptz '1970-01-01 00:00Z'
                   and pg_catalog.now() + interval '1 day') then
    raise exception 'these versions are not those of the config' using errcode = '22023';
  end if;
  insert into public.training_configs
    (id, user_id, name, description, template_type, config_text, config_json, search, is_validated,
     runs, validation_errors, tags, message, restored_from, times_used, last_used_at, revision,
     created_at, updated_at)
  select new_id, owner, c.name, c.description, c.template_type, c.config_text, '{}', c.search,
         c.is_validated, c.runs, nullif(c.validation_errors, 'null'), c.tags, c.message, c.restored_from,
         c.times_used, c.last_used_at, c.revision, c.created_at, c.updated_at
    from jsonb_populate_record(null::public.training_configs, config) c;
  delete from public.config_versions v where v.user_id = owner and v.config_id = new_id;
  insert into public.config_versions
    (user_id, config_id, number, operation, message, restored_from, author, created_at, name,
     description, template_type, is_validated, runs, validation_errors, config_text)
  select owner, new_id, v.number, v.operation, v.message, v.restored_from, owner, v.created_at,
         v.name, v.description, v.template_type, v.is_validated, v.runs,
         nullif(v.validation_errors, 'null'), v.config_text
    from jsonb_populate_recordset(null::public.config_versions, versions) v;
  return new_id;
end $$;

create or replace function public.import_config(source_id text, config jsonb, versions jsonb)
returns uuid
language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
  -- Some servers of the API hand JSON on as a string that holds it.
  select tunesmith.import_config(source_id,
    case jsonb_typeof(config) when 'string' then (config #>> '{}')::jsonb else config end,
    case jsonb_typeof(versions) when 'string' then (versions #>> '{}')::jsonb else versions end)
$$;

-- Drafts ---------------------------------------------------------------------------------------------

create or replace function public.keep_draft(slot text, name text, config_id text, payload text)
returns void
language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
  insert into public.config_drafts (slot, name, config_id, payload)
  values (slot, name, config_id, payload)
  on conflict on constraint config_drafts_user_id_slot_key do update
    set number = default, name = excluded.name, config_id = excluded.config_id,
        payload = excluded.payload
$$;

-- Shares ---------------------------------------------------------------------------------------------

-- Who holds the token reads that one config. Volatile, so that the API refuses it over GET and the
-- token stays out of addresses and logs.
create or replace function tunesmith.get_shared_config(token text)
returns table (name text, description text, template_type text, config_text text,
               revision integer, expires_at timestamptz)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare s public.config_shares;
begin
  if token is null or pg_catalog.octet_length(token) not between 43 and 86 then
    return;
  end if;
  -- Unknown, past, revoked and used up all look alike.
  update public.config_shares t set views = t.views + 1
   where t.token_hash = pg_catalog.encode(
           pg_catalog.sha256(pg_catalog.convert_to(token, 'UTF8')), 'hex')
     and t.revoked_at is null and t.expires_at > pg_catalog.now()
     and (t.max_views is null or t.views < t.max_views)
  returning t.* into s;
  if not found then
    return;
  end if;
  return query
    select c.name, c.description, c.template_type, c.config_text, c.revision, s.expires_at
      from public.training_configs c
     where c.id = s.config_id and c.user_id = s.user_id and c.deleted_at is null;
end $$;

create or replace function public.get_shared_config(token text)
returns table (name text, description text, template_type text, config_text text,
               revision integer, expires_at timestamptz)
language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
  select * from tunesmith.get_shared_config(token)
$$;

-- The account ----------------------------------------------------------------------------------------

-- Everything of the user goes with it. The password has to have been typed within five minutes: a
-- token that was stolen, or has been refreshed ever since, deletes nothing.
create or replace function tunesmith.delete_account() returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  claims constant jsonb := (select auth.jwt());
  -- Supabase Auth tells when the password was typed; a server that doesn't, when it gave the token.
  typed_at constant double precision := case when claims ? 'amr' then (
    select max((m ->> 'timestamp')::double precision)
      from jsonb_array_elements(claims -> 'amr') as m
     where m ->> 'method' = 'password') else (claims ->> 'iat')::double precision end;
begin
  if (select auth.uid()) is null
     or coalesce(typed_at, 0) < extract(epoch from pg_catalog.now()) - 300 then
    raise exception 'sign in with the password first' using errcode = '42501';
  end if;
  delete from auth.users u where u.id = (select auth.uid());
  return found;
end $$;

create or replace function public.delete_account() returns boolean
language sql volatile security invoker set search_path = pg_catalog, pg_temp as $$
  select tunesmith.delete_account()
$$;

-- What is as it was set up ---------------------------------------------------------------------------

-- Every object of ours and what it has to be like, one row a fact.
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
          'config_history', 'import_config', 'keep_draft', 'get_shared_config', 'delete_account',
          'check_tunesmith'))
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

create table if not exists tunesmith.expected (what text primary key, fact text not null);
revoke all on tunesmith.expected from public, anon, authenticated;

create or replace function tunesmith.differences() returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('what', coalesce(e.what, f.what), 'problem',
      case when f.what is null then 'is missing' when e.what is null then 'is not ours'
           else 'was changed' end) order by coalesce(e.what, f.what)), '[]')
    from tunesmith.expected e full join tunesmith.facts() f on f.what = e.what
   where e.fact is distinct from f.fact
$$;

-- For `python -m core supabase check`, with no sign-in: it tells of the schema, and reads no row of
-- any user.
create or replace function public.check_tunesmith() returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('version', 20261124000100, 'differences', tunesmith.differences())
$$;

-- Who may call what: a new function is everybody's until that is taken away. ---------------------------

-- grants:begin
revoke all on all functions in schema tunesmith from public, anon, authenticated;
revoke all on function
  public.list_configs(text[], text[], text[], boolean, text[], text, boolean, text, uuid, integer),
  public.count_configs(text[], text[], text[], boolean, text[]), public.config_facets(),
  public.tag_configs(uuid[], text[], text[]), public.mark_config_used(uuid),
  public.config_history(uuid, integer), public.import_config(text, jsonb, jsonb),
  public.keep_draft(text, text, text, text), public.get_shared_config(text),
  public.delete_account(), public.check_tunesmith()
  from public, anon, authenticated;

grant execute on function
  public.list_configs(text[], text[], text[], boolean, text[], text, boolean, text, uuid, integer),
  public.count_configs(text[], text[], text[], boolean, text[]), public.config_facets(),
  public.tag_configs(uuid[], text[], text[]), public.mark_config_used(uuid),
  public.config_history(uuid, integer), public.import_config(text, jsonb, jsonb),
  public.keep_draft(text, text, text, text), public.delete_account(),
  tunesmith.listing_sql(text[], text[], text[], boolean, text[], text, boolean, text, uuid, integer),
  tunesmith.listing_where(text[], text[], text[], boolean, text[]),
  tunesmith.tags_after(text[], text[], text[]), tunesmith.mark_config_used(uuid),
  tunesmith.import_config(text, jsonb, jsonb), tunesmith.delete_account(),
  tunesmith.is_line(text, integer), tunesmith.are_tags(text[]), tunesmith.are_short_numbers(jsonb),
  tunesmith.refuse_long_numbers(jsonb, jsonb), tunesmith.limit_of(text)
  to authenticated, service_role;
grant execute on function public.get_shared_config(text), tunesmith.get_shared_config(text),
  public.check_tunesmith(), tunesmith.differences() to anon, authenticated, service_role;
-- grants:end

delete from tunesmith.expected;
insert into tunesmith.expected select what, fact from tunesmith.facts();

notify pgrst, 'reload schema';

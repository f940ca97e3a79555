-- What a config was checked for, and the recorded yes to each command that its tools would run.
--
-- A tool of type "command", or with a "command", runs a shell command on the training machine. No
-- text with one is written, and no link to one is made, unless `approvals` has the SHA-256 of the
-- command: a list of objects with sha256, at, and by. Rows from before have none: they can be read,
-- and whoever writes one of them anew is asked. core/consent.py finds the same commands.
--
-- It can be run again after the ones before it, which put their own versions of its functions back.

-- Columns ---------------------------------------------------------------------------------------

alter table public.training_configs
  add column if not exists target    text not null default '',
  add column if not exists approvals jsonb not null default '[]';
alter table public.config_versions
  add column if not exists target    text not null default '',
  add column if not exists approvals jsonb not null default '[]';

alter table public.training_configs
  drop constraint if exists training_configs_target_ck,
  drop constraint if exists training_configs_approvals_ck;
alter table public.training_configs
  add constraint training_configs_target_ck check (
    char_length(target) <= 100 and target !~ '[^\u0020-\u007E]'),
  add constraint training_configs_approvals_ck check (
    case when jsonb_typeof(approvals) = 'array' then jsonb_array_length(approvals) <= 200
         else false end);
alter table public.config_versions
  drop constraint if exists config_versions_target_ck,
  drop constraint if exists config_versions_approvals_ck;
alter table public.config_versions
  add constraint config_versions_target_ck check (
    char_length(target) <= 100 and target !~ '[^\u0020-\u007E]'),
  add constraint config_versions_approvals_ck check (
    case when jsonb_typeof(approvals) = 'array' then jsonb_array_length(approvals) <= 200
         else false end);

-- grants:begin
grant insert (target, approvals) on public.training_configs to authenticated;
grant update (target, approvals) on public.training_configs to authenticated;
-- grants:end

-- Consent ---------------------------------------------------------------------------------------

-- What the tools of a document would run, each command once, as SHA-256 in hexadecimal digits. The
-- trainer runs text only: anything else counts as the empty text.
create or replace function tunesmith.command_hashes(document jsonb) returns text[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select coalesce(array_agg(distinct encode(sha256(convert_to(
      case jsonb_typeof(tool -> 'command') when 'string' then tool ->> 'command' else '' end,
      'UTF8')), 'hex')), '{}')
    from jsonb_array_elements(case jsonb_typeof(document -> 'tools')
      when 'array' then document -> 'tools' else '[]' end) as tool
   where jsonb_typeof(tool) = 'object'
     and (tool ? 'command' or tool -> 'type' = '"command"')
$$;

-- What is recorded of the approvals that come with a document. Who writes it chooses neither whose
-- they are nor a moment to come, and what is recorded already stays as it is.
create or replace function tunesmith.approved(
  document jsonb, given jsonb, known jsonb, owner uuid
) returns jsonb
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  needed constant text[] := tunesmith.command_hashes(document);
  found jsonb;
begin
  if cardinality(needed) = 0 then
    return '[]';
  end if;
  if jsonb_typeof(given) is distinct from 'array' then
    given := '[]';
  end if;
  if cardinality(needed) > 200 or jsonb_array_length(given) > 1000 then
    raise exception 'more commands violate check constraint "training_configs_approvals_ck"'
      using errcode = '23514', constraint = 'training_configs_approvals_ck';
  end if;
  with said as (
    select distinct on (one ->> 'sha256') one ->> 'sha256' as hash,
           least(greatest(coalesce((one ->> 'at')::timestamptz, 'infinity'),
             timestamptz '1970-01-01 00:00Z'), pg_catalog.now()) as at
      from jsonb_array_elements(given) with ordinality as g(one, place)
     where one ->> 'sha256' = any (needed)
     order by one ->> 'sha256', place),
  recorded as (
    select one ->> 'sha256' as hash, one from jsonb_array_elements(known) as k(one))
  select jsonb_agg(coalesce(r.one, jsonb_build_object('sha256', s.hash, 'by', owner, 'at',
             to_char(s.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')))
           order by s.hash collate "C") into found
    from said s left join recorded r on r.hash = s.hash;
  if coalesce(jsonb_array_length(found), 0) < cardinality(needed) then
    raise exception 'consent: a command of its tools is not approved'
      using errcode = 'P0001', hint = 'consent';
  end if;
  return found;
end $$;

-- As before, and no version is made of a text whose commands are not approved.
create or replace function tunesmith.guard_config() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
declare
  -- False inside a function with its owner's rights.
  from_api constant boolean := current_user in ('anon', 'authenticated');
  comes_back boolean;
  renews boolean;
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
    new.approvals := tunesmith.approved(new.config_json, new.approvals, '[]', new.user_id);
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
  renews := (new.description, new.template_type, new.config_text, new.target)
     is distinct from (old.description, old.template_type, old.config_text, old.target)
     or (new.name is distinct from old.name and not comes_back);
  if renews or new.approvals is distinct from old.approvals then
    new.approvals := tunesmith.approved(
      new.config_json, new.approvals, old.approvals, new.user_id);
  end if;
  if renews or new.approvals is distinct from old.approvals then
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

-- As before, with the new columns.
create or replace function tunesmith.keep_version() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.config_versions
    (user_id, config_id, number, operation, message, restored_from, author, created_at, name,
     description, template_type, is_validated, runs, validation_errors, config_text, target,
     approvals)
  values
    (new.user_id, new.id, new.revision,
     case when tg_op = 'INSERT' then 'create'
          when new.restored_from is not null then 'restore' else 'save' end,
     new.message, case when tg_op = 'UPDATE' then new.restored_from end,
     coalesce((select auth.uid()), new.user_id), new.updated_at, new.name, new.description,
     new.template_type, new.is_validated, new.runs, new.validation_errors, new.config_text,
     new.target, new.approvals);
  delete from public.config_versions v
   where v.user_id = new.user_id and v.config_id = new.id
     and v.number <= new.revision - tunesmith.limit_of('versions_per_config');
  return null;
end $$;

-- Whoever writes a version: its text is judged as that of a config.
create or replace function tunesmith.guard_version() returns trigger
language plpgsql security invoker set search_path = pg_catalog, pg_temp as $$
begin
  new.approvals := tunesmith.approved(
    new.config_text::jsonb, new.approvals, '[]', new.user_id);
  return new;
end $$;

drop trigger if exists config_versions_guard on public.config_versions;
create trigger config_versions_guard before insert on public.config_versions
  for each row execute function tunesmith.guard_version();

-- As before, with the new columns: the guards record the approvals as the caller's.
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
     created_at, updated_at, target, approvals)
  select new_id, owner, c.name, c.description, c.template_type, c.config_text, '{}', c.search,
         c.is_validated, c.runs, nullif(c.validation_errors, 'null'), c.tags, c.message, c.restored_from,
         c.times_used, c.last_used_at, c.revision, c.created_at, c.updated_at,
         coalesce(c.target, ''), c.approvals
    from jsonb_populate_record(null::public.training_configs, config) c;
  delete from public.config_versions v where v.user_id = owner and v.config_id = new_id;
  insert into public.config_versions
    (user_id, config_id, number, operation, message, restored_from, author, created_at, name,
     description, template_type, is_validated, runs, validation_errors, config_text, target,
     approvals)
  select owner, new_id, v.number, v.operation, v.message, v.restored_from, owner, v.created_at,
         v.name, v.description, v.template_type, v.is_validated, v.runs,
         nullif(v.validation_errors, 'null'), v.config_text, coalesce(v.target, ''), v.approvals
    from jsonb_populate_recordset(null::public.config_versions, versions) v;
  return new_id;
end $$;

-- As before, and no link is made to a text whose commands are not approved.
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
    -- What was written before commands had to be approved is not handed on.
    perform tunesmith.approved(c.config_json, c.approvals, c.approvals, c.user_id)
       from public.training_configs c
      where c.id = new.config_id and c.user_id = new.user_id;
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

create or replace function public.check_tunesmith() returns jsonb
language sql stable security invoker set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_object('version', 20261128000000, 'differences', tunesmith.differences())
$$;

-- grants:begin
revoke all on function tunesmith.command_hashes(jsonb), tunesmith.guard_version(),
  tunesmith.approved(jsonb, jsonb, jsonb, uuid) from public, anon, authenticated;
grant execute on function tunesmith.command_hashes(jsonb),
  tunesmith.approved(jsonb, jsonb, jsonb, uuid) to authenticated, service_role;
-- grants:end

delete from tunesmith.expected;
insert into tunesmith.expected select what, fact from tunesmith.facts();

notify pgrst, 'reload schema';

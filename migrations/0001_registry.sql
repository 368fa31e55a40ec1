-- Applications, models, versions and links: small tables that every server reads whole. On a sharded PostgreSQL they are
-- reference tables, so they have no shard_key.

create table application (
  name text primary key
    constraint application_name_pattern check (name ~ '^[a-z][a-z0-9-]{0,62}$')
    -- Each application has an endpoint of its name beside these paths.
    constraint application_name_reserved check (name not in ('graphql', 'v2', 'health', 'metrics', 'dashboard', 'docs')),
  description text not null default ''
    constraint application_description_length check (length(description) <= 10000),
  slo_ms double precision not null
    constraint application_slo_positive check (slo_ms > 0 and slo_ms < 'infinity'),
  input jsonb not null
    constraint application_input_array check (jsonb_typeof(input) = 'array'),
  output jsonb not null
    constraint application_output_object check (jsonb_typeof(output) = 'object'),
  default_output jsonb
    constraint application_default_output_object check (jsonb_typeof(default_output) = 'object'),
  policy jsonb not null
    constraint application_policy_object check (jsonb_typeof(policy) = 'object'),
  policy_version integer not null default 1
    constraint application_policy_version_positive check (policy_version > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table application is
  'What frontends call by name. input: list of tensor specifications; default_output: null when there is none.';

create table model (
  name text primary key
    constraint model_name_pattern check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  current_version integer not null
);
comment on table model is 'A named function with immutable numbered versions, one of which is current.';

create table model_version (
  model text not null references model (name) on delete cascade,
  version integer not null
    constraint model_version_positive check (version > 0),
  signature jsonb not null
    constraint model_version_signature_object check (jsonb_typeof(signature) = 'object'),
  endpoints text[] not null default '{}',
  created_at timestamptz not null default now(),
  primary key (model, version)
);
comment on table model_version is
  'One version of a model. The signature never changes; endpoints (wrappers that someone else runs) may.';

-- A model and its first version refer to each other: checked at commit, when both are there.
alter table model
  add constraint model_current_version_exists
  foreign key (name, current_version) references model_version (model, version)
  deferrable initially deferred;

create table application_model (
  application text not null references application (name) on delete cascade,
  model text not null references model (name),
  weight double precision not null
    constraint application_model_weight_positive check (weight > 0 and weight < 'infinity'),
  primary key (application, model)
);
comment on table application_model is 'The models that an application asks, with their weights under the static policy.';

-- Saved models that servers run: what was asked for, and how it went.

create table deployment (
  seq bigint generated always as identity primary key,
  server text not null,
  model text not null
    constraint deployment_model_pattern check (model ~ '^[a-z][a-z0-9-]{0,62}$'),
  version integer not null
    constraint deployment_version_positive check (version > 0),
  status text not null default 'PREPARING'
    constraint deployment_status check (status in ('PREPARING', 'STARTING', 'SERVING', 'FAILED', 'REMOVED')),
  spec jsonb not null
    constraint deployment_spec_object check (jsonb_typeof(spec) = 'object'),
  reason text
    constraint deployment_reason check (status <> 'FAILED' or reason is not null),
  last_lines jsonb not null default '[]'
    constraint deployment_last_lines_array check (jsonb_typeof(last_lines) = 'array'),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create unique index deployment_running on deployment (server, model, version)
  where status in ('PREPARING', 'STARTING', 'SERVING');
comment on table deployment is
  'server: the data folder that has the artefact, whose server runs the wrappers. One that is SERVING is started again with its server; a version may have one on each server. last_lines: what a failed one''s wrappers printed last.';

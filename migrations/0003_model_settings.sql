-- How each model is batched and cached, and how long bulk queries may take: what can be changed while it is served.

alter table model
  add column settings jsonb not null default '{}'
    constraint model_settings_object check (jsonb_typeof(settings) = 'object'),
  add column cache_generation integer not null default 0;
comment on column model.settings is
  'What was chosen for this model by mutation; what is absent is as the server''s configuration says.';
comment on column model.cache_generation is
  'Grows with every invalidation: a server that finds another number than before forgets what it cached.';

alter table application
  add column bulk_deadline_ms double precision not null default 30000
    constraint application_bulk_deadline_positive check (bulk_deadline_ms > 0 and bulk_deadline_ms < 'infinity');
comment on column application.bulk_deadline_ms is
  'Within which BULK queries are answered, in milliseconds; INTERACTIVE ones have slo_ms.';

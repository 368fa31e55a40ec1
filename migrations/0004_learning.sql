-- What is learned from the feedback log, what it is learned for (policies, losses, rules of feedback), and the predictions
-- that receipts cannot carry whole. shard_key is the application and stands first in every key.

alter table observation
  add column learned_by integer[] not null default '{}',
  add column superseded_by bigint,
  add constraint observation_superseded_later check (superseded_by > seq);
create index observation_entity on observation (shard_key, entity, seq) where entity is not null;
comment on table observation is
  'What turned out to be true, in the total order of each application (seq from 1, shared with log_event); rows change only when they are superseded. evidence: what the receipt carried about the prediction. learned_by: policy versions that it is folded into. superseded_by: seq of the row that corrects it.';

create table log_event (
  shard_key text not null,
  seq bigint not null
    constraint log_event_seq_positive check (seq > 0),
  kind text not null
    constraint log_event_kind check (kind in ('DRIFT', 'PRIOR', 'POLICY', 'ENTITY_RESET', 'ENTITY_DELETED', 'STATE_REBUILT')),
  at timestamptz not null default now(),
  content jsonb not null default '{}',
  primary key (shard_key, seq)
);
comment on table log_event is
  'What happened to an application''s learned state that is no observation; seq is of the same order as the observations''.';

create table policy_version (
  shard_key text not null,
  version integer not null
    constraint policy_version_positive check (version > 0),
  policy jsonb not null
    constraint policy_version_policy_object check (jsonb_typeof(policy) = 'object'),
  loss jsonb not null
    constraint policy_version_loss_object check (jsonb_typeof(loss) = 'object'),
  origin text not null default 'CREATED'
    constraint policy_version_origin check (origin in ('CREATED', 'FORKED', 'REPLAYED')),
  origin_from integer
    constraint policy_version_origin_from check ((origin = 'CREATED') = (origin_from is null)),
  since_seq bigint not null
    constraint policy_version_since_not_negative check (since_seq >= 0),
  lineage_versions integer[] not null default '{}',
  lineage_until bigint[] not null default '{}',
  frozen boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (shard_key, version)
);
comment on table policy_version is
  'Which correction policy an application had under each version; rows stay when the application is deleted. since_seq: end of the log when it began. lineage: the versions that a fork descends from, nearest first, each with the end of the log when it was left: snapshots that were copied continue with what those learned.';

create table policy_state (
  shard_key text not null,
  policy_version integer not null,
  entity text not null default ''
    constraint policy_state_entity_length check (length(entity) <= 1024),
  seq bigint not null,
  birth_seq bigint not null,
  rebuild_pending boolean not null default false,
  birth bytea not null,
  state bytea not null,
  primary key (shard_key, policy_version, entity),
  constraint policy_state_after_birth check (seq >= birth_seq)
) with (fillfactor = 70);
create index policy_state_rebuild_pending on policy_state (shard_key) where rebuild_pending;
-- Weights and factors are noise to a compressor: trying costs more time than anything else in a write.
alter table policy_state alter column birth set storage external, alter column state set storage external;
comment on table policy_state is
  'Learned states: birth (before the first observation, at birth_seq) and state, folded up to seq of the log. entity '''' is the population. rebuild_pending: an observation in it was superseded or deleted since. Room is left on each page for new versions of its rows, which then need no new index entries.';

create table entity_tombstone (
  shard_key text not null,
  entity_digest bytea not null
    constraint entity_tombstone_digest_length check (length(entity_digest) = 32),
  seq bigint not null,
  deleted_at timestamptz,
  primary key (shard_key, entity_digest)
);
comment on table entity_tombstone is
  'Entities (SHA-256 of the name) whose states up to seq are void: they were reset or, with deleted_at, deleted; what was predicted for them before is no longer taken.';

create table prediction (
  shard_key text not null,
  id text not null,
  predicted_at timestamptz not null,
  policy_version integer not null,
  entity text,
  source text not null,
  evidence jsonb,
  input bytea,
  shown_at timestamptz,
  primary key (shard_key, id, predicted_at)
) partition by range (predicted_at);
alter table prediction alter column input set storage external;
create index prediction_time on prediction (shard_key, predicted_at, id);
create index prediction_shown on prediction (shard_key, shown_at, id) where shown_at is not null;
create index prediction_entity on prediction (shard_key, entity) where entity is not null;
comment on table prediction is
  'Predictions with the evidence that learning needs, written in batches after they were answered: the last of them may be lost with the server. One partition a UTC day, made by the servers and dropped when it is older than the retention.';

alter table application
  add column loss jsonb
    constraint application_loss_object check (jsonb_typeof(loss) = 'object'),
  add column confidence_threshold double precision
    constraint application_confidence_threshold_share check (confidence_threshold between 0 and 1),
  add column coverage double precision
    constraint application_coverage_share check (coverage > 0 and coverage < 1),
  add column log_predictions text not null default 'NONE'
    constraint application_log_predictions check (log_predictions in ('NONE', 'EVIDENCE', 'INPUTS')),
  add column reward_wait_ms double precision
    constraint application_reward_wait_positive check (reward_wait_ms > 0 and reward_wait_ms < 'infinity'),
  add column default_reward double precision
    constraint application_default_reward_finite check (default_reward > '-infinity' and default_reward < 'infinity'),
  add column aggregation text not null default 'EARLIEST'
    constraint application_aggregation check (aggregation in ('EARLIEST', 'MEAN', 'SUM')),
  add column defer_activation boolean not null default false,
  add column apprentice boolean not null default false,
  add constraint application_default_reward_with_wait check ((reward_wait_ms is null) = (default_reward is null));
update application set loss =
  case output ->> 'kind' when 'LABEL' then '{"kind": "ZERO_ONE"}'::jsonb else '{"kind": "SQUARED", "range": 1}'::jsonb end;
alter table application alter column loss set not null;
comment on column application.reward_wait_ms is
  'How long a prediction waits for its observation before it counts as default_reward; null: for ever.';

-- Those that exist have learned nothing yet. From now on each application has its head from the beginning.
insert into application_head (shard_key) select name from application on conflict do nothing;
insert into policy_version (shard_key, version, policy, loss, since_seq)
  select name, policy_version, policy, loss, coalesce((select last_seq from application_head where shard_key = name), 0)
  from application;

comment on table receipt_key is
  'Keys that sign receipts: the newest signs, the newest two without retired_at verify.';

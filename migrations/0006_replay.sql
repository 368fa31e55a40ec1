-- Policy versions that are made by folding the feedback log under another policy, and the jobs that make them.

alter table policy_version
  add column replayed_after bigint,
  add column replayed_until bigint,
  add constraint policy_version_replayed check (
    (replayed_after is null) = (replayed_until is null) and replayed_after >= 0 and replayed_after <= replayed_until);
comment on column policy_version.replayed_until is
  'All observations after replayed_after up to this place were folded into a replayed version, whoever had answered them; a fork of such a version has its range.';

create table policy_replay (
  shard_key text not null,
  version integer not null
    constraint policy_replay_version_positive check (version > 0),
  status text not null default 'RUNNING'
    constraint policy_replay_status check (status in ('RUNNING', 'COMPLETE', 'FAILED')),
  progress jsonb not null default '{}',
  failure text
    constraint policy_replay_failure check ((status = 'FAILED') = (failure is not null)),
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (shard_key, version)
);
create unique index policy_replay_running on policy_replay (shard_key) where status = 'RUNNING';
comment on table policy_replay is
  'Jobs that fold the log into the states of a new policy version, whose number is theirs from the beginning; its row in policy_version comes when they are complete, its states in policy_state before. One that was not updated for a minute has lost its server. States of failed ones are removed by the next.';

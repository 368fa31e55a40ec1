-- The feedback log. shard_key is the application and stands first in every key, so that applications can be distributed.
-- No reference to application: a deleted application's observations stay.

create table application_head (
  shard_key text primary key,
  last_seq bigint not null default 0
    constraint application_head_seq_not_negative check (last_seq >= 0)
);
comment on table application_head is
  'The end of an application''s feedback log. Whoever appends locks this row first, which makes the order total and gapless.';

create table observation (
  shard_key text not null,
  seq bigint not null
    constraint observation_seq_positive check (seq > 0),
  receipt_id text not null
    constraint observation_receipt_id_length check (length(receipt_id) between 1 and 255),
  key text not null default ''
    constraint observation_key_length check (length(key) <= 255),
  policy_version integer not null,
  entity text
    constraint observation_entity_length check (length(entity) <= 1024),
  predicted_at timestamptz not null,
  truth jsonb not null
    constraint observation_truth_kind check (
      case truth ->> 'kind'
        when 'LABEL' then jsonb_typeof(truth -> 'label') = 'string'
        when 'NUMBER' then jsonb_typeof(truth -> 'number') = 'number'
        when 'VECTOR' then jsonb_typeof(truth -> 'vector') = 'array'
        when 'REWARD' then jsonb_typeof(truth -> 'reward') = 'number'
        else false
      end is true
    ),
  evidence jsonb,
  observed_at timestamptz not null default now(),
  primary key (shard_key, seq),
  constraint observation_once unique (shard_key, receipt_id, key)
);
comment on table observation is
  'What turned out to be true, in the total order of each application (seq from 1, without gaps); rows never change. evidence: what the receipt carried about the prediction.';

create table receipt_key (
  id integer primary key
    constraint receipt_key_id_positive check (id > 0),
  secret bytea not null
    constraint receipt_key_secret_length check (length(secret) = 32),
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
comment on table receipt_key is 'Keys that sign receipts: the newest signs, those without retired_at verify.';

-- Rewards that are told before they count, and predictions that wait for theirs.

alter table observation add column counts boolean not null default true;
comment on column observation.counts is
  'False for a reward that was told and does not count by itself: it waits to be counted together with others of its prediction, was counted so (the row with key $total), or came after the one that counts. learned_by is empty then.';

alter table prediction add column waits_from timestamptz;
drop index prediction_shown;
create index prediction_waiting on prediction (shard_key, waits_from, id) where waits_from is not null;
comment on column prediction.waits_from is
  'Since when it waits for its reward: since it was made or, with deferred activation, shown. Null: it does not wait (any more).';

create table reward_turn (
  shard_key text primary key,
  server text not null,
  until timestamptz not null
);
comment on table reward_turn is
  'Which server goes through an application''s waiting predictions, and until when others leave them to it. It spares work: that each is counted once does not rest on it.';

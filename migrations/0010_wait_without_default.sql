-- Rewards may be counted together at the end of a wait without silence counting as anything.

alter table application
  drop constraint application_default_reward_with_wait,
  add constraint application_default_reward_needs_wait check (default_reward is null or reward_wait_ms is not null);
comment on column application.reward_wait_ms is
  'After how long the rewards of a prediction are counted together, and one without any counts as default_reward, where there is one; null: it waits for ever.';

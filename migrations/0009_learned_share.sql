-- How much of what an application learns one API key's feedback may be.

alter table application add column learned_share double precision
  constraint application_learned_share_share check (learned_share > 0 and learned_share < 1);
comment on column application.learned_share is
  'At most this share of what is learned is the feedback of one API key; null: any.';

alter table observation add column withheld text
  constraint observation_withheld check (withheld in ('LEARNED_SHARE'));
comment on column observation.withheld is
  'Why it is kept and not learned from, as was decided when it came: LEARNED_SHARE, more than its API key''s share. counts is false then, and learned_by empty.';

-- What became of a change of the mean loss is told in the log too. Not validated: what is there was checked by the narrower list.
alter table log_event drop constraint log_event_kind;
alter table log_event add constraint log_event_kind
  check (kind in ('DRIFT', 'ADAPTATION', 'PRIOR', 'POLICY', 'ENTITY_RESET', 'ENTITY_DELETED', 'STATE_REBUILT')) not valid;

-- Who may do what, and who did what: small tables of the whole installation, so they have no shard_key.

create table api_key (
  id text primary key
    constraint api_key_id_pattern check (id ~ '^[0-9a-f]{16}$'),
  name text not null
    constraint api_key_name_length check (length(name) between 1 and 100),
  digest bytea not null
    constraint api_key_digest_length check (octet_length(digest) = 32),
  scopes jsonb not null
    constraint api_key_scopes_array check (jsonb_typeof(scopes) = 'array'),
  applications jsonb
    constraint api_key_applications_array check (jsonb_typeof(applications) = 'array'),
  rows_per_second double precision
    constraint api_key_rows_per_second_positive check (rows_per_second > 0 and rows_per_second < 'infinity'),
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
comment on table api_key is
  'digest: SHA-256 of the secret, which is kept nowhere. applications: null means all. Rows stay when keys are revoked.';
create index api_key_name on api_key (name);

create table audit_entry (
  seq bigint primary key,
  at_ms bigint not null,
  key_id text not null,
  address text not null,
  action text not null,
  target text not null,
  outcome text not null,
  previous_hash bytea not null
    constraint audit_entry_previous_hash_length check (octet_length(previous_hash) = 32),
  hash bytea not null
    constraint audit_entry_hash_length check (octet_length(hash) = 32)
);
comment on table audit_entry is
  'Changes by administrators, in one chain: hash = SHA-256(previous_hash, the other columns as JSON). Never changed.';

create table audit_head (
  is_only boolean primary key default true
    constraint audit_head_is_one_row check (is_only),
  seq bigint not null,
  hash bytea not null
);
comment on table audit_head is 'The last entry of the chain, and the lock under which the next is written.';
insert into audit_head (seq, hash) values (0, decode(repeat('00', 32), 'hex'));

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is never changed';
end
$$;
create trigger audit_entry_is_append_only
  before update or delete or truncate on audit_entry
  for each statement execute function refuse_audit_change();

-- Accounts and sessions of an OpenID provider.

create unique index users_oauth on users (oauth_id) where oauth_id <> '';

alter table sessions add column oauth_subject text;
alter table sessions add column oauth_session text;

create index sessions_oauth on sessions (oauth_subject) where oauth_subject is not null;

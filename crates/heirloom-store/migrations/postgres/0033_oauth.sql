-- Accounts and sessions of an OpenID provider.

create unique index users_oauth on users (oauth_id) where oauth_id <> '';

alter table sessions add column oauth_subject text collate "C";
alter table sessions add column oauth_session text collate "C";

create index sessions_oauth on sessions (oauth_subject) where oauth_subject is not null;

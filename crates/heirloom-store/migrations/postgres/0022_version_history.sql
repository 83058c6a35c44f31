-- The versions of this program that ran on this database.

create table version_history (
    id uuid primary key,
    version text collate "C" not null,
    created_at timestamptz not null
);

-- The versions of this program that ran on this database.

create table version_history (
    id blob primary key,
    version text not null,
    created_at text not null
) strict;

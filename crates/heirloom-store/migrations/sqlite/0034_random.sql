-- Random pictures follow the order of checksums; those of external libraries are not in the index of uploads.

create index assets_external on assets (owner_id, sha1) where library_id is not null;

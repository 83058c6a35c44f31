-- What searching by metadata walks along.

create index assets_taken on assets (owner_id, file_created_at, id);
create index assets_size on assets (owner_id, size_bytes);
create index exif_city on exif (owner_id, city) where city is not null;
create index exif_position on exif (owner_id, latitude, longitude) where latitude is not null;

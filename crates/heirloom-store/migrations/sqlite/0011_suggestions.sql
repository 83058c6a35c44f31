-- What suggestions and places walk along, one step for each value and not for each picture.

create index exif_state on exif (owner_id, state) where state is not null;
create index exif_country on exif (owner_id, country) where country is not null;
create index exif_make on exif (owner_id, make) where make is not null;
create index exif_model on exif (owner_id, model) where model is not null;
create index exif_lens_model on exif (owner_id, lens_model) where lens_model is not null;

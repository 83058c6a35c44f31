-- Where pictures were taken, by the cells of a grid of whole degrees (`CELL` in timeline.rs is the same to the letter).

drop index exif_position;
create index exif_cell on exif (owner_id, (round(latitude) * 1000 + round(longitude)), latitude, longitude, asset_id)
    where latitude is not null;

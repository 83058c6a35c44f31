"""Drives a server with everything that aioimmich, the client of Home Assistant, can do: address, key, a photo and a video of
this machine, a photo that the server has processed. Prints what it found as JSON."""

import asyncio
import json
import sys
from urllib.parse import urlsplit

from aiohttp import ClientSession
from aioimmich import Immich


async def main(address: str, key: str, photo: str, video: str, processed: str) -> None:
    place = urlsplit(address)
    async with ClientSession() as session:
        immich = Immich(session, key, place.hostname, place.port, use_ssl=False)
        await immich.async_setup()
        uploaded = await immich.assets.async_upload_asset(photo)
        album = (await immich.albums.async_get_all_albums())[0]
        await immich.albums.async_add_assets_to_album(album.album_id, [uploaded.asset_id])
        tag = (await immich.tags.async_get_all_tags())[0]
        person = (await immich.people.async_get_all_people())[0]
        original = await immich.assets.async_view_asset(uploaded.asset_id, "original")
        film = await immich.assets.async_upload_asset(video)
        playing = await immich.assets.async_play_video_stream(film.asset_id)
        found = {
            "version": (await immich.server.async_get_about_info()).version,
            "disk": (await immich.server.async_get_storage_info()).disk_size_raw > 0,
            "photos": (await immich.server.async_get_server_statistics()).photos,
            "major": (await immich.server.async_get_version()).major,
            "user": (await immich.users.async_get_my_user()).email,
            "album": (await immich.albums.async_get_album_info(album.album_id)).asset_count,
            "in_album": len(await immich.search.async_get_all_by_album_ids([album.album_id])),
            "all": len(await immich.search.async_get_all(page_size=1)),
            "favorites": len(await immich.search.async_get_all_favorites()),
            "tagged": len(await immich.search.async_get_all_by_tag_ids([tag.tag_id])),
            "with_person": len(await immich.search.async_get_all_by_person_ids([person.person_id])),
            "people": [person.name for person in await immich.search.async_search_persons("ann")],
            "tag": (await immich.tags.async_get_tag_by_id(tag.tag_id)).name,
            "person": (await immich.people.async_get_person_by_id(person.person_id)).name,
            "original": len(original),
            "played": len(await playing.read()),
            "sizes": [len(await immich.assets.async_view_asset(processed, size)) > 0 for size in ("thumbnail", "preview", "fullsize")],
            "albums_named": len(await immich.albums.async_filter_albums_by_name("Trip")),
            "people_named": len(await immich.people.async_filter_people_by_name("Ann")),
            "people_count": await immich.people.async_get_people_count(),
            "face": len(await immich.people.async_get_person_thumbnail(person.person_id)) > 0,
            "tags_named": len(await immich.tags.async_filter_tags_by_name("lake")),
            "asked": len(await immich.search.async_smart_search("Ann")),
        }
        await immich.server.async_get_version_check()
    print(json.dumps(found))


asyncio.run(main(*sys.argv[1:]))

/** A photo or video as lists know it: little, because there may be a million. */
import { address } from '../api/client';
import type { AssetResponseDto, AssetVisibility, TimeBucketAssetResponseDto } from '../api/schema';

export interface Photo {
  id: string;
  ownerId: string;
  /** Width by height. */
  ratio: number;
  thumbhash: string | null;
  isImage: boolean;
  isFavorite: boolean;
  isTrashed: boolean;
  /** Milliseconds of a video. */
  duration: number | null;
  liveVideoId: string | null;
  /** `EQUIRECTANGULAR` is a panorama of the whole sphere. */
  projection: string | null;
  /** Local to where it was taken, in milliseconds as if that were UTC. */
  takenAt: number;
  visibility: AssetVisibility;
  city: string | null;
  country: string | null;
  /** How many photos lie in its stack; 0 without one. */
  stackCount: number;
}

export type ThumbnailSize = 'thumbnail' | 'preview' | 'fullsize';

export function imageUrl(photo: { id: string; thumbhash: string | null }, size: ThumbnailSize = 'thumbnail'): string {
  // The thumbhash in the address makes an edited photo a new address, so that caches never show the old one.
  return address(`/assets/${photo.id}/thumbnail`, { size, edited: true, c: photo.thumbhash ?? undefined });
}

/** The preview as the camera took it, whatever edits there are. */
export function plainUrl(id: string): string {
  return address(`/assets/${id}/thumbnail`, { size: 'preview', edited: false });
}

export function videoUrl(id: string): string {
  return address(`/assets/${id}/video/playback`);
}

export function originalUrl(id: string): string {
  return address(`/assets/${id}/original`);
}

/** The columns of a month as photos. */
export function fromBucket(bucket: TimeBucketAssetResponseDto): Photo[] {
  return bucket.id.map((id, at) => ({
    id,
    ownerId: bucket.ownerId[at] ?? '',
    ratio: bucket.ratio[at] || 1,
    thumbhash: bucket.thumbhash[at] ?? null,
    isImage: bucket.isImage[at] ?? true,
    isFavorite: bucket.isFavorite[at] ?? false,
    isTrashed: bucket.isTrashed[at] ?? false,
    duration: bucket.duration[at] ?? null,
    liveVideoId: bucket.livePhotoVideoId[at] ?? null,
    projection: bucket.projectionType[at] ?? null,
    takenAt: Date.parse(`${bucket.fileCreatedAt[at]}Z`) + (bucket.localOffsetHours[at] ?? 0) * 3_600_000,
    visibility: bucket.visibility[at] ?? 'timeline',
    city: bucket.city?.[at] ?? null,
    country: bucket.country?.[at] ?? null,
    stackCount: Number(bucket.stack?.[at]?.[1] ?? 0),
  }));
}

export function fromAsset(asset: AssetResponseDto): Photo {
  return {
    id: asset.id,
    ownerId: asset.ownerId,
    ratio: asset.width && asset.height ? asset.width / asset.height : 1,
    thumbhash: asset.thumbhash,
    isImage: asset.type === 'IMAGE',
    isFavorite: asset.isFavorite,
    isTrashed: asset.isTrashed,
    duration: asset.duration,
    liveVideoId: asset.livePhotoVideoId ?? null,
    projection: asset.exifInfo?.projectionType ?? null,
    takenAt: Date.parse(asset.localDateTime),
    visibility: asset.visibility,
    city: asset.exifInfo?.city ?? null,
    country: asset.exifInfo?.country ?? null,
    stackCount: asset.stack?.assetCount ?? 0,
  };
}

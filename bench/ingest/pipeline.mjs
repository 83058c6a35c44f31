// The same renditions with sharp, and the metadata with exiftool: what a server built on Node.js does for a photo.
// `node pipeline.mjs FOLDER [--apart]`: reads lines `path path …`, and says `done` when all of them are made.
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { exiftool } from 'exiftool-vendored';
import sharp from 'sharp';
import { rgbaToThumbHash } from 'thumbhash';

const [folder, way] = process.argv.slice(2);
// One thread a picture costs least in all, and nothing is kept of a file that is read once.
sharp.concurrency(1);
sharp.cache(false);
// The filter that heirloom-media uses (Catmull-Rom).
const sized = (side) => ({ width: side, height: side, fit: 'outside', kernel: 'cubic', withoutEnlargement: true });
const JPEG = { quality: 80, chromaSubsampling: '4:2:0' };
const WEBP = { quality: 80, effort: 2 };

/** Decoded once: preview, thumbnail and hash from its pixels. */
async function together(bytes) {
  const { data, info } = await sharp(bytes).autoOrient().resize(sized(1440)).raw().toBuffer({ resolveWithObject: true });
  const raw = { raw: { width: info.width, height: info.height, channels: info.channels } };
  const preview = sharp(data, raw).jpeg(JPEG).toBuffer();
  const small = await sharp(data, raw).resize(sized(250)).raw().toBuffer({ resolveWithObject: true });
  const smallRaw = { raw: { width: small.info.width, height: small.info.height, channels: small.info.channels } };
  return [await preview, await sharp(small.data, smallRaw).webp(WEBP).toBuffer(), await hashed(sharp(small.data, smallRaw))];
}

/** Each from the file, at the scale that serves it. */
async function apart(bytes) {
  const read = () => sharp(bytes).autoOrient();
  const preview = await read().resize(sized(1440)).jpeg(JPEG).toBuffer();
  const thumbnail = await read().resize(sized(250)).webp(WEBP).toBuffer();
  return [preview, thumbnail, await hashed(sharp(thumbnail))];
}

async function hashed(picture) {
  const tiny = picture.resize(100, 100, { fit: 'inside' }).ensureAlpha().raw();
  const { data, info } = await tiny.toBuffer({ resolveWithObject: true });
  return rgbaToThumbHash(info.width, info.height, data);
}

async function make(path, number) {
  const bytes = await readFile(path);
  const tags = await exiftool.read(path);
  const [preview, thumbnail] = await (way === '--apart' ? apart : together)(bytes);
  await writeFile(join(folder, `${number}.jpeg`), preview);
  await writeFile(join(folder, `${number}.webp`), thumbnail);
  return tags.Model;
}

let number = 0;
for await (const line of createInterface({ input: process.stdin })) {
  for (const path of line.split(' ')) {
    await make(path, number++);
  }
  console.log('done');
}
await exiftool.end();

/** What the server knows of the photo that is open, asked for a moment after it was opened. */
import { api } from '../api/client';
import type { AssetFaceResponseDto, AssetOcrResponseDto, AssetResponseDto } from '../api/schema';
import { fromAsset, type Photo } from '../photos/photo';

const nothing = () => undefined;
/** Leafing quickly asks for pictures only. */
const DELAY = 150;

export class Details {
  asset = $state.raw<AssetResponseDto>();
  faces = $state.raw<AssetFaceResponseDto[]>([]);
  lines = $state.raw<AssetOcrResponseDto[]>([]);
  /** The photos that lie in one stack with this one, its cover first. */
  stack = $state.raw<Photo[]>([]);
  #stackId: string | undefined;

  /** Returns what ends the asking. */
  open(id: string, isVisitor: boolean): () => void {
    this.faces = [];
    this.lines = [];
    if (this.asset?.id !== id) this.asset = undefined;
    if (!this.stack.some((photo) => photo.id === id)) this.#leaveStack();
    const stop = new AbortController();
    const timer = setTimeout(() => void this.#load(id, isVisitor, stop.signal), DELAY);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }

  /** Asks again, after something about the photo changed. */
  async reload(id: string): Promise<void> {
    const asset = await api.get('/assets/{id}', { path: { id } });
    this.asset = asset;
    this.#leaveStack();
    if (asset.stack) await this.#loadStack(asset.stack.id);
  }

  /** As `reload`, where the stack stays as it is. */
  async refresh(id: string): Promise<void> {
    const asset = await api.get('/assets/{id}', { path: { id } });
    if (this.asset?.id === id) this.asset = asset;
  }

  async #load(id: string, isVisitor: boolean, signal: AbortSignal): Promise<void> {
    const path = { id };
    const asset = api.get('/assets/{id}', { path, signal }).then((asset) => {
      this.asset = asset;
      if (isVisitor || !asset.stack) this.#leaveStack();
      else if (asset.stack.id !== this.#stackId) void this.#loadStack(asset.stack.id, signal);
    }, nothing);
    if (isVisitor) return asset;
    api.get('/faces', { query: { id }, signal }).then((found) => (this.faces = found), nothing);
    api.get('/assets/{id}/ocr', { path, signal }).then((found) => (this.lines = found), nothing);
    return asset;
  }

  async #loadStack(id: string, signal?: AbortSignal): Promise<void> {
    const stack = await api.get('/stacks/{id}', { path: { id }, signal }).catch(nothing);
    if (!stack) return;
    this.#stackId = id;
    const isCover = (photo: Photo) => Number(photo.id === stack.primaryAssetId);
    this.stack = stack.assets.map(fromAsset).sort((a, b) => isCover(b) - isCover(a) || a.takenAt - b.takenAt);
  }

  #leaveStack(): void {
    this.stack = [];
    this.#stackId = undefined;
  }
}

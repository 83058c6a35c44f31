/** A list by months, loaded as they come into sight. */
import { api } from '../api/client';
import type { AssetOrder, AssetOrderBy, AssetVisibility } from '../api/schema';
import { formatMonth } from '../messages/dates';
import { listen, type Change } from './changes';
import type { PhotoList, Section } from './list';
import { fromBucket, type Photo } from './photo';

export interface TimelineFilter {
  albumId?: string;
  personId?: string;
  tagId?: string;
  userId?: string;
  isFavorite?: boolean;
  isTrashed?: boolean;
  visibility?: AssetVisibility;
  withPartners?: boolean;
  withStacked?: boolean;
  order?: AssetOrder;
  /** By when it was added instead of when it was taken. */
  orderBy?: AssetOrderBy;
  bbox?: string;
}

interface Loading {
  work: Promise<void>;
  /** Something changed since the server was asked: its answer may be older than what is known here. */
  isStale: boolean;
}

/** Photos that stay in memory; months that were seen longest ago are let go. */
const PHOTOS_MAX = 40_000;
/** Months that are asked for again when something changed: those in sight were seen last. */
const RECENT = 12;

export class Timeline implements PhotoList {
  sections = $state.raw<Section[]>([]);
  isOpen = $state(false);
  error = $state.raw<unknown>();
  #loading = new Map<string, Loading>();
  #places = new Map<string, string>();
  #seen: string[] = [];
  #refreshing: ReturnType<typeof setTimeout> | undefined;
  /** How often the months were asked for; only the last answer counts. */
  #asked = 0;
  /** What the server is only being told: its answers may not know it yet. Photos that are to come here are asked for then. */
  readonly #expected = new Map<string, { change: Partial<Photo>; isMissing: boolean }>();

  constructor(readonly filter: TimelineFilter) {}

  /** Days are those on which photos were taken. */
  get hasDays(): boolean {
    return this.filter.orderBy !== 'createdAt';
  }

  get count(): number {
    return this.sections.reduce((sum, section) => sum + section.count, 0);
  }

  /** Loads the months and follows changes; returns what ends that. */
  open(): () => void {
    void this.#loadMonths();
    const stop = listen((change) => this.#follow(change));
    return () => {
      stop();
      clearTimeout(this.#refreshing);
    };
  }

  async #loadMonths(): Promise<void> {
    const asked = ++this.#asked;
    try {
      const months = await api.get('/timeline/buckets', { query: this.filter });
      if (asked !== this.#asked) return;
      const before = new Map(this.sections.map((section) => [section.key, section]));
      this.sections = months.map(({ timeBucket, count }) => {
        const known = before.get(timeBucket);
        return known && known.count === count ? known : { key: timeBucket, title: formatMonth(timeBucket), count, photos: known?.photos };
      });
      const changed = this.sections.filter((section) => section.photos && section.photos.length !== section.count);
      await Promise.all(changed.map((section) => this.load(section, true)));
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
    this.isOpen = true;
  }

  /** Asks the server again for the months, and for the photos of those that are loaded. */
  async refresh(): Promise<void> {
    await this.#loadMonths();
    const recent = this.#seen.slice(-RECENT);
    await Promise.all(this.sections.filter((section) => section.photos && recent.includes(section.key)).map((section) => this.load(section, true)));
  }

  load(section: Section, again = false): Promise<void> {
    const { key } = section;
    this.#seen = [...this.#seen.filter((seen) => seen !== key), key];
    if (section.photos && !again) return Promise.resolve();
    const running = this.#loading.get(key);
    if (running) {
      running.isStale ||= again;
      return running.work;
    }
    const loading: Loading = { work: Promise.resolve(), isStale: false };
    this.#loading.set(key, loading);
    loading.work = this.#fetch(key, loading).finally(() => this.#loading.delete(key));
    return loading.work;
  }

  async #fetch(key: string, loading: Loading): Promise<void> {
    let photos: Photo[];
    do {
      loading.isStale = false;
      photos = fromBucket(await api.get('/timeline/bucket', { query: { ...this.filter, timeBucket: key } }));
    } while (loading.isStale);
    const now = photos.map((photo) => ({ ...photo, ...this.#expected.get(photo.id)?.change }));
    this.#replace(
      key,
      now.filter((photo) => this.#accepts(photo)),
    );
    this.#letGo();
  }

  #replace(key: string, photos: Photo[] | undefined): void {
    for (const photo of photos ?? []) this.#places.set(photo.id, key);
    this.sections = this.sections
      .map((section) => (section.key === key ? { ...section, photos, count: photos?.length ?? section.count } : section))
      .filter((section) => section.count > 0);
  }

  #letGo(): void {
    let loaded = this.sections.reduce((sum, section) => sum + (section.photos?.length ?? 0), 0);
    for (const key of this.#seen.slice(0, -8)) {
      if (loaded <= PHOTOS_MAX) return;
      const section = this.sections.find((section) => section.key === key);
      loaded -= section?.photos?.length ?? 0;
      for (const photo of section?.photos ?? []) this.#places.delete(photo.id);
      if (section) this.#replace(key, undefined);
      this.#seen = this.#seen.filter((seen) => seen !== key);
    }
  }

  find(id: string) {
    const key = this.#places.get(id);
    const section = key && this.sections.find((section) => section.key === key);
    if (!section) return undefined;
    const index = section.photos?.findIndex((photo) => photo.id === id) ?? -1;
    const photo = section.photos?.[index];
    return photo && { section, index, photo };
  }

  /** Whether a photo still belongs here after it changed. */
  #accepts(photo: Photo): boolean {
    const { isFavorite, isTrashed, visibility } = this.filter;
    return (
      (isFavorite === undefined || photo.isFavorite === isFavorite) &&
      photo.isTrashed === (isTrashed ?? false) &&
      (visibility === undefined || photo.visibility === visibility)
    );
  }

  #follow(change: Change): void {
    if (change.kind === 'refresh' || (change.kind === 'album' && change.albumId === this.filter.albumId) || (change.kind === 'tags' && this.filter.tagId)) {
      clearTimeout(this.#refreshing);
      this.#refreshing = setTimeout(() => void this.refresh(), 400);
      return;
    }
    if (change.kind === 'album' || change.kind === 'tags') return;
    for (const loading of this.#loading.values()) loading.isStale = true;
    if (change.kind === 'saved') {
      const areMissing = change.ids.some((id) => this.#expected.get(id)?.isMissing);
      for (const id of change.ids) this.#expected.delete(id);
      if (areMissing) void this.#loadMonths();
      return;
    }
    const missing = this.#apply(change);
    for (const id of change.ids) this.#expected.delete(id);
    if (change.kind === 'delete') return;
    // Those that are missing may belong here now (an act was undone, a favourite was made).
    if (!change.isExpected) {
      if (missing.size > 0) void this.#loadMonths();
    } else for (const id of change.ids) this.#expected.set(id, { change: change.change, isMissing: missing.has(id) });
  }

  /** Changes the photos that are here; gives the others. */
  #apply(change: Extract<Change, { kind: 'update' | 'delete' }>): Set<string> {
    const missing = new Set(change.ids);
    const touched = new Set(change.ids.map((id) => this.#places.get(id)));
    for (const section of this.sections.filter((section) => touched.has(section.key) && section.photos)) {
      const photos = (section.photos ?? []).flatMap((photo) => {
        if (!missing.delete(photo.id)) return [photo];
        if (change.kind === 'delete') return [];
        const changed = { ...photo, ...change.change };
        return this.#accepts(changed) ? [changed] : [];
      });
      this.#replace(section.key, photos);
    }
    return missing;
  }
}

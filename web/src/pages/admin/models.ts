/** Models, as the server speaks of them (`GET /api/admin/models`, which is its own). */
export interface Models {
  engine: 'here' | 'elsewhere' | 'none';
  search: (Progress & { waitingUsers: number }) | null;
  /** Null where nothing can look for faces. */
  faces: Progress | null;
  packs: Pack[];
}

/** A pack that was chosen, and how much it has seen. */
export interface Progress {
  chosen: string;
  seen: number;
  total: number;
}

export interface Pack {
  name: string;
  /** Its models look at pictures. */
  isUsed: boolean;
  canSearch: boolean;
  canFindFaces: boolean;
  licence: string | null;
  /** The repository that it came from. */
  origin: string | null;
  bytes: number;
  models: Model[];
}

export interface Model {
  file: string;
  task: string;
  bytes: number;
  licence: string | null;
  /** Null where another machine runs it. */
  state: 'asleep' | 'loading' | 'ready' | 'failed' | null;
  problem: string | null;
}

/** What the side navigation and the bar at the bottom lead to. */
import { Archive, Clock, FolderTree, Heart, Images, Link2, LockKeyhole, Map, Copy, Search, Sparkles, Tag, Trash2, Users, Weight, Image, Handshake } from '@lucide/svelte';
import type { MessageKey } from '../messages/messages.svelte';

export interface Entry {
  path: string;
  label: MessageKey;
  icon: typeof Images;
  /** Also in the bar at the bottom of a phone. */
  isMain?: boolean;
}

export const navigation: { title?: MessageKey; entries: Entry[] }[] = [
  {
    entries: [
      { path: '/', label: 'nav.photos', icon: Image, isMain: true },
      { path: '/search', label: 'nav.search', icon: Search, isMain: true },
      { path: '/albums', label: 'nav.albums', icon: Images, isMain: true },
      { path: '/people', label: 'nav.people', icon: Users },
      { path: '/map', label: 'nav.map', icon: Map },
      { path: '/memories', label: 'nav.memories', icon: Sparkles },
    ],
  },
  {
    title: 'nav.library',
    entries: [
      { path: '/favorites', label: 'nav.favorites', icon: Heart },
      { path: '/recent', label: 'nav.recent', icon: Clock },
      { path: '/tags', label: 'nav.tags', icon: Tag },
      { path: '/folders', label: 'nav.folders', icon: FolderTree },
      { path: '/archive', label: 'nav.archive', icon: Archive },
      { path: '/locked', label: 'nav.locked', icon: LockKeyhole },
      { path: '/trash', label: 'nav.trash', icon: Trash2 },
    ],
  },
  {
    title: 'nav.sharing',
    entries: [
      { path: '/shared-links', label: 'nav.links', icon: Link2 },
      { path: '/partners', label: 'nav.partners', icon: Handshake },
    ],
  },
  {
    title: 'nav.tidy',
    entries: [
      { path: '/duplicates', label: 'nav.duplicates', icon: Copy },
      { path: '/large-files', label: 'nav.largeFiles', icon: Weight },
    ],
  },
];

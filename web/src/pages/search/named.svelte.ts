/** The people, tags and albums that a search can be narrowed to, by name. Asked for once a page. */
import { api } from '../../api/client';
import { current, t } from '../../messages/messages.svelte';

interface Named {
  value: string;
  label: string;
}
/** The server gives people in pages; those with a name come first. */
const PEOPLE_MAX = 1000;

class Choices {
  people = $state.raw<Named[]>([]);
  tags = $state.raw<Named[]>([]);
  albums = $state.raw<Named[]>([]);
  isLoaded = $state(false);

  async load(): Promise<void> {
    const collator = new Intl.Collator(current.locale, { numeric: true });
    const sorted = (all: Named[]) => all.sort((a, b) => collator.compare(a.label, b.label));
    const none = () => undefined;
    await Promise.all([
      api.get('/people', { query: { withHidden: false, size: PEOPLE_MAX } }).then(({ people }) => {
        this.people = sorted(people.filter(({ name }) => name).map(({ id, name }) => ({ value: id, label: name })));
      }, none),
      api.get('/tags').then((tags) => (this.tags = sorted(tags.map(({ id, value }) => ({ value: id, label: value })))), none),
      api.get('/albums').then((albums) => {
        this.albums = sorted(albums.map(({ id, albumName }) => ({ value: id, label: albumName || t('albums.untitled') })));
      }, none),
    ]);
    this.isLoaded = true;
  }

  /** What one of them is called. */
  nameOf(id: string): string {
    return [...this.people, ...this.tags, ...this.albums].find(({ value }) => value === id)?.label ?? '';
  }
}

export const named = new Choices();

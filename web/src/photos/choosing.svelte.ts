/** Dialogs about photos that any page can ask for; `app/Dialogs.svelte` shows them. */
import type { Photo } from './photo';

type Asked = { kind: 'album' | 'tag' | 'link'; photos: Photo[]; done?: () => void } | { kind: 'pin'; hasPin: boolean; done: () => void; cancelled: () => void };

class Choosing {
  asked = $state.raw<Asked | undefined>();

  /** Which album shall they go into? */
  album(photos: Photo[], done?: () => void): void {
    if (photos.length > 0) this.asked = { kind: 'album', photos, done };
  }

  /** Which tags shall they have? */
  tag(photos: Photo[], done?: () => void): void {
    if (photos.length > 0) this.asked = { kind: 'tag', photos, done };
  }

  /** A shared link to them. */
  link(photos: Photo[], done?: () => void): void {
    if (photos.length > 0) this.asked = { kind: 'link', photos, done };
  }

  /** Whether the person gave their PIN; one who has none chooses it. */
  pin(hasPin: boolean): Promise<boolean> {
    return new Promise((resolve) => (this.asked = { kind: 'pin', hasPin, done: () => resolve(true), cancelled: () => resolve(false) }));
  }

  close(isDone = false): void {
    const { asked } = this;
    this.asked = undefined;
    if (isDone) asked?.done?.();
    else if (asked?.kind === 'pin') asked.cancelled();
  }
}

export const choosing = new Choosing();

/** How much of what the server told this person is unread. Asked for after the first photos, and when there is more. */
import { api } from '../api/client';

class News {
  unread = $state(0);

  async refresh(): Promise<void> {
    try {
      this.unread = (await api.get('/notifications', { query: { unread: true } })).length;
    } catch {
      // It is asked for again with the next news; a number that is late disturbs nobody.
    }
  }
}

export const news = new News();

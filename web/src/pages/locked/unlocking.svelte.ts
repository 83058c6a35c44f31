/** The PIN on its way to the server: chosen the first time, asked for from then on. */
import { api } from '../../api/client';
import { ApiError, explain } from '../../api/errors';
import { t } from '../../messages/messages.svelte';

export class Unlocking {
  pin = $state('');
  again = $state('');
  problem = $state('');
  isBusy = $state(false);

  constructor(readonly hasPin: boolean) {}

  /** Whether this session may now see what is locked. */
  async submit(): Promise<boolean> {
    this.problem = '';
    if (!/^\d{6}$/.test(this.pin)) this.problem = t('places.pinDigits');
    else if (!this.hasPin && this.pin !== this.again) this.problem = t('places.pinDiffers');
    if (this.problem) return false;
    this.isBusy = true;
    try {
      if (!this.hasPin) await api.post('/auth/pin-code', { body: { pinCode: this.pin } });
      await api.post('/auth/session/unlock', { body: { pinCode: this.pin } });
      return true;
    } catch (error) {
      this.problem = error instanceof ApiError && (error.status === 400 || error.status === 401) ? t('places.pinWrong') : explain(error);
      return false;
    } finally {
      this.pin = '';
      this.again = '';
      this.isBusy = false;
    }
  }
}

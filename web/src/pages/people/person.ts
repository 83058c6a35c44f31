/** What pages of people share. */
import { address, api } from '../../api/client';
import type { PersonResponseDto } from '../../api/schema';
import { t } from '../../messages/messages.svelte';

export function faceUrl(person: PersonResponseDto): string {
  return address(`/people/${person.id}/thumbnail`, { updatedAt: person.updatedAt });
}

/** Everybody, hidden ones too: a household has hundreds of people, not millions. */
export async function everybody(withHidden = true): Promise<PersonResponseDto[]> {
  const found: PersonResponseDto[] = [];
  for (let page = 1; ; page += 1) {
    const answer = await api.get('/people', { query: { page, size: 1000, withHidden } });
    found.push(...answer.people);
    if (!answer.hasNextPage) return found;
  }
}

/** How old a person was or is at a time; nothing before the birth. */
export function ageAt(birthDate: string, time: Date): string {
  const birth = new Date(birthDate);
  const months = (time.getUTCFullYear() - birth.getUTCFullYear()) * 12 + time.getUTCMonth() - birth.getUTCMonth() - (time.getUTCDate() < birth.getUTCDate() ? 1 : 0);
  if (months < 0) return '';
  return months < 24 ? t('people.ageMonths', { count: months }) : t('people.ageYears', { count: Math.floor(months / 12) });
}

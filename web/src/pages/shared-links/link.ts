import type { SharedLinkResponseDto } from '../../api/schema';
import { session } from '../../app/session.svelte';

export interface LinkForm {
  description: string;
  password: string;
  slug: string;
  /** Days from now, `never`, or `keep` what it is. */
  expires: string;
  allowUpload: boolean;
  allowDownload: boolean;
  showMetadata: boolean;
}

export function toBody(form: LinkForm) {
  const days = Number(form.expires);
  return {
    description: form.description,
    password: form.password || null,
    slug: form.slug.trim() || null,
    expiresAt: form.expires === 'never' ? null : new Date(Date.now() + days * 86_400_000).toISOString(),
    allowUpload: form.allowUpload,
    allowDownload: form.allowDownload,
    showMetadata: form.showMetadata,
  };
}

/** What an edit sends: a password or an expiry that was not touched stays as it is. */
export function toChange(form: LinkForm, takesPassword: boolean) {
  const { password, expiresAt, ...rest } = toBody({ ...form, expires: form.expires === 'keep' ? 'never' : form.expires });
  return {
    ...rest,
    ...(password || takesPassword ? { password } : {}),
    ...(form.expires === 'keep' ? {} : { expiresAt }),
  };
}

export function linkAddress(link: Pick<SharedLinkResponseDto, 'key' | 'slug'>): string {
  const base = session.config?.externalDomain || location.origin;
  return link.slug ? `${base}/s/${encodeURIComponent(link.slug)}` : `${base}/share/${link.key}`;
}

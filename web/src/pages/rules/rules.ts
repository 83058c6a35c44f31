/** Rules: what is done with new photos without anybody. The server calls them workflows; its methods are what steps do. */
import { api } from '../../api/client';
import { ApiError, explain } from '../../api/errors';
import type { PluginMethodResponseDto, PluginTemplateResponseDto, WorkflowResponseDto, WorkflowStepDto, WorkflowTrigger } from '../../api/schema';
import { attempt, toasts } from '../../design/toasts.svelte';
import { formatList } from '../../messages/format';
import { current, t, type MessageKey } from '../../messages/messages.svelte';

export type Rule = WorkflowResponseDto;
export type Config = Record<string, unknown>;

/** A step while it is edited. */
export interface Step {
  /** For lists: steps are alike. */
  at: number;
  method: string;
  config: Config;
  enabled: boolean;
  error?: string;
}

/** What is used of the JSON Schema of one field. */
export interface FieldSchema {
  type?: string;
  format?: string;
  title?: string;
  enum?: string[];
}

export interface Method {
  key: string;
  name: string;
  isCondition: boolean;
  title: string;
  fields: [string, FieldSchema][];
  required: string[];
}

/** A text of ours, if there is one: the server may know methods that this client does not. */
function ours(key: string, otherwise: string, values: Record<string, string> = {}): string {
  const said = t(key as MessageKey, values);
  return said === key ? otherwise : said;
}

function methodOf(told: PluginMethodResponseDto): Method {
  const schema = (told.schema ?? {}) as { properties?: Record<string, FieldSchema>; required?: string[] };
  return {
    key: told.key,
    name: told.name,
    isCondition: told.uiHints.includes('filter'),
    title: ours(`rules.method.${told.name}`, told.title),
    fields: Object.entries(schema.properties ?? {}),
    required: schema.required ?? [],
  };
}

export const listMethods = async (): Promise<Method[]> => (await api.get('/plugins/methods')).map(methodOf);

/** What rules speak of by its id. */
export async function albumNames(): Promise<Map<string, string>> {
  return new Map((await api.get('/albums')).map(({ id, albumName }) => [id, albumName || t('albums.untitled')]));
}

export const triggerName = (trigger: WorkflowTrigger): string => ours(`rules.trigger.${trigger}`, trigger);
export const optionName = (option: string): string => ours(`rules.option.${option}`, option);
export const fieldName = (method: Method, field: string, schema: FieldSchema): string => ours(`rules.field.${method.name}.${field}`, schema.title ?? field);
export const templateName = (template: PluginTemplateResponseDto): string => ours(`rules.template.${template.key.split('#').at(-1)}.title`, template.title);
export const templateText = (template: PluginTemplateResponseDto): string => ours(`rules.template.${template.key.split('#').at(-1)}.text`, template.description);

/** What a rule does, as a sentence. */
export function sentence(rule: { trigger: WorkflowTrigger; steps: WorkflowStepDto[] }, methods: Method[], albums: Map<string, string>): string {
  const conditions: string[] = [];
  const deeds: string[] = [];
  for (const step of rule.steps.filter(({ enabled }) => enabled !== false)) {
    const method = methods.find(({ key }) => key === step.method);
    if (!method) continue;
    const [value] = Object.values(step.config ?? {});
    const text = typeof value === 'string' ? value : '';
    const shown = text === '' ? '…' : (albums.get(text) ?? (method.name === 'addToAlbum' ? t('rules.albumGone') : optionName(text)));
    (method.isCondition ? conditions : deeds).push(ours(`rules.said.${method.name}`, method.title, { value: shown }));
  }
  const values = { trigger: triggerName(rule.trigger), conditions: formatList(conditions), deeds: deeds.length > 0 ? formatList(deeds) : t('rules.nothing') };
  return t(conditions.length > 0 ? 'rules.sentenceIf' : 'rules.sentence', values);
}

/** Marks the steps that say too little; whether there are any. */
export function isIncomplete(steps: Step[], methods: Method[]): boolean {
  for (const step of steps) {
    const method = methods.find(({ key }) => key === step.method);
    const isMissing = method?.required.some((field) => String(step.config[field] ?? '').trim() === '') ?? false;
    step.error = isMissing ? t('rules.missing') : undefined;
  }
  return steps.some(({ error }) => error);
}

/** Says at a step what the server refused; what cannot be laid at any is returned. */
export function blame(error: unknown, steps: Step[], albums: Map<string, string>): string {
  if (!(error instanceof ApiError) || error.status >= 500 || error.status === 0) return explain(error);
  const issue = error.issues[0];
  const reason = issue?.message ?? error.message;
  const index = issue?.path?.find((part) => typeof part === 'number' || /^\d+$/.test(part));
  const isNamed = ({ method, config }: Step) => reason.includes(method) || Object.values(config).some((value) => typeof value === 'string' && value.length > 0 && reason.includes(value));
  const isLost = ({ config }: Step) => /^Not found or no /.test(reason) && typeof config['albumId'] === 'string' && !albums.has(config['albumId']);
  const step = index === undefined ? (steps.find(isNamed) ?? steps.find(isLost)) : steps[Number(index)];
  if (!step) return explain(error);
  const isPattern = /glob/.test(reason);
  step.error = isLost(step) ? t('rules.albumGone') : isPattern ? t('rules.badPattern') : reason;
  return '';
}

/** Lists of rules that are shown: told when one is gone or back, which may be from another page. */
const lists = new Set<() => unknown>();

export function followRules(load: () => unknown): () => void {
  lists.add(load);
  return () => void lists.delete(load);
}

const tellLists = () => lists.forEach((load) => load());

/** Deletes it; the message brings it back. */
export async function removeRule(rule: Rule): Promise<boolean> {
  const isDone = await attempt(async () => (await api.delete('/workflows/{id}', { path: { id: rule.id } }), true));
  if (!isDone) return false;
  const { name, description, enabled, steps, trigger } = rule;
  const undo = async () => {
    await attempt(() => api.post('/workflows', { body: { name, description, enabled, steps, trigger } }));
    tellLists();
  };
  toasts.done(t('rules.deleted'), { label: t('common.undo'), run: undo });
  tellLists();
  return true;
}

/** In the chosen language, not in the order of the server's making. */
export const byName = (a: Method, b: Method): number => a.title.localeCompare(b.title, current.locale);

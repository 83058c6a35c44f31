/** Text as it is looked for: capitals and accents written in several ways make no difference. */
export const fold = (text: string) => text.trim().toLocaleLowerCase().normalize('NFKD');

export { catalogue, currentLanguage, currentLocale, languages, setLanguage, useLanguage } from "./language.ts";
export type { Catalogue, Language } from "./language.ts";
export { plural } from "./plural.ts";

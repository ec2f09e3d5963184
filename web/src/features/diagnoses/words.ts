import { catalogue } from "../../lib/i18n/index.ts";

export const useWords = catalogue(
  {
    find: "Add a diagnosis",
    placeholder: "ICD-10 code, or words",
    looking: "Looking",
    type: "Type a code or a few letters",
    header: "heads others; choose a more exact one where you can",
  },
  {
    find: "Añadir un diagnóstico",
    placeholder: "Código CIE-10 o palabras",
    looking: "Buscando",
    type: "Escriba un código o unas letras",
    header: "agrupa a otros; elija uno más exacto si puede",
  },
);

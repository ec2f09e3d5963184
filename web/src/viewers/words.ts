import { catalogue } from "../lib/i18n/index.ts";

export const useWords = catalogue(
  {
    page: (number: number, of: number) => `Page ${number} of ${of}`,
    beginning: "This is the beginning of a long file. Download it to read all of it.",
    unknownImage: "The image could not be shown here. Download it to look at it.",
  },
  {
    page: (number: number, of: number) => `Página ${number} de ${of}`,
    beginning: "Este es el comienzo de un archivo largo. Descárguelo para leerlo entero.",
    unknownImage: "No se puede mostrar la imagen aquí. Descárguela para verla.",
  },
);

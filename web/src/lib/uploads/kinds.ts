/** What files are, by their names and first bytes: the same list as the service's, which decides. */

interface Kind {
  type: string;
  extensions: readonly string[];
  /** Whether the first bytes may be such a file's. */
  fits: (head: Uint8Array) => boolean;
}

const ascii = (head: Uint8Array, from: number, text: string) =>
  [...text].every((char, index) => head[from + index] === char.charCodeAt(0));
const bytes = (head: Uint8Array, ...wanted: number[]) => wanted.every((byte, index) => head[index] === byte);

function isText(head: Uint8Array): boolean {
  if (bytes(head, 0xff, 0xfe) || bytes(head, 0xfe, 0xff)) return true; // UTF-16
  return !head.includes(0);
}

function hasPdfMark(head: Uint8Array): boolean {
  for (let at = 0; at < Math.min(1024, head.length); at++) if (ascii(head, at, "%PDF-")) return true;
  return false;
}

const kinds: readonly Kind[] = [
  { type: "application/pdf", extensions: ["pdf"], fits: hasPdfMark },
  { type: "image/jpeg", extensions: ["jpg", "jpeg"], fits: (it) => bytes(it, 0xff, 0xd8, 0xff) },
  { type: "image/png", extensions: ["png"], fits: (it) => bytes(it, 0x89, 0x50, 0x4e, 0x47) },
  { type: "image/tiff", extensions: ["tif", "tiff"], fits: (it) => ascii(it, 0, "II") || ascii(it, 0, "MM") },
  { type: "image/webp", extensions: ["webp"], fits: (it) => ascii(it, 0, "RIFF") && ascii(it, 8, "WEBP") },
  { type: "image/heic", extensions: ["heic", "heif"], fits: (it) => ascii(it, 4, "ftyp") },
  { type: "application/dicom", extensions: ["dcm", "dicom"], fits: (it) => ascii(it, 128, "DICM") },
  { type: "application/msword", extensions: ["doc"], fits: (it) => bytes(it, 0xd0, 0xcf, 0x11, 0xe0) },
  {
    type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    extensions: ["docx"],
    fits: (it) => ascii(it, 0, "PK"),
  },
  { type: "application/rtf", extensions: ["rtf"], fits: (it) => ascii(it, 0, "{\\rtf") },
  { type: "text/plain", extensions: ["txt"], fits: isText },
  { type: "text/csv", extensions: ["csv"], fits: isText },
  { type: "application/xml", extensions: ["xml"], fits: isText },
  { type: "application/json", extensions: ["json"], fits: isText },
  { type: "application/hl7-v2", extensions: ["hl7"], fits: isText },
];

export const HEAD_BYTES = 1024;

function extensionOf(name: string): string {
  return /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
}

/** The type that a file is declared as; undefined when no such file is taken. */
export function typeOf(name: string): string | undefined {
  const extension = extensionOf(name);
  return kinds.find((kind) => kind.extensions.includes(extension))?.type;
}

/** For the dialog of the system that chooses files. */
export function extensionsOf(types: readonly string[]): string {
  return kinds
    .filter((kind) => types.includes(kind.type))
    .flatMap((kind) => kind.extensions.map((it) => `.${it}`))
    .join(",");
}

export type Refusal = "empty" | "too_large" | "type" | "content" | "name";

const NAME_MOST = 255;

/** What is known to be refused before a byte is sent. */
export function refusalOf(
  file: { name: string; size: number },
  head: Uint8Array,
  policy: { max_bytes: number; allowed_types: readonly string[] },
): Refusal | undefined {
  const type = typeOf(file.name);
  if (file.size === 0) return "empty";
  if (new TextEncoder().encode(file.name).length > NAME_MOST) return "name";
  if (!type || !policy.allowed_types.includes(type)) return "type";
  if (!kinds.find((kind) => kind.type === type)!.fits(head)) return "content";
  // Series of images may be far larger than anything else; the service knows how large.
  if (type !== "application/dicom" && file.size > policy.max_bytes) return "too_large";
  return undefined;
}

const GENERIC = /^(image|photo|capture|blob|clipboard)?\.(jpe?g|png|webp|heic)$/i;

/**
 * Cameras and clipboards call every picture the same, and a second file of a name is a new version of
 * the first one: such names get the time.
 */
export function nameOf(name: string, at: Date, number: number): string {
  const generic = GENERIC.exec(name);
  if (!generic) return name;
  const stamp = new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return `photo-${stamp}${number > 0 ? `-${number + 1}` : ""}.${generic[2]!.toLowerCase()}`;
}

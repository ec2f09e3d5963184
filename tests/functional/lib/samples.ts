// The smallest files that are what their types say, one of each, and some that only pretend.
import { pdf, png } from "./files.ts";

export interface Sample {
  name: string;
  type: string;
  bytes: Buffer;
}

const latin = (text: string): Buffer => Buffer.from(text, "latin1");

const CRC = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0);
  return c;
});
function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** A zip of files that are stored as they are. */
export function zip(entries: [string, string][]): Buffer {
  const files: Buffer[] = [];
  const index: Buffer[] = [];
  let at = 0;
  for (const [name, text] of entries) {
    const data = Buffer.from(text, "utf8");
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt16LE(0x21, 8); // 1 January 1980
    common.writeUInt32LE(crc32(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const file = Buffer.concat([latin("PK\x03\x04"), common, latin(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    index.push(Buffer.concat([latin("PK\x01\x02\x14\x00"), common, tail, latin(name)]));
    files.push(file);
    at += file.length;
  }
  const central = Buffer.concat(index);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, central, end]);
}

export function docx(): Buffer {
  const main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
  const types = "http://schemas.openxmlformats.org/package/2006/content-types";
  const word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
  return zip([
    [
      "[Content_Types].xml",
      `<?xml version="1.0"?><Types xmlns="${types}">` +
        `<Override PartName="/word/document.xml" ContentType="${main}"/></Types>`,
    ],
    ["_rels/.rels", '<?xml version="1.0"?><Relationships/>'],
    ["word/document.xml", `<?xml version="1.0"?><w:document xmlns:w="${word}"><w:body/></w:document>`],
  ]);
}

/** An OLE compound file: its header, one FAT sector, a directory with WordDocument. */
function doc(): Buffer {
  const header = Buffer.alloc(512);
  Buffer.from("d0cf11e0a1b11ae1", "hex").copy(header);
  header.writeUInt16LE(0x3e, 24);
  header.writeUInt16LE(3, 26);
  header.writeUInt16LE(0xfffe, 28);
  header.writeUInt16LE(9, 30);
  header.writeUInt16LE(6, 32);
  header.writeUInt32LE(1, 44);
  header.writeUInt32LE(1, 48);
  header.writeUInt32LE(4096, 56);
  header.fill(0xff, 76);
  header.writeUInt32LE(0xfffffffe, 60);
  header.writeUInt32LE(0xfffffffe, 68);
  header.writeUInt32LE(0, 76);
  const fat = Buffer.alloc(512, 0xff);
  fat.writeUInt32LE(0xfffffffd, 0);
  fat.writeUInt32LE(0xfffffffe, 4);
  const directory = Buffer.alloc(512);
  ["Root Entry", "WordDocument"].forEach((name, i) => {
    const at = i * 128;
    directory.write(name, at, "utf16le");
    directory.writeUInt16LE((name.length + 1) * 2, at + 64);
    directory[at + 66] = i === 0 ? 5 : 2;
    directory.fill(0xff, at + 68, at + 80);
    if (i === 0) directory.writeUInt32LE(1, at + 76);
    directory.writeUInt32LE(0xfffffffe, at + 116);
  });
  return Buffer.concat([header, fat, directory]);
}

/** A DICOM file (PS3.10): 128 bytes of preamble, DICM, then whatever fills it up. */
export function dicom(bytes = 400): Buffer {
  const file = Buffer.alloc(bytes);
  file.write("DICM", 128, "latin1");
  file.write("\x02\x00\x00\x00UL\x04\x00", 132, "latin1");
  for (let i = 148; i + 4 <= bytes; i += 4096) file.writeUInt32LE(i, i);
  return file;
}

function tiff(): Buffer {
  const file = Buffer.alloc(26);
  file.write("II*\0", 0, "latin1");
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(1, 8);
  file.writeUInt16LE(256, 10);
  file.writeUInt16LE(3, 12);
  file.writeUInt32LE(1, 14);
  file.writeUInt32LE(1, 18);
  return file;
}

function webp(): Buffer {
  // The 1x1 lossy picture of the format's own documentation.
  return Buffer.from("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA", "base64");
}

const jpeg = (): Buffer =>
  Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex");
const heic = (): Buffer =>
  Buffer.concat([
    latin("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
    latin("\x00\x00\x00\x08mdat"),
  ]);

const HL7 =
  "MSH|^~\\&|LAB|RIVERBEND|WARD|RIVERBEND|20260304093000||ORU^R01|1|P|2.5\r" +
  "PID|1||4711\rOBX|1|NM|718-7^Hb||13.2|g/dL|||||F\r";
const DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/** Every type of the policy, under every extension that it has. */
export function samples(): Sample[] {
  return [
    { name: "report.pdf", type: "application/pdf", bytes: pdf() },
    { name: "photo.jpg", type: "image/jpeg", bytes: jpeg() },
    { name: "photo.JPEG", type: "image/jpeg", bytes: jpeg() },
    { name: "scan.png", type: "image/png", bytes: png() },
    { name: "fax.tif", type: "image/tiff", bytes: tiff() },
    { name: "fax.tiff", type: "image/tiff", bytes: tiff() },
    { name: "wound.webp", type: "image/webp", bytes: webp() },
    { name: "wound.heic", type: "image/heic", bytes: heic() },
    { name: "slice.dcm", type: "application/dicom", bytes: dicom() },
    { name: "letter.doc", type: "application/msword", bytes: doc() },
    { name: "letter.docx", type: DOCX_TYPE, bytes: docx() },
    { name: "note.rtf", type: "application/rtf", bytes: latin("{\\rtf1\\ansi Ward round}") },
    { name: "note.txt", type: "text/plain", bytes: Buffer.from("Köchelverzeichnis\n") },
    { name: "values.csv", type: "text/csv", bytes: latin("date,hb\n2026-03-04,13.2\n") },
    { name: "cda.xml", type: "application/xml", bytes: latin("<?xml version='1.0'?><a/>") },
    { name: "fhir.json", type: "application/json", bytes: latin('{"resourceType":"Patient"}') },
    { name: "result.hl7", type: "application/hl7-v2", bytes: latin(HL7) },
    { name: "as-text.csv", type: "text/plain", bytes: latin("a,b\n1,2\n") },
    { name: "as-text.hl7", type: "text/plain", bytes: latin(HL7) },
    { name: "one.txt", type: "text/plain", bytes: latin("x") },
  ];
}

/** Content that a name and a declared type do not tell the truth about. */
export function pretenders(): Sample[] {
  const program = Buffer.concat([latin("MZ\x90\x00\x03"), Buffer.alloc(200)]);
  const workbook = zip([
    ["[Content_Types].xml", "<Types/>"],
    ["xl/workbook.xml", "<workbook/>"],
  ]);
  const cut = latin("DICM");
  return [
    { name: "p.pdf", type: "application/pdf", bytes: program },
    { name: "p.pdf", type: "application/pdf", bytes: png() },
    { name: "p.jpg", type: "image/jpeg", bytes: png() },
    { name: "p.png", type: "image/png", bytes: jpeg() },
    { name: "p.tiff", type: "image/tiff", bytes: pdf() },
    { name: "p.webp", type: "image/webp", bytes: latin("RIFF\x04\x00\x00\x00WAVEfmt ") },
    { name: "p.heic", type: "image/heic", bytes: latin("\x00\x00\x00\x10ftypisom\x00\x00\x00\x00") },
    { name: "p.dcm", type: "application/dicom", bytes: cut },
    { name: "p.doc", type: "application/msword", bytes: docx() },
    { name: "p.docx", type: DOCX_TYPE, bytes: workbook },
    { name: "p.docx", type: DOCX_TYPE, bytes: doc() },
    { name: "p.rtf", type: "application/rtf", bytes: latin("plain text") },
    { name: "p.txt", type: "text/plain", bytes: program },
    { name: "p.csv", type: "text/csv", bytes: Buffer.from([0x61, 0xff, 0xfe]) },
    { name: "p.xml", type: "text/xml", bytes: latin("{}") },
    { name: "p.json", type: "application/json", bytes: latin("<a/>") },
    { name: "p.hl7", type: "text/plain", bytes: latin("no message\r") },
  ];
}

// Text as laboratories write it, types as browsers say them, names that nobody should be shown, and
// files from a CD.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { before, test } from "node:test";
import type { Client, Schemas } from "../lib/client.ts";
import { complete, put, sha256, unpacked } from "../lib/files.ts";
import { send } from "../lib/http.ts";
import { docx, zip } from "../lib/samples.ts";
import { as, newPatient, newRecord } from "../lib/world.ts";

type Attachment = Schemas["Attachment"];
const DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
let doctor: Client;
let record: Schemas["Record"];

before(async () => {
  doctor = await as("doctor");
  record = await newRecord(doctor, (await newPatient(doctor)).id);
});

/** Both ways in: by a URL, and through the service. */
async function bothWays(name: string, type: string, bytes: Buffer): Promise<[number, any][]> {
  const body = { file_name: name, file_type: type, file_size: bytes.length };
  const begun = await doctor.any("POST", `/records/${record.id}/attachments`, { body });
  const through = await doctor.any("PUT", `/records/${record.id}/attachments`, {
    query: { file_name: name },
    body: bytes,
    type,
  });
  if (begun.status !== 201) return [[begun.status, begun.body], [through.status, through.body]];
  assert.equal((await put(begun.body, bytes)).status, 200, name);
  const done = await complete(doctor, begun.body.attachment.id);
  return [[done.status, done.body], [through.status - 1, through.body]];
}

async function taken(name: string, type: string, bytes: Buffer): Promise<Attachment[]> {
  const out: Attachment[] = [];
  for (const [status, body] of await bothWays(name, type, bytes)) {
    assert.equal(status, 200, `${name} as ${type}: ${JSON.stringify(body)}`);
    assert.equal(body.sha256, sha256(bytes), name);
    out.push(body);
  }
  return out;
}

async function refused(name: string, type: string, bytes: Buffer): Promise<void> {
  for (const [status, body] of await bothWays(name, type, bytes)) {
    assert.equal(body.code, "upload_mismatch", `${name}: ${status} ${JSON.stringify(body)}`);
  }
}

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, "utf16le");
const latin = (text: string): Buffer => Buffer.from(text, "latin1");
const CSV = "Name;Befund\r\nMüller;Hämoglobin 13,2 g/dl\r\nGroß;unauffällig\r\n";
const SHIFT_JIS = Buffer.from(
  "83778382834f838d837283932c8c8c89748c9f8db882cc8c8b89ca82c582b78142",
  "hex",
);

const texts: [string, string, Buffer, string][] = [
  ["utf8.csv", "text/csv", Buffer.from(CSV), "UTF-8"],
  ["utf16.csv", "text/csv", utf16(CSV), "UTF-16"],
  ["windows.txt", "text/plain", Buffer.concat([latin("Preis 5 "), Buffer.from([0x80])]), "windows-1252"],
  ["japanese.csv", "text/csv", SHIFT_JIS, "Shift_JIS"],
  ["cda.xml", "application/xml", latin('<?xml version="1.0" encoding="ISO-8859-1"?><a>Müller</a>'), "ISO-8859-1"],
  ["declared.csv", "text/csv; charset=ISO-8859-2", Buffer.from([0xb1, 0x3b, 0xe6, 0x0a]), "ISO-8859-2"],
  ["oru.hl7", "application/hl7-v2", latin("MSH|^~\\&|LAB|X|W|Y|20260304||ORU^R01|1|P|2.5\rOBX|1|TX|||Hämoglobin\r"), ""],
];
for (const [name, type, bytes, charset] of texts) {
  test(`${name}: taken as it is, in ${charset || "its encoding"}`, async () => {
    for (const file of await taken(name, type, bytes)) {
      if (charset) assert.equal(file.charset, charset);
      const essence = type.split(";")[0]!;
      assert.equal(file.file_type, essence);
      const content = await doctor.any("GET", `/attachments/${file.id}/content`);
      assert.ok(content.bytes.equals(bytes));
      const usual = file.charset === "UTF-8";
      const expected = usual ? essence : `${essence}; charset=${file.charset}`;
      assert.equal(content.headers["content-type"], expected);
      const path = { id: file.id };
      const link = await doctor.expect(200, "post", "/attachments/{id}/download-url", { path });
      const fetched = await send({ method: "GET", url: link.body.url });
      assert.ok(unpacked(fetched).equals(bytes));
      assert.equal(fetched.headers["content-type"], expected);
    }
  });
}

test("bytes that are no text in any encoding are refused", async () => {
  await refused("a.txt", "text/plain", randomBytes(400));
  await refused("a.csv", "text/csv", Buffer.concat([latin("a;b\n"), Buffer.from([0, 1, 2, 3])]));
  await refused("a.hl7", "application/hl7-v2", Buffer.concat([latin("MSH|"), randomBytes(200)]));
  await refused("a.hl7", "application/hl7-v2", latin("MSH|^~\\&|LAB\rnothing of a message\r"));
});

test("types with parameters and by the names that browsers give them, both ways", async () => {
  const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffd9", "hex");
  const rows: [string, string, Buffer, string][] = [
    ["a.csv", "text/csv; charset=utf-8", latin("a,b\n"), "text/csv"],
    ["b.csv", "application/vnd.ms-excel", latin("a,b\n"), "text/csv"],
    ["c.jpg", "image/jpg", jpeg, "image/jpeg"],
    ["d.jpg", "IMAGE/PJPEG", jpeg, "image/jpeg"],
    ["e.txt", 'text/plain; charset="utf-8"; format=flowed', latin("x"), "text/plain"],
  ];
  for (const [name, type, bytes, kept] of rows) {
    for (const file of await taken(name, type, bytes)) assert.equal(file.file_type, kept, type);
  }
  for (const [status, body] of await bothWays("f.pdf", "application/vnd.ms-excel", latin("%PDF-1.4"))) {
    assert.equal(body.errors?.[0]?.pointer, "/file_type", `${status}`);
  }
});

test("Word documents: the whole archive is looked at, and macros are refused", async () => {
  const types = (kind: string): string =>
    `<Types><Override PartName="/word/document.xml" ContentType="${kind}.main+xml"/></Types>`;
  const plain = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
  const macro = "application/vnd.ms-word.document.macroEnabled";
  const thumbnail: [string, string] = ["docProps/thumbnail.jpeg", "x".repeat(400_000)];
  const body: [string, string] = ["word/document.xml", "<w:document/>"];
  await taken("small.docx", DOCX, docx());
  await taken("thumbnail.docx", DOCX, zip([thumbnail, ["[Content_Types].xml", types(plain)], body]));
  await refused("macros.docx", DOCX, zip([["[Content_Types].xml", types(macro)], body]));
  await refused("large.docx", DOCX, zip([thumbnail, ["[Content_Types].xml", types(macro)], body]));
  const code: [string, string] = ["word/vbaProject.bin", "code"];
  await refused("code.docx", DOCX, zip([thumbnail, ["[Content_Types].xml", types(plain)], body, code]));
  await refused("evil.docx", DOCX, zip([["word/evil.exe", "MZ"]]));
  await refused("evil.docx", DOCX, zip([thumbnail, ["word/evil.exe", "MZ"]]));
});

function element(tag: number[], vr: string, value: string): Buffer {
  const even = value.length % 2 === 0 ? value : `${value}\0`;
  const head = Buffer.from([...tag, 0, 0, 0, 0]);
  head.write(vr, 4, "latin1");
  head.writeUInt16LE(even.length, 6);
  return Buffer.concat([head, latin(even)]);
}

test("DICOM as CDs have it: without an extension, without a preamble", async () => {
  const uid = "1.2.840.10008.5.1.4.1.1.2";
  const elements = [element([8, 0, 5, 0], "CS", "ISO_IR 100"), element([8, 0, 0x16, 0], "UI", uid)];
  const bare = Buffer.concat([...elements, Buffer.alloc(500)]);
  const whole = Buffer.concat([Buffer.alloc(128), latin("DICM"), ...elements]);
  const type = "application/dicom";
  for (const name of ["IM000001", "scan.ima", "bare.dcm", "1.2.840.113619.2.5.1762"]) {
    await taken(name, type, bare);
    await taken(name, type, whole);
  }
  const program = Buffer.from(whole);
  program.write("MZ", 0, "latin1");
  await refused("program.dcm", type, program);
  await refused("IM000002", type, latin("no DICOM at all"));
  for (const [status, body] of await bothWays("README", "text/plain", latin("x"))) {
    assert.equal(body.errors?.[0]?.pointer, "/file_name", `${status}`);
  }
});

test("an AVIF picture is no HEIC", async () => {
  const avif = latin("\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf");
  await refused("a.heic", "image/heic", avif);
});

test("a name that would be shown in another order than it is written is refused, both ways", async () => {
  for (const name of ["invoice\u202egnp.exe.pdf", "a\u2066b.pdf", "\u202afdp.pdf"]) {
    for (const [status, body] of await bothWays(name, "application/pdf", latin("%PDF-1.4"))) {
      assert.equal(status, 422, JSON.stringify(body));
      assert.equal(body.errors[0].pointer, "/file_name");
    }
  }
});

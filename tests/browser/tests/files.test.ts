// Files of a visit: how they come in, what goes wrong on the way, and how they are looked at.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import zlib from "node:zlib";
import type { Page } from "playwright-core";
import { accessible, closeBrowser, settle, shot, signIn, withTab } from "../lib/browser.ts";
import { Person, newDraft, newPatient, until } from "../lib/service.ts";

const MIB = 2 ** 20;
const folder = mkdtempSync(path.join(os.tmpdir(), "wardbook-browser-files-"));
after(closeBrowser);
after(() => rmSync(folder, { recursive: true, force: true }));

let doctor: Person;
before(async () => {
  doctor = await Person.signIn("doctor@demo.test");
});

const text = (name: string, content = "Discharge letter, سلام\n".repeat(400)) => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.from(content),
});

function crc(bytes: Buffer): number {
  return zlib.crc32 ? zlib.crc32(bytes) : 0;
}

/** A red picture, 40 × 20. */
function png(name: string) {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc(body), body.length + 4);
    return out;
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(40, 0);
  head.writeUInt32BE(20, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(120, Buffer.from([200, 0, 0]))]);
  const data = zlib.deflateSync(Buffer.concat(Array.from({ length: 20 }, () => row)));
  const mark = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [mark, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))];
  return { name, mimeType: "image/png", buffer: Buffer.concat(parts) };
}

/** A file that does not compress and is sent in parts. */
function image(name: string, size: number): string {
  const where = path.join(folder, name);
  const bytes = Buffer.alloc(size, "wardbook");
  bytes.fill(0, 0, 128);
  bytes.write("DICM", 128);
  writeFileSync(where, bytes);
  return where;
}

async function openDraft(tab: Parameters<typeof signIn>[0]): Promise<number> {
  const patient = await newPatient(doctor);
  const draft = await newDraft(doctor, patient.id);
  await signIn(tab, "doctor@demo.test", `/visits/${draft.id}/edit`);
  await tab.page.getByRole("button", { name: "Add files" }).waitFor();
  return draft.id as number;
}

const files = async (record: number): Promise<any[]> => (await doctor.get(`/records/${record}/attachments`)).items;
const choose = (page: Page, what: Parameters<Page["setInputFiles"]>[1]) => page.setInputFiles("[data-choose]", what);
const row = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });

test("files are chosen, dropped and pasted; the service has them, compressed where that pays", () =>
  withTab({}, async (tab) => {
    const record = await openDraft(tab);
    const { page } = tab;
    await choose(page, [text("letter.txt"), png("wound.png")]);
    await page.getByRole("button", { name: "Open letter.txt" }).waitFor();
    await page.getByRole("button", { name: "Open wound.png" }).waitFor();
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(["dropped on the page, once"], "dropped.txt", { type: "text/plain" }));
      window.dispatchEvent(new DragEvent("dragenter", { dataTransfer: data }));
      window.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    });
    await page.getByRole("button", { name: "Open dropped.txt" }).waitFor();
    await page.evaluate(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (it) => it.charCodeAt(0));
      const data = new DataTransfer();
      data.items.add(new File([bytes], "image.png", { type: "image/png" }));
      document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
    }, png("x.png").buffer.toString("base64"));
    await page.getByRole("button", { name: /Open photo-\d{8}-\d{6}\.png/ }).waitFor();
    const all = await files(record);
    assert.equal(all.length, 4);
    const letter = all.find((it) => it.file_name === "letter.txt");
    assert.equal(letter.content_encoding, "gzip");
    assert.equal(letter.file_size, text("x").buffer.length);
    assert.ok(letter.stored_size < letter.file_size / 2);
    await settle(page);
    await page.getByRole("button", { name: "Add files" }).scrollIntoViewIfNeeded();
    await shot(page, "files-in-the-editor-desk");
    await accessible(page, "files in the editor");
  }));

test("what is not taken is said beside its name, and stops nothing else", () =>
  withTab({}, async (tab) => {
    const record = await openDraft(tab);
    const { page } = tab;
    await choose(page, [
      { name: "program.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ") },
      { name: "fake.pdf", mimeType: "application/pdf", buffer: Buffer.from("not a document") },
      { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) },
      text("good.txt"),
    ]);
    await row(page, "program.exe").getByText("Files of this kind are not taken.").waitFor();
    await row(page, "fake.pdf").getByText("The content is not what the name says.").waitFor();
    await row(page, "empty.txt").getByText("The file is empty.").waitFor();
    await page.getByRole("button", { name: "Open good.txt" }).waitFor();
    await shot(page, "files-refused-desk");
    await accessible(page, "refused files");
    await page.getByRole("button", { name: "Take fake.pdf off the list" }).click();
    assert.equal(await row(page, "fake.pdf").count(), 0);
    assert.deepEqual((await files(record)).map((it) => it.file_name), ["good.txt"]);
  }));

test("a large file goes in parts, some of them again when the network breaks", () =>
  withTab({}, async (tab) => {
    const record = await openDraft(tab);
    const { page, context } = tab;
    tab.expect.push(/net::ERR_FAILED/, /net::ERR_CONNECTION/);
    const broken = new Map<string, number>();
    await context.route(/partNumber=2&|partNumber=2$/, async (route) => {
      const count = broken.get("2") ?? 0;
      broken.set("2", count + 1);
      if (route.request().method() === "PUT" && count === 0) return route.abort();
      return route.continue();
    });
    await choose(page, image("scan.dcm", 22 * MIB));
    await page.getByRole("button", { name: "Open scan.dcm" }).waitFor({ timeout: 60_000 });
    const [file] = await files(record);
    assert.equal(file.file_size, 22 * MIB);
    assert.ok(broken.get("2")! >= 2, "the part was sent again");
  }));

test("an upload goes on after the page is loaded again, where it had stopped", () =>
  withTab({}, async (tab) => {
    const record = await openDraft(tab);
    const { page, context } = tab;
    tab.expect.push(/net::ERR_FAILED/, /net::ERR_ABORTED/);
    const sent: string[] = [];
    let cut = true;
    await context.route(/partNumber=\d+/, async (route) => {
      const number = /partNumber=(\d+)/.exec(route.request().url())![1]!;
      if (route.request().method() !== "PUT") return route.continue();
      if (cut && Number(number) > 2) return route.abort();
      sent.push(number);
      return route.continue();
    });
    const where = image("series.dcm", 30 * MIB);
    await choose(page, where);
    await row(page, "series.dcm").getByText("The connection is lost; it goes on by itself").waitFor();
    await until(async () => sent.length, (count) => count >= 2, "two parts have been sent");
    await page.waitForTimeout(500);
    const plain = await page.evaluate(async () => {
      const db = await new Promise<IDBDatabase>((resolve) => {
        const open = indexedDB.open("wardbook");
        open.onsuccess = () => resolve(open.result);
      });
      const all = await new Promise<any[]>((resolve) => {
        const ask = db.transaction("kept").objectStore("kept").getAll();
        ask.onsuccess = () => resolve(ask.result);
      });
      db.close();
      return all.map((it) => `${it.key} ${new TextDecoder().decode(it.data)}`).join("\n");
    });
    assert.match(plain, /upload/);
    assert.doesNotMatch(plain, /series/, "names of files are not kept in clear");
    await page.reload();
    await page.getByText(/Interrupted: choose the same file again/).waitFor();
    await page.getByText("1 upload was interrupted: see Files.").waitFor();
    await page.getByText(/Interrupted: choose/).scrollIntoViewIfNeeded();
    await shot(page, "upload-interrupted-desk");
    await accessible(page, "interrupted upload");
    cut = false;
    sent.length = 0;
    await choose(page, where);
    await page.getByRole("button", { name: "Open series.dcm" }).waitFor({ timeout: 60_000 });
    assert.ok(!sent.includes("1") && !sent.includes("2"), `sent again: ${sent.join()}`);
    assert.equal((await files(record)).length, 1);
  }));

test("an upload that is cancelled leaves nothing behind", () =>
  withTab({}, async (tab) => {
    const record = await openDraft(tab);
    const { page, context } = tab;
    tab.expect.push(/net::ERR_FAILED/, /net::ERR_ABORTED/);
    let id = 0;
    page.on("response", async (answer) => {
      if (answer.request().method() !== "POST" || !answer.url().endsWith("/attachments")) return;
      id = ((await answer.json()) as { attachment: { id: number } }).attachment.id;
    });
    await context.route(/partNumber=\d+/, (route) => route.abort());
    await choose(page, image("cancelled.dcm", 12 * MIB));
    await page.getByRole("progressbar", { name: "Upload of cancelled.dcm" }).waitFor();
    await row(page, "cancelled.dcm").getByText(/connection is lost/).waitFor();
    await page.getByRole("button", { name: "Cancel the upload of cancelled.dcm" }).click();
    assert.equal(await row(page, "cancelled.dcm").count(), 0);
    await until(
      async () => (await doctor.send("GET", `/attachments/${id}`)).status,
      (status) => status === 404,
      "the pending file is gone",
    );
    assert.deepEqual(await files(record), []);
  }));

test("a deleted file comes back; one of a signed visit is added late and stays", () =>
  withTab({}, async (tab) => {
    const record = await openDraft(tab);
    const { page } = tab;
    await choose(page, text("wrong.txt"));
    await page.getByRole("button", { name: "More for wrong.txt" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByText("wrong.txt was deleted.").waitFor();
    await until(() => files(record), (all) => all.length === 0, "the file is gone");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Open wrong.txt" }).waitFor();
    assert.equal((await files(record)).length, 1);
    const { items } = await doctor.get("/records?status=finalized&limit=1");
    await page.goto(`/visits/${items[0].id}`);
    const name = `late-${Date.now()}.txt`;
    await page.getByRole("button", { name: "Add files" }).waitFor();
    await choose(page, text(name));
    await row(page, name).getByText("added after signing").waitFor();
    await page.getByRole("button", { name: `More for ${name}` }).click();
    assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
  }));

test("images, texts and PDFs are shown in the page; others are offered as a download", () =>
  withTab({}, async (tab) => {
    await openDraft(tab);
    const { page } = tab;
    await choose(page, [text("letter.txt"), png("wound.png")]);
    await choose(page, image("scan.dcm", MIB));
    await page.getByRole("button", { name: "Open scan.dcm" }).waitFor();
    await page.getByRole("button", { name: "Open letter.txt" }).click();
    const viewer = page.getByRole("dialog");
    await viewer.getByText("Discharge letter, سلام").first().waitFor();
    await accessible(page, "a text");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Open wound.png" }).click();
    const picture = viewer.getByRole("img", { name: "wound.png" });
    await picture.waitFor();
    const size = () => picture.evaluate((it) => [(it as HTMLCanvasElement).width, (it as HTMLCanvasElement).height]);
    assert.deepEqual(await size(), [40, 20]);
    await viewer.getByRole("button", { name: "Turn" }).click();
    assert.deepEqual(await size(), [20, 40]);
    await shot(page, "viewer-image-desk");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Open scan.dcm" }).click();
    await viewer.getByText("Files of this kind cannot be shown here.").waitFor();
    await accessible(page, "a file that is not shown");
    await page.keyboard.press("Escape");
    await viewer.waitFor({ state: "hidden" });
  }));

test("a PDF of the chart is drawn, with its text for screen readers", () =>
  withTab({}, async (tab) => {
    const { items } = await doctor.get("/records?status=finalized&limit=60");
    const look = async () => {
      for (const { id } of items) {
        const file = (await files(id)).find((it) => it.file_type === "application/pdf");
        if (file) return { record: id as number, name: file.file_name as string };
      }
      return undefined;
    };
    // The demo's files arrive in the background.
    const found = await until(look, (it) => it !== undefined, "the demo has a PDF");
    await signIn(tab, "doctor@demo.test", `/visits/${found!.record}`);
    const { page } = tab;
    await page.getByRole("button", { name: `Open ${found!.name}` }).click();
    const first = page.getByRole("img", { name: /Page 1 of \d+/ });
    await first.waitFor();
    await until(
      () => page.getByRole("dialog").locator("li p").first().textContent(),
      (words) => (words ?? "").trim().length > 20,
      "the page has a text",
    );
    const ink = await first.evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      let dark = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at]! < 100) dark++;
      return dark;
    });
    assert.ok(ink > 500, "something is drawn");
    await shot(page, "viewer-pdf-desk");
    await accessible(page, "a PDF");
  }));

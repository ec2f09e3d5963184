// One large file through the service, up and down, and what that costs in memory.
import { createHash, randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { peakRssBytes, pause, rssBytes } from "./process.mjs";
import { MIB, transfer } from "./transfer.mjs";

const TENANT = "demo_hospital_001";

/** A DICOM file's beginning: the preamble, its mark, a group length. The rest is random. */
function beginning() {
  const head = Buffer.from(randomBytes(MIB));
  head.fill(0, 0, 128);
  head.write("DICM", 128, "latin1");
  head.write("\x02\x00\x00\x00UL\x04\x00", 132, "latin1");
  return head;
}

async function watched(pid, what, bytes, work) {
  const rss_before_bytes = rssBytes(pid);
  // 5: the high-water mark starts anew.
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  const begun = performance.now();
  const result = await work();
  const seconds = (performance.now() - begun) / 1000;
  const peak_rss_bytes = peakRssBytes(pid);
  await pause(500);
  const rss_after_bytes = rssBytes(pid);
  const figures = { what, bytes, seconds, rss_before_bytes, peak_rss_bytes, rss_after_bytes };
  return { figures, result };
}

export async function measureLarge(demo, mebibytes, say) {
  const size = mebibytes * MIB;
  const token = await demo.signIn(TENANT);
  const headers = { Authorization: `Bearer ${token}` };
  const [record] = (await demo.get("/api/v1/records?limit=1", token)).items;
  const base = `${demo.origin}/api/v1`;

  // A small file first, so that what the first upload ever sets up is not counted.
  const type = { ...headers, "Content-Type": "application/dicom" };
  const first = beginning();
  const target = (name) => `${base}/records/${record.id}/attachments?file_name=${name}`;
  await transfer(target("small.dcm"), "PUT", { size: MIB, first, headers: type });

  say(`upload of ${mebibytes} MiB`);
  const sent = createHash("sha256");
  const chunk = randomBytes(MIB);
  const up = await watched(demo.pid, "PUT /records/{id}/attachments", size, () =>
    transfer(target("big.dcm"), "PUT", {
      size,
      first,
      chunk,
      headers: type,
      onSent: (piece) => sent.update(piece),
    }),
  );
  let attachment = JSON.parse(up.result.text);
  attachment = attachment.attachment ?? attachment;
  const digest = sent.digest("hex");
  for (let tries = 0; attachment.state === "pending" && tries < 600; ++tries) {
    await pause(200);
    attachment = await demo.get(`/api/v1/attachments/${attachment.id}`, token);
  }
  if (attachment.state !== "available" || attachment.sha256 !== digest) {
    throw new Error(`the upload is ${attachment.state}, SHA-256 ${attachment.sha256}`);
  }

  say(`download of ${mebibytes} MiB`);
  const got = createHash("sha256");
  const down = await watched(demo.pid, "GET /attachments/{id}/content", size, () =>
    transfer(`${base}/attachments/${attachment.id}/content`, "GET", {
      headers,
      onReceived: (piece) => got.update(piece),
    }),
  );
  if (down.result.bytes !== size || got.digest("hex") !== digest) {
    throw new Error("the download is another file than the upload");
  }
  return [up.figures, down.figures];
}

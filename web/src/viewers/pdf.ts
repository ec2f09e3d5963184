import { GlobalWorkerOptions, getDocument, type PDFDocumentProxy, type PDFPageProxy } from "pdfjs-dist";
import { open, type Viewed } from "./bytes.ts";

export type { PDFDocumentProxy, PDFPageProxy };

// The addresses only; what a file needs is fetched.
const wasm = import.meta.glob<string>("../../node_modules/pdfjs-dist/wasm/*.wasm", {
  query: "?url",
  import: "default",
  eager: true,
});
const maps = import.meta.glob<string>("../../node_modules/pdfjs-dist/cmaps/*.bcmap", {
  query: "?url",
  import: "default",
  eager: true,
});

/** What PDF.js asks for by name (decoders, tables of Chinese and Japanese fonts) is ours, with a hash in its name. */
class OwnFiles {
  async fetch({ kind, filename }: { kind: string; filename: string }): Promise<Uint8Array> {
    const files = kind === "wasmUrl" ? wasm : kind === "cMapUrl" ? maps : {};
    const found = Object.entries(files).find(([path]) => path.endsWith(`/${filename}`));
    if (!found) throw new Error(`no ${filename}`);
    const answer = await fetch(found[1]);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

export async function openPdf(file: Viewed, signal: AbortSignal): Promise<PDFDocumentProxy> {
  const data = new Uint8Array(await (await open(file, signal)).arrayBuffer());
  GlobalWorkerOptions.workerPort ??= new Worker(new URL("../workers/pdf-worker.ts", import.meta.url), {
    type: "module",
  });
  return getDocument({
    data,
    BinaryDataFactory: OwnFiles,
    useWorkerFetch: false,
    isEvalSupported: false,
    enableXfa: false,
    useSystemFonts: true,
  } as Parameters<typeof getDocument>[0]).promise;
}

export interface Drawn {
  /** Its text, for whoever listens to the page. */
  text: string;
}

/** Draws a page so wide, sharp on every screen. Forms show what is filled in; nothing in a file is run. */
export async function drawPage(page: PDFPageProxy, canvas: HTMLCanvasElement, width: number): Promise<Drawn> {
  const natural = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: (width * Math.min(devicePixelRatio, 2)) / natural.width });
  canvas.width = Math.floor(viewport.width);
  canvas.height = Math.floor(viewport.height);
  await page.render({ canvas, viewport }).promise;
  const { items } = await page.getTextContent();
  return { text: items.map((it) => ("str" in it ? it.str : "")).join(" ") };
}

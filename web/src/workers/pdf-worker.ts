// PDF.js reads files here, under the policy for workers, which may compile WebAssembly.
import "pdfjs-dist/build/pdf.worker.min.mjs";

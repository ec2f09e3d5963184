/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The service that the development server passes requests on to: a running `wardbook demo`.
const service = process.env["WARDBOOK_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  // Tables of PDF.js.
  assetsInclude: ["**/*.bcmap"],
  build: {
    outDir: "../build/web",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    // Inlined files would be data: URLs, which the policy of the pages does not take for fonts.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: { "^/(api|docs|openapi.json|healthz|readyz|metrics)": { target: service } },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});

// Chromium, driven by playwright-core: one browser for a run, a context of its own for each test.
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

export const root = fileURLToPath(new URL("../../../", import.meta.url));
export const shots = path.join(root, "build/screenshots");
export const base = process.env["WARDBOOK_TEST_URL"] ?? "";
export const password = process.env["WARDBOOK_DEMO_PASSWORD"] ?? "";
export const hospital = "demo_hospital_001";

/** The three widths of the design: a desk, a tablet at the bedside, a phone. */
export const sizes = {
  desk: { width: 1440, height: 900 },
  tablet: { width: 1024, height: 768 },
  phone: { width: 390, height: 844 },
} as const;
export type Size = keyof typeof sizes;

function executable(): string {
  const places = [process.env["WARDBOOK_CHROMIUM"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser"];
  const found = places.find((place) => place !== "" && existsSync(place));
  assert.ok(found, "there is no Chromium: install Debian's package `chromium`");
  return found;
}

let browser: Browser | undefined;

export async function openBrowser(): Promise<Browser> {
  // As root, as in CI, Chromium's own sandbox does not start; the pages are ours.
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"];
  browser ??= await chromium.launch({ executablePath: executable(), args });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/** A page that keeps what went wrong in it. */
export interface Tab {
  page: Page;
  context: BrowserContext;
  /** Errors on the console, uncaught ones, and violations of the pages' policy. */
  faults: string[];
  /** Errors of the network that a test makes on purpose. */
  expect: RegExp[];
}

export interface Options {
  size?: Size;
  dark?: boolean;
  locale?: string;
}

export async function openTab({ size = "desk", dark = false, locale = "en-GB" }: Options = {}): Promise<Tab> {
  const context = await (await openBrowser()).newContext({
    baseURL: base,
    viewport: sizes[size],
    colorScheme: dark ? "dark" : "light",
    locale,
    timezoneId: "UTC",
    reducedMotion: "reduce",
    hasTouch: size !== "desk",
    bypassCSP: false,
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const tab: Tab = { page, context, faults: [], expect: [] };
  page.on("console", (message) => {
    // Whether the browser has a session is asked at every start; that it has none is a 401.
    const none = /status of 401/.test(message.text()) && message.location().url.endsWith("/auth/refresh");
    if (message.type() === "error" && !none) tab.faults.push(message.text());
  });
  page.on("pageerror", (error) => tab.faults.push(`uncaught: ${error.message}`));
  return tab;
}

/** Closes a tab; fails if something went wrong in it that the test did not expect. */
export async function closeTab(tab: Tab): Promise<void> {
  await tab.context.close();
  const unexpected = tab.faults.filter((fault) => !tab.expect.some((pattern) => pattern.test(fault)));
  assert.deepEqual(unexpected, [], "the console has errors");
}

export async function withTab(options: Options, work: (tab: Tab) => Promise<void>): Promise<void> {
  const tab = await openTab(options);
  try {
    await work(tab);
  } catch (error) {
    mkdirSync(shots, { recursive: true });
    await tab.page.screenshot({ path: path.join(shots, `failed-${Date.now()}.png`) }).catch(() => undefined);
    await tab.context.close();
    throw error;
  }
  await closeTab(tab);
}

export async function signIn(tab: Tab, email: string, where = "/"): Promise<void> {
  const { page } = tab;
  // The first answer to an account with several hospitals is a 409, which Chromium logs.
  tab.expect.push(/status of 409/);
  await page.goto(where);
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  const choice = page.getByRole("button", { name: /Demo Hospital|General Hospital|demo_hospital/ }).first();
  const inside = page.getByRole("navigation", { name: "Main" });
  await choice.or(inside).first().waitFor();
  if (await choice.isVisible()) await chooseHospital(page);
  await inside.waitFor();
}

let hospitalName: string | undefined;

async function chooseHospital(page: Page): Promise<void> {
  hospitalName ??= await nameOfHospital();
  await page.getByRole("button", { name: hospitalName }).click();
}

async function nameOfHospital(): Promise<string> {
  const answer = await fetch(`${base}/api/v1/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: "doctor@demo.test", password, tenant: hospital }),
  });
  return ((await answer.json()) as { tenant: { name: string } }).tenant.name;
}

export async function settle(page: Page): Promise<void> {
  await page.waitForLoadState("networkidle");
  await page.waitForFunction(() => document.querySelector("[data-loading], [aria-busy=true]") === null);
}

export async function shot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`) });
}

/** What axe finds against WCAG 2.2 A and AA on the page as it stands; with `rules` only by these. */
export async function axe(page: Page, rules?: string[]): Promise<string[]> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const builder = new AxeBuilder({ page });
  const { violations } = await (rules ? builder.withRules(rules) : builder.withTags(tags)).analyze();
  return violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
}

export async function accessible(page: Page, what: string): Promise<void> {
  assert.deepEqual(await axe(page), [], `axe on ${what}`);
}

import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { api, call } from "../api/index.ts";
import { currentSession, currentState, subscribe } from "../session/index.ts";
import type { Session } from "../session/index.ts";
import { open, seal } from "./seal.ts";

/**
 * What a browser keeps of work that the service does not have yet. Each entry belongs to one account
 * in one hospital and is encrypted with a key that only the service holds: it is in memory while
 * somebody is signed in and the page is not locked. Entries live for a week at the most.
 */

interface Entry {
  /** hospital/account/kind/id */
  key: string;
  at: number;
  iv: Uint8Array<ArrayBuffer>;
  data: ArrayBuffer;
}

interface Schema extends DBSchema {
  kept: { key: string; value: Entry };
}

export interface Kept<T> {
  id: string;
  at: number;
  value: T;
}

const LIFE_MS = 7 * 24 * 3_600_000;

/** Pages that come neither by HTTPS nor from this machine have no cryptography. */
export const cannotKeep = typeof indexedDB === "undefined" || !globalThis.crypto?.subtle;

let database: Promise<IDBPDatabase<Schema>> | undefined;

function opened(): Promise<IDBPDatabase<Schema>> {
  database ??= openDB<Schema>("wardbook", 1, {
    upgrade: (db) => void db.createObjectStore("kept", { keyPath: "key" }),
    // Another version of the page waits for this one to let go.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  }).then(async (db) => {
    await forgetOld(db);
    return db;
  });
  database.catch(() => (database = undefined));
  return database;
}

async function forgetOld(db: IDBPDatabase<Schema>): Promise<void> {
  const tx = db.transaction("kept", "readwrite");
  for await (const cursor of tx.store) if (Date.now() - cursor.value.at > LIFE_MS) await cursor.delete();
  await tx.done;
}

function ownerOf(session: Session | undefined): string | undefined {
  return session && `${session.tenant?.id ?? ""}/${session.user.id}/`;
}

function owner(): string | undefined {
  return ownerOf(currentSession());
}

let held: { owner: string; key: Promise<CryptoKey> } | undefined;
subscribe(() => {
  if (held && held.owner !== owner()) held = undefined;
});

async function fetchKey(): Promise<CryptoKey> {
  const { key } = await call(api.GET("/me/draft-key"));
  const raw = Uint8Array.from(atob(key), (it) => it.charCodeAt(0));
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function keyOf(whose: string): Promise<CryptoKey> {
  if (held?.owner !== whose) {
    const key = fetchKey();
    const mine = { owner: whose, key };
    held = mine;
    key.catch(() => {
      if (held === mine) held = undefined; // Asked for again by the next who needs it.
    });
  }
  return held!.key;
}

/** Keeps a value as JSON. Does nothing when nobody is signed in. */
export async function keep(kind: string, id: string | number, value: unknown): Promise<void> {
  const whose = owner();
  if (cannotKeep || whose === undefined) return;
  const key = `${whose}${kind}/${id}`;
  const sealed = await seal(await keyOf(whose), key, value);
  await (await opened()).put("kept", { key, at: Date.now(), ...sealed });
}

export async function drop(kind: string, id: string | number): Promise<void> {
  // What was saved at the last moment is taken out behind the lock too.
  const state = currentState();
  const whose = ownerOf(state.phase === "in" || state.phase === "locked" ? state.session : undefined);
  if (cannotKeep || whose === undefined) return;
  await (await opened()).delete("kept", `${whose}${kind}/${id}`);
}

export async function kept<T>(kind: string, id: string | number): Promise<Kept<T> | undefined> {
  const whose = owner();
  if (cannotKeep || whose === undefined) return undefined;
  // What is written from now on needs the key, and the network may be gone by then.
  keyOf(whose).catch(() => undefined);
  const entry = await (await opened()).get("kept", `${whose}${kind}/${id}`);
  return entry && read<T>(whose, kind, entry);
}

export async function allKept<T>(kind: string): Promise<Kept<T>[]> {
  const whose = owner();
  if (cannotKeep || whose === undefined) return [];
  const prefix = `${whose}${kind}/`;
  const entries = await (await opened()).getAll("kept", IDBKeyRange.bound(prefix, `${prefix}\uffff`));
  const all = await Promise.all(entries.map((entry) => read<T>(whose, kind, entry)));
  return all.filter((it) => it !== undefined);
}

/** undefined, and the entry gone, when the key does not open it: the service has a new secret. */
async function read<T>(whose: string, kind: string, entry: Entry): Promise<Kept<T> | undefined> {
  const key = await keyOf(whose);
  try {
    const value = (await open(key, entry.key, entry)) as T;
    return { id: entry.key.slice(whose.length + kind.length + 1), at: entry.at, value };
  } catch {
    await (await opened()).delete("kept", entry.key);
    return undefined;
  }
}

import type { Permission, Role, Session } from "../lib/session/index.ts";
import type { IconName } from "../ui/index.ts";

export interface Place {
  to: string;
  /** Its name in the catalogue of words. */
  word: "worklist" | "patients" | "search" | "templates" | "users" | "storage" | "audit" | "tenants";
  icon: IconName;
  permission: Permission;
  keys?: string;
}

/** The rail, from the top, and the palette's "go to": a page that is added to the routes comes here too. */
export const places: readonly Place[] = [
  { to: "/", word: "worklist", icon: "home", permission: "records:read", keys: "g w" },
  { to: "/patients", word: "patients", icon: "patients", permission: "patients:read", keys: "g p" },
  { to: "/search", word: "search", icon: "search", permission: "records:read", keys: "g s" },
  { to: "/templates", word: "templates", icon: "template", permission: "templates:write" },
  { to: "/admin/users", word: "users", icon: "account", permission: "users:admin" },
  { to: "/admin/storage", word: "storage", icon: "storage", permission: "storage:read" },
  { to: "/audit", word: "audit", icon: "shield", permission: "audit:read" },
];

const firstPages: Partial<Record<Role, string>> = {
  receptionist: "/patients",
  auditor: "/audit",
  manager: "/admin/storage",
  hospital_admin: "/admin/users",
  platform_admin: "/ops/tenants",
};

export function placesOf(session: Session): Place[] {
  // All of them are about one hospital; operators are of none.
  return session.tenant ? places.filter((place) => session.permissions.has(place.permission)) : [];
}

/** The page that somebody sees first: by role, among those that there are. */
export function firstPage(session: Session): string {
  const own = placesOf(session);
  const wanted = firstPages[session.user.role];
  return own.find((place) => place.to === wanted)?.to ?? own[0]?.to ?? "/account";
}

import type { ReactNode } from "react";
import { useMay, type Permission } from "../lib/session/index.ts";
import { Empty } from "../ui/index.ts";
import { useWords } from "./words.ts";

/** A page for those who have a permission; the service decides, this only says so in words. */
export function Only({ permission, children }: { permission: Permission; children: ReactNode }) {
  const { forbidden } = useWords();
  if (useMay(permission)) return children;
  return (
    <Empty page title={forbidden.title} icon="lock">
      <p>{forbidden.text}</p>
    </Empty>
  );
}

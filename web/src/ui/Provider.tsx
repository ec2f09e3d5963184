import { CSPProvider } from "@base-ui/react/csp-provider";
import type { ReactNode } from "react";
import "./tokens.css";
import "./base.css";

/** Around everything: no component may add a style element, which the pages' policy would block. */
export function UiProvider({ children }: { children: ReactNode }) {
  return <CSPProvider disableStyleElements>{children}</CSPProvider>;
}

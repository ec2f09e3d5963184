import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { currentLanguage, setLanguage } from "./lib/i18n/index.ts";
import { resume, watchIdle } from "./lib/session/index.ts";

setLanguage(currentLanguage());
watchIdle();
void resume();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

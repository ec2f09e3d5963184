import { QueryClientProvider } from "@tanstack/react-query";
import { createBrowserRouter } from "react-router";
import { RouterProvider } from "react-router/dom";
import { queryClient } from "../lib/api/index.ts";
import { onSessionEnd } from "../lib/session/index.ts";
import { Toasts, UiProvider, forgetToasts } from "../ui/index.ts";
import { routes } from "./routes.tsx";

const router = createBrowserRouter(routes);
onSessionEnd(forgetToasts);

export function App() {
  return (
    <UiProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
        <Toasts />
      </QueryClientProvider>
    </UiProvider>
  );
}

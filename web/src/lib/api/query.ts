import { QueryClient } from "@tanstack/react-query";
import { isProblem } from "./problem.ts";

const RETRIES = 2;

/**
 * Every read of a chart is an entry in its audit log. So nothing is read again because a window got
 * the focus, the network came back or a component was mounted once more; pages read again after a
 * change of their own, or when they are asked to.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      staleTime: 60_000,
      gcTime: 5 * 60_000,
      networkMode: "always",
      retry: (failures, error) => failures < RETRIES && isProblem(error) && error.status === 503,
      retryDelay: (failures) => 500 * 2 ** failures,
    },
    mutations: { networkMode: "always", retry: false },
  },
});

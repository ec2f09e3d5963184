import { isProblem } from "../../lib/api/index.ts";
import { useProblemText } from "../../ui/index.ts";
import { useWords } from "./words.ts";

/** The sentence for a refusal at sign-in or at unlocking. */
export function useFaultText(): (error: unknown) => string {
  const words = useWords();
  const text = useProblemText();
  return (error) => {
    if (isProblem(error, "invalid_credentials")) return words.invalid;
    if (isProblem(error, "tenant_suspended")) return words.suspended;
    if (isProblem(error, "account_locked") && error.retryAfterS) {
      return words.locked(Math.ceil(error.retryAfterS / 60));
    }
    return text(error);
  };
}

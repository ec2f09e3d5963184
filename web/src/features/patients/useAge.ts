import { age } from "../../lib/format/index.ts";
import { useWords } from "./words.ts";

/** "42 years", "7 months" */
export function useAge(): (born: string) => string {
  const words = useWords();
  return (born) => {
    const { years, months } = age(born);
    return years >= 2 ? words.years(years) : words.months(months);
  };
}

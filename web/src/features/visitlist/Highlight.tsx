import { pieces } from "./highlight.ts";

export function Highlight({ extract }: { extract: string }) {
  return (
    <span dir="auto">
      {pieces(extract).map(({ text, marked }, index) => (marked ? <mark key={index}>{text}</mark> : text))}
    </span>
  );
}

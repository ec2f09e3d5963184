export interface Piece {
  text: string;
  kind: "same" | "removed" | "added";
}

const MOST_WORDS = 1_500;

function push(out: Piece[], kind: Piece["kind"], text: string): void {
  const last = out.at(-1);
  if (last?.kind === kind) last.text += text;
  else out.push({ kind, text });
}

/** Which words were taken out and put in, by their longest common sequence. */
export function wordDiff(before: string, after: string): Piece[] {
  const a = before.split(/(\s+)/).filter((it) => it !== "");
  const b = after.split(/(\s+)/).filter((it) => it !== "");
  const out: Piece[] = [];
  if (a.length > MOST_WORDS || b.length > MOST_WORDS) {
    if (before) push(out, "removed", before);
    if (after) push(out, "added", after);
    return out;
  }
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i] === b[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
    }
  }
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push(out, "same", a[i]!);
      i++;
      j++;
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!)) {
      push(out, "removed", a[i++]!);
    } else {
      push(out, "added", b[j++]!);
    }
  }
  return out;
}

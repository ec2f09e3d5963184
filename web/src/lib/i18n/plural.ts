/** "1 visit", "3 visits"; English and Spanish have the same two forms for whole numbers. */
export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

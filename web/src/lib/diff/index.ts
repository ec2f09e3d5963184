export { wordDiff, type Piece } from "./words.ts";

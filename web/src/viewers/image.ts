import { open, type Viewed } from "./bytes.ts";

/** Upright, as the camera was held. Throws where the browser does not know such images. */
export async function readImage(file: Viewed, signal: AbortSignal): Promise<ImageBitmap> {
  return createImageBitmap(await (await open(file, signal)).blob());
}

/** Draws it, turned by so many quarters. */
export function drawImage(image: ImageBitmap, canvas: HTMLCanvasElement, quarters: number): void {
  const across = quarters % 2 !== 0;
  canvas.width = across ? image.height : image.width;
  canvas.height = across ? image.width : image.height;
  const pen = canvas.getContext("2d")!;
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate((quarters * Math.PI) / 2);
  pen.drawImage(image, -image.width / 2, -image.height / 2);
}

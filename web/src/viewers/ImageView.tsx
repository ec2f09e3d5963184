import { useEffect, useRef } from "react";
import { drawImage, readImage } from "./image.ts";
import { View, type ViewProps } from "./View.tsx";
import { useWords } from "./words.ts";
import css from "./Viewers.module.css";

function Drawn({ image, name, zoom, turn }: { image: ImageBitmap; name: string; zoom: number; turn: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => drawImage(image, canvas.current!, turn), [image, turn]);
  const enlarged = zoom > 1 ? { width: `${zoom * 100}%` } : undefined;
  return (
    <div className={css.image} data-fit={zoom <= 1 || undefined}>
      <canvas ref={canvas} role="img" aria-label={name} style={enlarged} />
    </div>
  );
}

export function ImageView({ file, zoom, turn }: ViewProps) {
  const words = useWords();
  return (
    <View file={file} load={readImage} failed={<p>{words.unknownImage}</p>}>
      {(image) => <Drawn image={image} name={file.file_name} zoom={zoom} turn={turn} />}
    </View>
  );
}

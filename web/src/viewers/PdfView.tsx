import { useEffect, useRef, useState } from "react";
import { drawPage, openPdf, type PDFDocumentProxy } from "./pdf.ts";
import { useWords } from "./words.ts";
import { View, type ViewProps } from "./View.tsx";
import css from "./Viewers.module.css";

const WIDEST = 900;

function PdfPage({ pdf, number, width }: { pdf: PDFDocumentProxy; number: number; width: number }) {
  const words = useWords();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [near, setNear] = useState(false);
  const [ratio, setRatio] = useState(297 / 210);
  const [text, setText] = useState("");

  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => setNear(entry!.isIntersecting), { rootMargin: "600px" });
    watch.observe(canvas.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    let wanted = true;
    if (!near) return undefined;
    void (async () => {
      const page = await pdf.getPage(number);
      if (!wanted || !canvas.current) return;
      const { width: wide, height } = page.getViewport({ scale: 1 });
      setRatio(height / wide);
      const drawn = await drawPage(page, canvas.current, width).catch(() => undefined);
      if (wanted && drawn) setText(drawn.text);
    })();
    return () => void (wanted = false);
  }, [pdf, number, width, near]);
  const label = words.page(number, pdf.numPages);
  return (
    <li className={css.page}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        style={{ width: `${width}px`, height: `${Math.round(width * ratio)}px` }}
      />
      <p className="visually-hidden">{text}</p>
    </li>
  );
}

function Pages({ pdf, zoom }: { pdf: PDFDocumentProxy; zoom: number }) {
  const list = useRef<HTMLOListElement>(null);
  const [room, setRoom] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setRoom(Math.floor(entry!.contentRect.width)));
    watch.observe(list.current!);
    return () => watch.disconnect();
  }, []);
  return (
    <ol ref={list} className={css.pages}>
      {room > 0 &&
        Array.from({ length: pdf.numPages }, (_, index) => (
          <PdfPage key={index} pdf={pdf} number={index + 1} width={Math.min(room, WIDEST) * zoom} />
        ))}
    </ol>
  );
}

/** Pages below each other; those near to what is seen are drawn. */
export function PdfView({ file, zoom }: ViewProps) {
  return (
    <View file={file} load={openPdf}>
      {(pdf) => <Pages pdf={pdf} zoom={zoom} />}
    </View>
  );
}

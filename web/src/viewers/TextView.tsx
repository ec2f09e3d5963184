import { readText } from "./text.ts";
import { View, type ViewProps } from "./View.tsx";
import { Notice } from "../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./Viewers.module.css";

export function TextView({ file, zoom }: ViewProps) {
  const words = useWords();
  return (
    <View file={file} load={readText}>
      {({ text, whole }) => (
        <div className={css.text}>
          {!whole && <Notice tone="info">{words.beginning}</Notice>}
          <pre dir="auto" style={{ fontSize: `${zoom}em` }}>
            {text}
          </pre>
        </div>
      )}
    </View>
  );
}

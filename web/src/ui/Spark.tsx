import css from "./Plot.module.css";

interface Props {
  values: readonly number[];
}

const WIDTH = 100;
const HEIGHT = 24;

/** The course of a value, small, beside the value itself. */
export function Spark({ values }: Props) {
  if (values.length < 2) return null;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = most - least || 1;
  const points = values.map((value, index) => {
    const x = (index / (values.length - 1)) * WIDTH;
    return `${x.toFixed(1)},${(HEIGHT - ((value - least) / span) * HEIGHT).toFixed(1)}`;
  });
  const [x = "0", y = "0"] = points.at(-1)!.split(",");
  return (
    <svg className={css.spark} viewBox={`-2 -3 ${WIDTH + 6} ${HEIGHT + 6}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline
        points={points.join(" ")}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
      <line x1={x} y1={y} x2={x} y2={y} stroke="currentColor" strokeWidth="5" strokeLinecap="round" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}

import { useEffect, useRef } from "react";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { currentLocale, useLanguage } from "../lib/i18n/index.ts";
import { useMedia } from "../lib/react/index.ts";
import css from "./Plot.module.css";

export interface Curve {
  name: string;
  points: readonly { at: string; value: number }[];
}

interface Props {
  /** Says what a screen reader should know of it; the values stand in a table beside it. */
  label: string;
  curves: readonly Curve[];
  low?: number | null | undefined;
  high?: number | null | undefined;
  height?: number;
  zone: string;
}

const tones = ["--accent", "--danger", "--info", "--warning"];

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The moments of all curves in order, and each curve's values at them. */
function align(curves: readonly Curve[]): [number[], ...(number | null)[][]] {
  const seconds = (at: string) => Date.parse(at) / 1000;
  const times = [...new Set(curves.flatMap((curve) => curve.points.map((it) => seconds(it.at))))];
  times.sort((a, b) => a - b);
  const values = curves.map((curve) => {
    const at = new Map(curve.points.map((it) => [seconds(it.at), it.value]));
    return times.map((time) => at.get(time) ?? null);
  });
  return [times, ...values];
}

/** The range in which a value is normal, as a band behind the curve. */
function band(plot: UPlot, low: number | null | undefined, high: number | null | undefined): void {
  if (low == null && high == null) return;
  const { left, top, width, height } = plot.bbox;
  const y = (value: number | null | undefined, edge: number) =>
    value == null ? edge : Math.min(top + height, Math.max(top, plot.valToPos(value, "y", true)));
  const upper = y(high, top);
  plot.ctx.save();
  plot.ctx.fillStyle = colour("--good-soft");
  plot.ctx.fillRect(left, upper, width, y(low, top + height) - upper);
  plot.ctx.restore();
}

function range(curves: readonly Curve[], low?: number | null, high?: number | null): [number, number] {
  const all = curves.flatMap((curve) => curve.points.map((it) => it.value));
  for (const edge of [low, high]) if (edge != null) all.push(edge);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const room = (most - least || Math.abs(most) || 1) * 0.12;
  return [least - room, most + room];
}

export function Plot({ label, curves, low, high, height = 200, zone }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const dark = useMedia("(prefers-color-scheme: dark)");
  const language = useLanguage();
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, font: "12px system-ui" };
    const day = new Intl.DateTimeFormat(currentLocale(), { month: "short", year: "2-digit", timeZone: zone });
    const exact = new Intl.DateTimeFormat(currentLocale(), { dateStyle: "medium", timeZone: zone });
    const data = align(curves);
    const newest = (plot: UPlot) => plot.setLegend({ idx: data[0].length - 1 }, false);
    const options: UPlot.Options = {
      width: element.clientWidth,
      height,
      cursor: { y: false, points: { size: 9 } },
      legend: { show: true, live: true },
      scales: { x: { time: true }, y: { range: () => range(curves, low, high) } },
      axes: [
        { ...axis, space: 80, values: (_, splits) => splits.map((at) => day.format(at * 1000)) },
        { ...axis, size: 48 },
      ],
      series: [
        { value: (_, at) => (at == null ? "–" : exact.format(at * 1000)), label: "\u00a0" },
        ...curves.map((curve, index) => ({
          label: curve.name,
          stroke: colour(tones[index % tones.length]!),
          width: 2,
          spanGaps: true,
          points: { show: true, size: 6 },
          ...(index > 0 ? { dash: [6, 3] } : {}),
        })),
      ],
      hooks: {
        drawClear: [(plot) => band(plot, low, high)],
        ready: [newest],
        // Nobody points at a moment any more: the words below tell of the newest one.
        setCursor: [(plot) => plot.cursor.left! < 0 && newest(plot)],
      },
    };
    const plot = new UPlot(options, data, element);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [curves, low, high, height, zone, dark, language]);
  return <div className={css.plot} ref={place} role="img" aria-label={label} />;
}

import { useMemo, useState } from "react";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { day, number, zone } from "../../lib/format/index.ts";
import type { Schemas } from "../../lib/api/index.ts";
import { Card, Empty, Failed, Loading, Page } from "../../ui/index.ts";
import type { Curve } from "../../ui/Plot.tsx";
import { Plot } from "./Plot.tsx";
import { useChart } from "./ChartLayout.tsx";
import { abnormal, flagMark } from "./labs.ts";
import { useLabs } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

type Series = Schemas["LabSeries"]["series"][number];
const SHOWN_DATES = 6;

function rangeText({ reference_low: low, reference_high: high }: Series): string {
  if (low != null && high != null) return `${number(low)}–${number(high)}`;
  if (low != null) return `≥ ${number(low)}`;
  return high != null ? `≤ ${number(high)}` : "";
}

const keyOf = (series: Series) => `${series.test} ${series.unit ?? ""}`;

function Value({ point }: { point: Series["points"][number] | undefined }) {
  const { flag } = useVisitWords();
  if (!point) return null;
  const text = typeof point.value === "number" ? number(point.value) : point.value;
  if (!abnormal(point.flag)) return text;
  return (
    <span className={css.flag}>
      {flagMark(point.flag)} {text}
      {point.flag && <span className="visually-hidden"> {flag[point.flag]}</span>}
    </span>
  );
}

function Course({ series }: { series: Series }) {
  const words = useWords();
  const curves = useMemo<Curve[]>(() => {
    const points = series.points.flatMap((it) => (typeof it.value === "number" ? [{ at: it.at, value: it.value }] : []));
    return [{ name: series.unit ?? series.test, points }];
  }, [series]);
  const count = curves[0]!.points.length;
  if (count === 0) return <p className={css.none}>{words.lab.noCurve}</p>;
  return (
    <div className={css.plot}>
      <Plot
        label={words.lab.curveOf(series.test, count)}
        curves={curves}
        low={series.reference_low}
        high={series.reference_high}
        height={280}
        zone={zone()}
      />
    </div>
  );
}

/** Tests by dates, the newest at the left; a chosen test shows its course with the range shaded. */
export function LabsPage() {
  const words = useWords();
  const { id } = useChart();
  const labs = useLabs(id);
  const [chosen, setChosen] = useState<string>();
  if (labs.isPending) return <Loading />;
  if (labs.isError) return <Failed page error={labs.error} onRetry={() => void labs.refetch()} />;
  const all = labs.data.series;
  if (all.length === 0) return <Empty page title={words.lab.none} icon="flask" />;
  const days = [...new Set(all.flatMap((series) => series.points.map((it) => day(it.at))))];
  const times = new Map(all.flatMap((series) => series.points.map((it) => [day(it.at), it.at])));
  days.sort((a, b) => times.get(b)!.localeCompare(times.get(a)!));
  const shown = days.slice(0, SHOWN_DATES);
  const odd = all.find((series) => abnormal(series.points.at(-1)?.flag)) ?? all[0];
  const open = all.find((series) => keyOf(series) === (chosen ?? keyOf(odd!)));
  return (
    <Page title={words.tabs.labs} hideTitle>
      <div className={css.two}>
        <Card title={words.tabs.labs}>
          <div className={css.scroll} tabIndex={0} role="group" aria-label={words.tabs.labs}>
            <table className={`${css.table} ${css.labs}`}>
              <thead>
                <tr>
                  <th scope="col">{words.lab.test}</th>
                  <th scope="col">{words.lab.normal}</th>
                  {shown.map((it) => (
                    <th key={it} scope="col" className={css.num}>
                      {it}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {all.map((series) => (
                  <tr
                    key={keyOf(series)}
                    data-open={series === open || undefined}
                    onClick={() => setChosen(keyOf(series))}
                  >
                    <th scope="row">
                      <button type="button" className={css.plainButton} aria-pressed={series === open}>
                        <bdi>{series.test}</bdi>
                      </button>
                    </th>
                    <td className="numbers">
                      {rangeText(series)} {series.unit}
                    </td>
                    {shown.map((it) => (
                      <td key={it} className={css.num}>
                        <Value point={series.points.findLast((point) => day(point.at) === it)} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
        <Card title={open?.test ?? words.lab.test}>
          {open ? <Course series={open} /> : <p className={css.none}>{words.lab.choose}</p>}
        </Card>
      </div>
    </Page>
  );
}

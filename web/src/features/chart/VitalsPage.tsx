import { useMemo, useState } from "react";
import { signs, units, useSignWords, type Sign } from "../../lib/clinical/index.ts";
import { dayAndTime, isoDay, number, zone } from "../../lib/format/index.ts";
import { Button, Card, Empty, Failed, Loading, Page } from "../../ui/index.ts";
import type { Curve } from "../../ui/Plot.tsx";
import { Plot } from "./Plot.tsx";
import { useChart } from "./ChartLayout.tsx";
import { useVitals } from "./queries.ts";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

const DAY_MS = 86_400_000;
const periods = { quarter: 92, year: 365, all: 0 } as const;
type Period = keyof typeof periods;

interface Chart {
  title: string;
  unit: string;
  curves: Curve[];
}

/** Both pressures in one picture, every other sign in its own. */
function charts(series: Record<string, Curve["points"]>, names: Record<Sign | "bmi" | "pressure", string>): Chart[] {
  const curve = (sign: Sign | "bmi"): Curve => ({ name: names[sign], points: series[sign] ?? [] });
  const out: Chart[] = [];
  const pressure = [curve("systolic_mmhg"), curve("diastolic_mmhg")].filter((it) => it.points.length > 0);
  if (pressure.length > 0) out.push({ title: names.pressure, unit: units.systolic_mmhg, curves: pressure });
  for (const sign of [...signs.slice(2), "bmi"] as (Sign | "bmi")[]) {
    if ((series[sign] ?? []).length === 0) continue;
    out.push({ title: names[sign], unit: units[sign], curves: [curve(sign)] });
  }
  return out;
}

function Values({ chart }: { chart: Chart }) {
  const words = useWords();
  const rows = [...new Set(chart.curves.flatMap((curve) => curve.points.map((it) => it.at)))].sort().reverse();
  return (
    <details className={css.values}>
      <summary>{words.series.table}</summary>
      <div className={css.scroll} tabIndex={0} role="group" aria-label={chart.title}>
        <table className={css.table}>
          <thead>
            <tr>
              <th scope="col">{words.series.when}</th>
              {chart.curves.map((curve) => (
                <th key={curve.name} scope="col" className={css.num}>
                  {curve.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((at) => (
              <tr key={at}>
                <th scope="row">{dayAndTime(at)}</th>
                {chart.curves.map((curve) => {
                  const point = curve.points.find((it) => it.at === at);
                  return (
                    <td key={curve.name} className={css.num}>
                      {point && number(point.value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export function VitalsPage() {
  const words = useWords();
  const names = useSignWords();
  const { id } = useChart();
  const [period, setPeriod] = useState<Period>("all");
  const days = periods[period];
  const [today] = useState(() => Date.now());
  const from = days > 0 ? isoDay(new Date(today - days * DAY_MS)) : undefined;
  const vitals = useVitals(id, from);
  const all = useMemo(() => charts(vitals.data?.series ?? {}, names), [vitals.data, names]);
  return (
    <Page title={words.tabs.vitals} hideTitle>
      <div className={css.segments} role="group" aria-label={words.series.range}>
        {(Object.keys(periods) as Period[]).map((it) => (
          <Button
            key={it}
            small
            kind={it === period ? "primary" : "plain"}
            aria-pressed={it === period}
            onClick={() => setPeriod(it)}
          >
            {words.series[it]}
          </Button>
        ))}
      </div>
      {vitals.isPending ? (
        <Loading />
      ) : vitals.isError ? (
        <Failed error={vitals.error} onRetry={() => void vitals.refetch()} />
      ) : all.length === 0 ? (
        <Empty title={words.noVitals} icon="heart">
          {period !== "all" && <p>{words.series.none}</p>}
        </Empty>
      ) : (
        <div className={css.plots}>
          {all.map((chart) => (
            <Card key={chart.title} title={`${chart.title} (${chart.unit})`}>
              <div className={css.plot}>
                <Plot
                  label={words.lab.curveOf(chart.title, chart.curves[0]!.points.length)}
                  curves={chart.curves}
                  zone={zone()}
                />
              </div>
              <Values chart={chart} />
            </Card>
          ))}
        </div>
      )}
    </Page>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useMemo, useState, type FormEvent, type ReactNode } from "react";
import { api, call, type Schemas } from "../../lib/api/index.ts";
import { bytes, dayAndTime, number, parseNumber, zone } from "../../lib/format/index.ts";
import { currentLocale } from "../../lib/i18n/index.ts";
import { Button, Card, Failed, Loading, Notice, Page, ProblemNotice, TextField, useTitle } from "../../ui/index.ts";
import { Table } from "../../ui/Table.tsx";
import { useWords } from "./words.ts";
import css from "./Storage.module.css";

const Plot = lazy(async () => ({ default: (await import("../../ui/Plot.tsx")).Plot }));

const DAYS = 90;

/** Small amounts keep two digits that say something: $0.0042. */
function usd(value: number): string {
  const digits = value === 0 || value >= 0.1 ? 2 : Math.min(8, 1 - Math.floor(Math.log10(value)));
  const options = { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: digits } as const;
  return new Intl.NumberFormat(currentLocale(), options).format(value);
}

function useUsage() {
  return useQuery({
    queryKey: ["storage", "usage"],
    queryFn: ({ signal }) => call(api.GET("/storage/usage", { params: { query: { days: DAYS } }, signal })),
  });
}

function useCost() {
  return useQuery({
    queryKey: ["storage", "cost"],
    queryFn: ({ signal }) => call(api.GET("/storage/cost", { params: { query: { days: DAYS } }, signal })),
  });
}

function Figure({ label, value, hint }: { label: string; value: string; hint: ReactNode }) {
  return (
    <div className={css.figure}>
      <dt>{label}</dt>
      <dd>
        <strong>{value}</strong>
        <span>{hint}</span>
      </dd>
    </div>
  );
}

function History({ usage }: { usage: Schemas["StorageUsage"] }) {
  const words = useWords();
  const curves = useMemo(() => {
    const points = usage.history.map((it) => ({ at: `${it.day}T12:00:00Z`, value: it.stored_bytes / 1e9 }));
    return [{ name: words.gigabytes, points }];
  }, [usage, words]);
  if (usage.history.length < 2) return <p className={css.none}>{words.historyNone}</p>;
  return (
    <div className={css.plot}>
      <Suspense fallback={<Loading />}>
        <Plot label={words.history} curves={curves} height={240} zone={zone()} />
      </Suspense>
    </div>
  );
}

function Estimate() {
  const words = useWords();
  const [size, setSize] = useState("100");
  const [days, setDays] = useState("365");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const [faults, setFaults] = useState<{ size?: string; days?: string }>({});
  const [result, setResult] = useState<Schemas["StorageEstimate"]>();
  const compute = async (event: FormEvent) => {
    event.preventDefault();
    const [megabytes, kept] = [parseNumber(size), parseNumber(days)];
    const found = {
      ...(megabytes === undefined || megabytes <= 0 ? { size: words.number } : {}),
      ...(kept === undefined || kept < 0 || !Number.isInteger(kept) ? { days: words.number } : {}),
    };
    setFaults(found);
    setFault(undefined);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      const query = { bytes: Math.max(1, Math.round(megabytes! * 1e6)), days: kept! };
      setResult(await call(api.GET("/storage/cost/estimate", { params: { query } })));
    } catch (error) {
      setFault(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={words.estimate}>
      <form className={css.estimate} onSubmit={(event) => void compute(event)}>
        <TextField label={words.size} inputMode="decimal" value={size} fault={faults.size} onChange={(event) => setSize(event.target.value)} />
        <TextField label={words.days} inputMode="numeric" value={days} fault={faults.days} onChange={(event) => setDays(event.target.value)} />
        <Button type="submit" busy={busy}>
          {words.compute}
        </Button>
        <ProblemNotice error={fault} />
        <p role="status" className={css.result}>
          {result && words.result(usd(result.cost_usd), usd(result.standard_usd))}
        </p>
      </form>
    </Card>
  );
}

/** What the files take, what they cost now and next, and what that would be without tiers. */
export function StoragePage() {
  const words = useWords();
  useTitle(words.title);
  const usage = useUsage();
  const cost = useCost();
  const failed = [usage, cost].find((it) => it.isError);
  if (failed) return <Failed page error={failed.error} onRetry={() => void Promise.all([usage.refetch(), cost.refetch()])} />;
  if (!usage.data || !cost.data) return <Loading lines={9} />;
  const { files, file_bytes, stored_bytes, as_of } = usage.data;
  const { cost_usd, saved_usd, saved_percent, by_tier, parts, projection, alerts } = cost.data;
  return (
    <Page title={words.title}>
      {alerts.map((it) => (
        <Notice key={it.code} tone="warning" alert>
          {words.alert(usd(it.usd), usd(it.threshold_usd))}
        </Notice>
      ))}
      <dl className={css.figures}>
        <Figure label={words.files} value={number(files)} hint={words.average(bytes(files > 0 ? Math.round(file_bytes / files) : 0))} />
        <Figure label={words.stored} value={bytes(stored_bytes)} hint={words.original(bytes(file_bytes))} />
        <Figure label={words.cost} value={usd(cost_usd)} hint={words.costHint} />
        <Figure label={words.saved} value={`${number(Math.max(0, Math.round(saved_percent)))} %`} hint={words.savedHint(usd(Math.max(0, saved_usd)))} />
      </dl>
      <div className={css.columns}>
        <Card title={words.tiers}>
          <Table
            label={words.tiers}
            columns={[
              words.tier.tier,
              { label: words.tier.files, number: true },
              { label: words.tier.bytes, number: true },
              { label: words.tier.usd, number: true },
            ]}
          >
            {by_tier.map((it) => (
              <tr key={it.tier}>
                <th scope="row">{words.tier[it.tier]}</th>
                <td data-number data-label={words.tier.files}>
                  {number(it.files)}
                </td>
                <td data-number data-label={words.tier.bytes}>
                  {bytes(it.stored_bytes)}
                </td>
                <td data-number data-label={words.tier.usd}>
                  {usd(it.usd_per_month)}
                </td>
              </tr>
            ))}
          </Table>
        </Card>
        <Card title={words.parts}>
          <Table label={words.parts} columns={[words.parts, { label: words.usd, number: true }]}>
            {(Object.keys(words.part) as (keyof typeof parts)[]).map((name) => (
              <tr key={name}>
                <th scope="row">{words.part[name]}</th>
                <td data-number data-label={words.usd}>
                  {usd(parts[name])}
                </td>
              </tr>
            ))}
          </Table>
        </Card>
        <Card title={words.history}>
          <History usage={usage.data} />
        </Card>
        <Card title={words.projection}>
          <p className={css.none}>{words.projectionHint}</p>
          <Table label={words.projection} columns={[words.month, { label: words.usd, number: true }]}>
            {projection.map((it) => (
              <tr key={it.month}>
                <th scope="row">{it.month}</th>
                <td data-number data-label={words.usd}>
                  {usd(it.cost_usd)}
                </td>
              </tr>
            ))}
          </Table>
        </Card>
      </div>
      <Estimate />
      <p className={css.none}>{words.asOf(dayAndTime(as_of))}</p>
    </Page>
  );
}

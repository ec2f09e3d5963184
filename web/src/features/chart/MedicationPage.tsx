import { Link } from "react-router";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { date, day } from "../../lib/format/index.ts";
import { Card, Empty, Icon, Page } from "../../ui/index.ts";
import { useChart } from "./ChartLayout.tsx";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

export function MedicationPage() {
  const words = useWords();
  const visits = useVisitWords();
  const { first } = useChart();
  const warnings = new Map(first.warnings.map((it) => [it.pointer, it]));
  return (
    <Page title={words.tabs.medication} hideTitle>
      <Card title={words.medication}>
        {first.medication.length === 0 ? (
          <Empty title={words.noMedication} icon="pill" />
        ) : (
          <table className={`${css.table} ${css.stack}`}>
            <thead>
              <tr>
                <th scope="col">{words.med.medication}</th>
                <th scope="col">{words.med.dose}</th>
                <th scope="col">{words.med.frequency}</th>
                <th scope="col">{words.med.route}</th>
                <th scope="col">{words.med.from}</th>
                <th scope="col">{words.med.to}</th>
                <th scope="col">{words.med.instructions}</th>
                <th scope="col">{words.med.visit}</th>
              </tr>
            </thead>
            <tbody>
              {first.medication.map(({ record_id, visit_date, prescription: it }, index) => {
                const warning = warnings.get(`/medication/${index}`);
                return (
                  <tr key={`${record_id} ${it.medication} ${index}`}>
                    <th scope="row" dir="auto">
                      {it.medication}
                      {warning && (
                        <span className={css.warned}>
                          <Icon name="octagon" size={16} />
                          {(warning.match === "same" ? visits.allergyWarning : warning.match === "class" ? visits.allergyClassWarning : () => warning.message)(
                            warning.medication,
                            warning.substance,
                          )}
                        </span>
                      )}
                    </th>
                    <td data-label={words.med.dose}>{it.dosage}</td>
                    <td data-label={words.med.frequency}>{it.frequency}</td>
                    <td data-label={words.med.route}>{it.route}</td>
                    <td data-label={words.med.from}>{it.start_date && date(it.start_date)}</td>
                    <td data-label={words.med.to}>{it.end_date ? date(it.end_date) : it.duration}</td>
                    <td data-label={words.med.instructions} dir="auto">
                      {it.instructions}
                    </td>
                    <td data-label={words.med.visit}>
                      <Link to={`/visits/${record_id}`}>{day(visit_date)}</Link>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Card>
    </Page>
  );
}

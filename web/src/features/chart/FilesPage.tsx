import { Suspense, lazy, useState } from "react";
import { Link } from "react-router";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { bytes, day } from "../../lib/format/index.ts";
import { Card, Empty, Page, SelectField } from "../../ui/index.ts";
import { useMay } from "../../lib/session/index.ts";
import type { Timeline } from "../timeline/index.ts";
import { useChart } from "./ChartLayout.tsx";
import { FileButton } from "./FileButton.tsx";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

const AddFiles = lazy(async () => ({ default: (await import("../attachments/index.ts")).AddFiles }));
const UploadList = lazy(async () => ({ default: (await import("../attachments/index.ts")).UploadList }));

/** A file belongs to a visit; the newest one is meant unless another is chosen. */
function Add({ patient, visits }: { patient: number; visits: Timeline["visits"] }) {
  const words = useWords();
  const { type } = useVisitWords();
  const [visit, setVisit] = useState(visits[0]!.id);
  return (
    <Card title={words.addFiles}>
      <div className={css.addFiles}>
        <SelectField
          label={words.toVisit}
          value={String(visit)}
          onChange={(event) => setVisit(Number(event.target.value))}
          options={visits.map((it) => ({ value: String(it.id), label: `${day(it.visit_date)}, ${type[it.visit_type]}` }))}
        />
        <Suspense>
          <AddFiles key={visit} record={visit} patient={patient} />
          <UploadList record={visit} />
        </Suspense>
      </div>
    </Card>
  );
}

export function FilesPage() {
  const words = useWords();
  const { id, first } = useChart();
  const mayAdd = useMay("attachments:write");
  const { files, files_total } = first;
  return (
    <Page title={words.tabs.files} hideTitle>
      <Card title={files.length < files_total ? words.filesShown(files.length, files_total) : words.tabs.files}>
        {files.length === 0 ? (
          <Empty title={words.noFiles} icon="file" />
        ) : (
          <table className={`${css.table} ${css.stack}`}>
            <thead>
              <tr>
                <th scope="col">{words.file.name}</th>
                <th scope="col">{words.file.type}</th>
                <th scope="col" className={css.num}>
                  {words.file.size}
                </th>
                <th scope="col">{words.file.added}</th>
                <th scope="col">{words.file.visit}</th>
              </tr>
            </thead>
            <tbody>
              {files.map((file) => {
                const visit = first.visits.find((it) => it.id === file.record_id);
                return (
                  <tr key={file.id}>
                    <th scope="row">
                      <FileButton file={file} files={files} />
                    </th>
                    <td data-label={words.file.type}>{file.file_type}</td>
                    <td data-label={words.file.size} className={css.num}>
                      {bytes(file.file_size)}
                    </td>
                    <td data-label={words.file.added}>{day(file.created_at)}</td>
                    <td data-label={words.file.visit}>
                      <Link to={`/visits/${file.record_id}`}>{visit ? day(visit.visit_date) : words.file.visit}</Link>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </Card>
      {mayAdd && first.visits.length > 0 && <Add patient={id} visits={first.visits} />}
    </Page>
  );
}

import { Link } from "react-router";
import { bytes, day } from "../../lib/format/index.ts";
import { Card, Empty, Page } from "../../ui/index.ts";
import { useChart } from "./ChartLayout.tsx";
import { FileButton } from "./FileButton.tsx";
import { useWords } from "./words.ts";
import css from "./Chart.module.css";

export function FilesPage() {
  const words = useWords();
  const { first } = useChart();
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
                      <FileButton file={file} />
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
    </Page>
  );
}

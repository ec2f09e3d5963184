import { useState } from "react";
import { api, call, callWithEtag, queryClient } from "../../lib/api/index.ts";
import { useVisitWords } from "../../lib/clinical/index.ts";
import { day } from "../../lib/format/index.ts";
import { useMay } from "../../lib/session/index.ts";
import { Actions, Button, Card, Dialog, Empty, Failed, IconButton, Loading, Page, ProblemNotice, toast, useTitle } from "../../ui/index.ts";
import { Table } from "../../ui/Table.tsx";
import { TemplateForm } from "./TemplateForm.tsx";
import { useTemplates, type Template } from "./index.ts";
import { useWords } from "./words.ts";
import css from "./Templates.module.css";

/** What is being written: a new one, one that begins as a copy, or a change. */
export interface Editing {
  from?: Template;
  change: boolean;
}

function Rows({ items, onEdit, onRemove }: { items: Template[]; onEdit?: (it: Editing) => void; onRemove?: (it: Template) => void }) {
  const words = useWords();
  const { type } = useVisitWords();
  return (
    <Table label={words.title} columns={[words.name, words.type, words.specialty, words.version, words.changed, words.actions]}>
      {items.map((it) => (
        <tr key={it.id}>
          <th scope="row">
            <bdi>{it.name}</bdi>
          </th>
          <td data-label={words.type}>{type[it.visit_type]}</td>
          <td data-label={words.specialty}>{it.specialty}</td>
          <td data-label={words.version}>{it.version}</td>
          <td data-label={words.changed}>{day(it.updated_at)}</td>
          <td>
            <div className={css.buttons}>
              {onEdit && !it.built_in && (
                <IconButton icon="edit" label={words.edit(it.name)} onClick={() => onEdit({ from: it, change: true })} />
              )}
              {onEdit && <IconButton icon="copy" label={words.copy(it.name)} onClick={() => onEdit({ from: it, change: false })} />}
              {onRemove && !it.built_in && <IconButton icon="trash" label={words.remove(it.name)} onClick={() => onRemove(it)} />}
            </div>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Remove({ template, onClose }: { template: Template; onClose: () => void }) {
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const remove = async () => {
    setBusy(true);
    try {
      const path = { id: template.id };
      const { etag } = await callWithEtag(api.GET("/templates/{id}", { params: { path } }));
      await call(api.DELETE("/templates/{id}", { params: { path, header: { "If-Match": etag } } }));
      await queryClient.invalidateQueries({ queryKey: ["templates"] });
      toast(words.removed(template.name));
      onClose();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={words.removeSure}>
      <p>
        <bdi>{template.name}</bdi>
      </p>
      <ProblemNotice error={fault} />
      <Actions>
        <Button kind="danger" busy={busy} onClick={() => void remove()}>
          {words.removeDo}
        </Button>
      </Actions>
    </Dialog>
  );
}

export function TemplatesPage() {
  const words = useWords();
  const mayWrite = useMay("templates:write");
  const templates = useTemplates();
  const [editing, setEditing] = useState<Editing>();
  const [removing, setRemoving] = useState<Template>();
  useTitle(words.title);
  if (templates.isPending) return <Loading lines={8} />;
  if (templates.isError) return <Failed page error={templates.error} onRetry={() => void templates.refetch()} />;
  const { items } = templates.data;
  const own = items.filter((it) => !it.built_in);
  const more = mayWrite ? { onEdit: setEditing, onRemove: setRemoving } : {};
  return (
    <Page
      title={words.title}
      actions={
        mayWrite && (
          <Button kind="primary" icon="plus" onClick={() => setEditing({ change: false })}>
            {words.add}
          </Button>
        )
      }
    >
      <p className={css.muted}>{words.about}</p>
      <Card title={words.own}>{own.length === 0 ? <Empty title={words.none} icon="template" /> : <Rows items={own} {...more} />}</Card>
      <Card title={words.builtIn}>
        <Rows items={items.filter((it) => it.built_in)} {...more} />
      </Card>
      {editing && <TemplateForm editing={editing} onClose={() => setEditing(undefined)} />}
      {removing && <Remove template={removing} onClose={() => setRemoving(undefined)} />}
    </Page>
  );
}

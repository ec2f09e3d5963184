import { useRef, useState, type FormEvent } from "react";
import { api, call, callWithEtag, idempotencyKey, isProblem, queryClient, type Schemas } from "../../lib/api/index.ts";
import { useVisitWords, visitTypes, type VisitType } from "../../lib/clinical/index.ts";
import { Actions, Button, Dialog, ProblemNotice, SelectField, TextArea, TextField, toast } from "../../ui/index.ts";
import type { Editing } from "./TemplatesPage.tsx";
import { useWords } from "./words.ts";
import css from "./Templates.module.css";

type Content = Schemas["TemplateContent"];

const texts = [
  "chief_complaint",
  "history_of_present_illness",
  "physical_examination",
  "diagnosis",
  "treatment_plan",
  "notes",
  "follow_up_instructions",
] as const;

export function TemplateForm({ editing, onClose }: { editing: Editing; onClose: () => void }) {
  const words = useWords();
  const { field, type: types } = useVisitWords();
  const { from, change } = editing;
  const [name, setName] = useState(from ? (change ? from.name : words.copyOf(from.name)) : "");
  const [type, setType] = useState<VisitType>(from?.visit_type ?? "consultation");
  const [specialty, setSpecialty] = useState(from?.specialty ?? "");
  const [content, setContent] = useState<Content>((from?.content ?? {}) as Content);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<unknown>();
  const sent = useRef({ body: "", key: "" });
  const others = Object.entries(content).filter(([key, value]) => !texts.includes(key as (typeof texts)[number]) && value != null);
  const at = (pointer: string) => (isProblem(fault) ? fault.at(pointer) : undefined);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(undefined);
    const body: Schemas["TemplateWrite"] = {
      name: name.trim(),
      visit_type: type,
      ...(specialty.trim() ? { specialty: specialty.trim() } : {}),
      content,
    };
    try {
      if (from && change) {
        const path = { id: from.id };
        const { data, etag } = await callWithEtag(api.GET("/templates/{id}", { params: { path } }));
        // What somebody else has written since is not overwritten unseen.
        if (data.version !== from.version) {
          await queryClient.invalidateQueries({ queryKey: ["templates"] });
        }
        const known = data.version === from.version ? etag : `"${from.version}"`;
        await call(api.PUT("/templates/{id}", { params: { path, header: { "If-Match": known } }, body }));
      } else {
        const text = JSON.stringify(body);
        if (sent.current.body !== text) sent.current = { body: text, key: idempotencyKey() };
        await call(api.POST("/templates", { params: { header: { "Idempotency-Key": sent.current.key } }, body }));
      }
      await queryClient.invalidateQueries({ queryKey: ["templates"] });
      toast(words.saved(body.name));
      onClose();
    } catch (error) {
      setFault(error);
      setBusy(false);
    }
  };
  return (
    <Dialog open wide onClose={onClose} title={change ? words.editTitle : words.newTitle}>
      <form className={css.form} onSubmit={(event) => void submit(event)}>
        <ProblemNotice error={fault} />
        <div className={css.head}>
          <TextField label={words.name} required autoFocus maxLength={200} value={name} fault={at("/name")} onChange={(event) => setName(event.target.value)} />
          <SelectField
            label={words.type}
            value={type}
            onChange={(event) => setType(event.target.value as VisitType)}
            options={visitTypes.map((value) => ({ value, label: types[value] }))}
          />
          <TextField label={words.specialty} optional maxLength={100} value={specialty} fault={at("/specialty")} onChange={(event) => setSpecialty(event.target.value)} />
        </div>
        {texts.map((it) => (
          <TextArea
            key={it}
            label={field[it]}
            maxLength={50_000}
            value={content[it] ?? ""}
            fault={at(`/content/${it}`)}
            onChange={(event) => setContent({ ...content, [it]: event.target.value || null })}
          />
        ))}
        {others.length > 0 && <p className={css.muted}>{words.kept(others.length)}</p>}
        <Actions>
          <Button type="submit" kind="primary" busy={busy}>
            {words.save}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}

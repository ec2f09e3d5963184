import { Autocomplete } from "@base-ui/react/autocomplete";
import { useId, useState, type ReactNode } from "react";
import { FieldFrame, controlClass } from "./Field.tsx";
import { useWords } from "./words.ts";
import css from "./Suggest.module.css";

interface Props<T> {
  label: string;
  hideLabel?: boolean;
  value: string;
  onChange: (text: string) => void;
  /** What is offered for the text as it is; the caller has looked for it already. */
  items: readonly T[];
  keyOf: (item: T) => string;
  textOf: (item: T) => string;
  render: (item: T) => ReactNode;
  /** One was chosen. The text becomes `textOf` unless the caller sets another. */
  onChoose: (item: T) => void;
  status?: string | undefined;
  placeholder?: string;
  fault?: string | undefined;
  hint?: string;
  id?: string;
  maxLength?: number;
  onBlur?: () => void;
}

/** A text field that offers what fits; arrows and Enter choose, Escape keeps what was typed. */
export function Suggest<T>(props: Props<T>) {
  const words = useWords();
  const made = useId();
  const id = props.id ?? made;
  const [open, setOpen] = useState(false);
  const byText = new Map(props.items.map((item) => [props.textOf(item), item]));
  const status = props.status ?? (props.items.length === 0 ? words.noMatch : "");
  const described = props.fault ? `${id}-fault` : props.hint ? `${id}-hint` : undefined;
  return (
    <FieldFrame id={id} label={props.label} hideLabel={props.hideLabel} fault={props.fault} hint={props.hint}>
      <Autocomplete.Root
        items={props.items.map(props.textOf)}
        value={props.value}
        mode="none"
        autoHighlight
        open={open && props.value.trim() !== ""}
        onOpenChange={setOpen}
        onValueChange={(text, details) => {
          const chosen = details.reason === "item-press" ? byText.get(text) : undefined;
          if (chosen === undefined) props.onChange(text);
          else props.onChoose(chosen);
        }}
      >
        <Autocomplete.Input
          id={id}
          className={controlClass}
          placeholder={props.placeholder}
          maxLength={props.maxLength}
          aria-invalid={props.fault ? true : undefined}
          aria-describedby={described}
          onBlur={props.onBlur}
        />
        <Autocomplete.Portal>
          <Autocomplete.Positioner className={css.positioner} sideOffset={4} align="start">
            <Autocomplete.Popup className={css.popup}>
              <Autocomplete.Status className={css.status}>{status}</Autocomplete.Status>
              <Autocomplete.List aria-label={props.label}>
                {props.items.map((item) => (
                  <Autocomplete.Item key={props.keyOf(item)} value={props.textOf(item)} className={css.item}>
                    {props.render(item)}
                  </Autocomplete.Item>
                ))}
              </Autocomplete.List>
            </Autocomplete.Popup>
          </Autocomplete.Positioner>
        </Autocomplete.Portal>
      </Autocomplete.Root>
    </FieldFrame>
  );
}

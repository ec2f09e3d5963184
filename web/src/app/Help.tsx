import { useState } from "react";
import { setSingleKeys, singleKeys } from "../lib/keys/index.ts";
import { Check, Dialog } from "../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./Help.module.css";

type Row = readonly [keys: readonly string[], does: string];

function Group({ title, rows }: { title: string; rows: readonly Row[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className={css.list}>
        {rows.map(([keys, does]) => (
          <div key={does} className={css.row}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function Help({ onClose }: { onClose: () => void }) {
  const { help, keyboard } = useWords();
  const [singles, setSingles] = useState(singleKeys);
  const turn = (on: boolean) => {
    setSingleKeys(on);
    setSingles(on);
  };
  return (
    <Dialog open onClose={onClose} title={keyboard} wide>
      <div className={css.groups}>
        <Group
          title={help.anywhere}
          rows={[
            [["Ctrl K"], help.palette],
            [["/"], help.findPatient],
            [["g", "w"], help.goWorklist],
            [["g", "p"], help.goPatients],
            [["g", "a"], help.goAccount],
            [["?"], help.help],
          ]}
        />
        <Group
          title={help.lists}
          rows={[
            [["j", "k"], help.next],
            [["Enter"], help.open],
          ]}
        />
        <Group
          title={help.chart}
          rows={[
            [["n"], help.newVisit],
            [["[", "]"], help.visits],
            [["e"], help.edit],
          ]}
        />
        <Group
          title={help.editor}
          rows={[
            [["Alt 1…9"], help.sections],
            [["Ctrl S"], help.save],
            [["Ctrl Enter"], help.finalize],
            [["Enter"], help.addRow],
            [["Ctrl ⌫"], help.removeRow],
            [["Alt ↑ ↓"], help.moveRow],
          ]}
        />
      </div>
      <Check label={help.singles} checked={singles} onChange={(event) => turn(event.target.checked)} />
    </Dialog>
  );
}

import { useId, useState, type KeyboardEvent } from "react";
import { useNavigate } from "react-router";
import { PatientLine, usePatients } from "../features/patients/find.ts";
import { useDebounced } from "../lib/react/index.ts";
import { useSession } from "../lib/session/index.ts";
import { Dialog, Icon, type IconName } from "../ui/index.ts";
import { placesOf } from "./navigation.ts";
import { useWords } from "./words.ts";
import css from "./Palette.module.css";

interface Props {
  onClose: () => void;
  onHelp: () => void;
  onSignOut: () => void;
}

interface Option {
  key: string;
  icon: IconName;
  text: React.ReactNode;
  aside?: string | undefined;
  run: () => void;
}

const SHOWN_PATIENTS = 8;
const QUIET_MS = 200;
const fold = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function useCommands(props: Props): Option[] {
  const words = useWords();
  const session = useSession();
  const navigate = useNavigate();
  const commands: (Option & { text: string })[] = placesOf(session).map((place) => ({
    key: place.to,
    icon: place.icon,
    text: words[place.word],
    aside: place.keys,
    run: () => void navigate(place.to),
  }));
  if (session.permissions.has("patients:write")) {
    const run = () => void navigate("/patients/new");
    commands.push({ key: "new-patient", icon: "plus", text: words.newPatient, run });
  }
  const account = () => void navigate("/account");
  commands.push({ key: "account", icon: "account", text: words.account, aside: "g a", run: account });
  commands.push({ key: "help", icon: "keyboard", text: words.keyboard, aside: "?", run: props.onHelp });
  commands.push({ key: "out", icon: "out", text: words.signOut, run: props.onSignOut });
  return commands;
}

function Content(props: Props) {
  const { palette } = useWords();
  const session = useSession();
  const navigate = useNavigate();
  const id = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const query = useDebounced(text.trim(), QUIET_MS);
  const mayFind = session.permissions.has("patients:read");
  const found = usePatients(mayFind && query.length >= 2 ? query : "", SHOWN_PATIENTS);
  const shown = text.trim().length >= 2 ? (found.data?.items ?? []) : [];
  const patients: Option[] = shown.map((patient) => ({
    key: `p${patient.id}`,
    icon: "account",
    text: <PatientLine patient={patient} />,
    run: () => void navigate(`/patients/${patient.id}`),
  }));
  const commands = useCommands(props).filter((it) => fold(String(it.text)).includes(fold(text.trim())));
  const options = [...patients, ...commands];
  const current = Math.min(at, options.length - 1);

  const choose = (option: Option | undefined) => {
    if (!option) return;
    props.onClose();
    option.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      setAt((current + step + options.length) % Math.max(1, options.length));
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      choose(options[current]);
    } else {
      return;
    }
    event.preventDefault();
  };

  const line = (option: Option, index: number) => (
    <div
      key={option.key}
      id={`${id}-${index}`}
      role="option"
      aria-selected={index === current}
      className={css.option}
      onPointerMove={() => setAt(index)}
      onClick={() => choose(option)}
    >
      <Icon name={option.icon} size={18} />
      <span>{option.text}</span>
      {option.aside && <kbd>{option.aside}</kbd>}
    </div>
  );
  return (
    <>
      <input
        className={css.input}
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={options.length > 0 ? `${id}-${current}` : undefined}
        aria-label={palette.placeholder}
        placeholder={palette.placeholder}
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-list`} role="listbox" aria-label={palette.title} className={css.list}>
        {patients.length > 0 && (
          <div role="group" aria-label={palette.patients}>
            <div className={css.group} aria-hidden="true">
              {palette.patients}
            </div>
            {patients.map((option, index) => line(option, index))}
          </div>
        )}
        {commands.length > 0 && (
          <div role="group" aria-label={palette.commands}>
            <div className={css.group} aria-hidden="true">
              {palette.commands}
            </div>
            {commands.map((option, index) => line(option, patients.length + index))}
          </div>
        )}
      </div>
      <p className={options.length > 0 ? "visually-hidden" : css.none} role="status">
        {found.isFetching ? palette.looking : options.length > 0 ? palette.results(options.length) : palette.nothing}
      </p>
    </>
  );
}

/** Ctrl K: patients and commands by a few letters. */
export function Palette(props: Props) {
  const { palette } = useWords();
  return (
    <Dialog open onClose={props.onClose} title={palette.title}>
      <Content {...props} />
    </Dialog>
  );
}

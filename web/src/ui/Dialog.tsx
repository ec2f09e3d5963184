import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
import { IconButton } from "./Button.tsx";
import { classes } from "./classes.ts";
import { useWords } from "./words.ts";
import css from "./Dialog.module.css";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  wide?: boolean;
  /** As large as the screen, for something to be looked at. */
  full?: boolean;
  /** Beside the button that closes it. */
  tools?: ReactNode;
}

/** Takes the focus, keeps it, and gives it back to where it was. Escape closes it. */
export function Dialog({ open, onClose, title, children, wide, full, tools }: Props) {
  const words = useWords();
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup className={classes(css.popup, wide && css.wide, full && css.full)}>
          <div className={css.head}>
            <Base.Title render={<h2 />}>{title}</Base.Title>
            {tools}
            <IconButton icon="close" label={words.close} onClick={onClose} />
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** The buttons at the end of a dialog or form; the one that goes on stands last. */
export function Actions({ children }: { children: ReactNode }) {
  return <div className={css.actions}>{children}</div>;
}

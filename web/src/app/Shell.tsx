import { Suspense, lazy, useEffect, useRef, useState } from "react";
import { NavLink, Outlet, useLocation, useNavigate, useNavigation } from "react-router";
import { useShortcuts } from "../lib/keys/index.ts";
import { signOut, useSession } from "../lib/session/index.ts";
import { Icon, Loading, Menu } from "../ui/index.ts";
import { LockWarning } from "./LockWarning.tsx";
import { placesOf } from "./navigation.ts";
import { useWords } from "./words.ts";
import css from "./Shell.module.css";

// Not needed to show a page; loaded while nothing else is.
const loadPalette = () => import("./Palette.tsx");
const loadHelp = () => import("./Help.tsx");
const Palette = lazy(async () => ({ default: (await loadPalette()).Palette }));
const Help = lazy(async () => ({ default: (await loadHelp()).Help }));

/** A change of the page moves the focus to its content, so that a screen reader reads it. */
function useFocusOnChange(main: React.RefObject<HTMLElement | null>): void {
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname, main]);
}

export function Shell() {
  const words = useWords();
  const session = useSession();
  const navigate = useNavigate();
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const main = useRef<HTMLElement>(null);
  const waiting = useNavigation().state === "loading";
  const places = placesOf(session);
  useFocusOnChange(main);
  useEffect(() => {
    const timer = setTimeout(() => void Promise.all([loadPalette(), loadHelp()]).catch(() => undefined), 2_000);
    return () => clearTimeout(timer);
  }, []);

  const leave = async () => {
    await signOut();
    await navigate("/sign-in", { replace: true });
  };

  useShortcuts([
    { keys: "Ctrl+k", run: () => setPalette(true) },
    {
      keys: "/",
      run: () => {
        if (!session.permissions.has("patients:read")) return false;
        return void navigate("/patients", { state: { focus: Date.now() } });
      },
    },
    { keys: "?", run: () => setHelp(true) },
    { keys: "g a", run: () => void navigate("/account") },
    ...places.flatMap(({ keys, to }) => (keys ? [{ keys, run: () => void navigate(to) }] : [])),
  ]);

  return (
    <div className={css.shell}>
      <a className={`${css.skip} visually-hidden`} href="#main">
        {words.skip}
      </a>
      <header className={css.top}>
        <p className={css.hospital}>{session.tenant?.name ?? words.platform}</p>
        <button type="button" className={css.find} onClick={() => setPalette(true)} aria-label={words.find}>
          <Icon name="search" size={18} />
          <span>{words.find}</span>
          <kbd>Ctrl K</kbd>
        </button>
        <div className={css.who}>
          <Menu
            className={css.user}
            label={words.accountMenu(session.user.display_name)}
            items={[
              { label: words.account, icon: "account", run: () => void navigate("/account") },
              { label: words.keyboard, icon: "keyboard", run: () => setHelp(true) },
              { label: words.signOut, icon: "out", run: () => void leave() },
            ]}
          >
            <Icon name="account" />
            <span>{session.user.display_name}</span>
          </Menu>
        </div>
      </header>
      <nav className={css.rail} aria-label={words.navigation}>
        <span className={css.logo}>
          <img src="/favicon.svg" alt="Wardbook" />
        </span>
        {places.map((place) => (
          <NavLink key={place.to} to={place.to} end={place.to === "/"} className={css.place}>
            <Icon name={place.icon} size={22} />
            {words[place.word]}
          </NavLink>
        ))}
      </nav>
      <main className={css.main} id="main" ref={main} tabIndex={-1} aria-busy={waiting || undefined}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <LockWarning />
      <Suspense>
        {palette && <Palette onClose={() => setPalette(false)} onHelp={() => setHelp(true)} onSignOut={leave} />}
        {help && <Help onClose={() => setHelp(false)} />}
      </Suspense>
    </div>
  );
}

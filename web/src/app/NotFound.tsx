import { Empty, LinkButton, useTitle } from "../ui/index.ts";
import { useWords } from "./words.ts";

export function NotFound() {
  const { notFound } = useWords();
  useTitle(notFound.title);
  return (
    <Empty page title={notFound.title} icon="search">
      <p>{notFound.text}</p>
      <LinkButton kind="primary" to="/">
        {notFound.home}
      </LinkButton>
    </Empty>
  );
}

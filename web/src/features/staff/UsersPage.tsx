import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, call, mergePatch, queryClient, type Schemas } from "../../lib/api/index.ts";
import { dayAndTime, day } from "../../lib/format/index.ts";
import { useMay, useSession } from "../../lib/session/index.ts";
import { Badge, Button, Card, Failed, Icon, Loading, Menu, Page, ProblemNotice, toast, useTitle, type MenuItem } from "../../ui/index.ts";
import { Table } from "../../ui/Table.tsx";
import { CodeDialog, PersonDialog, type Issued } from "./dialogs.tsx";
import { useWords } from "./words.ts";
import css from "./Staff.module.css";

export type User = Schemas["User"];

const PAGE = 100;
const key = ["users"] as const;

function useUsers() {
  return useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam ? { cursor: pageParam } : { count: "exact" as const }) };
      return call(api.GET("/users", { params: { query }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

function State({ user }: { user: User }) {
  const words = useWords();
  const tone = { active: "good", disabled: "plain", invited: "info" } as const;
  return (
    <span className={css.state}>
      <Badge tone={tone[user.status]}>{words.states[user.status]}</Badge>
      {user.status === "invited" && user.code_expires_at && (
        <small>
          {Date.parse(user.code_expires_at) > Date.now() ? words.codeUntil(dayAndTime(user.code_expires_at)) : words.codeVoid}
        </small>
      )}
    </span>
  );
}

/** Who may sign in to this hospital, as what, and who is invited. */
export function UsersPage() {
  const words = useWords();
  const navigate = useNavigate();
  const { user: me } = useSession();
  const mayAudit = useMay("audit:read");
  const users = useUsers();
  const [editing, setEditing] = useState<User | "new">();
  const [issued, setIssued] = useState<Issued>();
  const [fault, setFault] = useState<unknown>();
  useTitle(words.title);
  const again = () => queryClient.invalidateQueries({ queryKey: key });

  const setStatus = async (user: User, status: "active" | "disabled") => {
    setFault(undefined);
    try {
      await call(api.PATCH("/users/{id}", { params: { path: { id: user.id } }, body: { status }, ...mergePatch }));
      await again();
      const name = user.display_name;
      if (status === "disabled" && user.status === "active") toast(words.disabled(name), () => void setStatus(user, "active"));
      else if (status === "active") toast(words.enabled(name));
    } catch (error) {
      setFault(error);
    }
  };
  const issue = async (user: User) => {
    setFault(undefined);
    try {
      const invitation = await call(api.POST("/users/{id}/code", { params: { path: { id: user.id } }, body: {} }));
      setIssued({ ...invitation, email: user.email });
      await again();
    } catch (error) {
      setFault(error);
    }
  };
  const itemsOf = (user: User): MenuItem[] => [
    { label: words.change, icon: "edit", run: () => setEditing(user), disabled: user.status === "invited" },
    ...(user.id === me.id
      ? []
      : [{ label: user.status === "invited" ? words.newCode : words.resetCode, icon: "lock" as const, run: () => void issue(user) }]),
    ...(mayAudit ? [{ label: words.seen, icon: "shield" as const, run: () => void navigate(`/audit?user_id=${user.id}`) }] : []),
    ...(user.id === me.id
      ? []
      : user.status === "disabled"
        ? [{ label: words.enable, icon: "check" as const, run: () => void setStatus(user, "active") }]
        : [
            {
              label: user.status === "invited" ? words.withdraw : words.disable,
              icon: "close" as const,
              run: () => void setStatus(user, "disabled"),
            },
          ]),
  ];
  const items = users.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title={words.title}
      actions={
        <Button kind="primary" icon="plus" onClick={() => setEditing("new")}>
          {words.invite}
        </Button>
      }
    >
      <ProblemNotice error={fault} />
      {users.isPending && <Loading lines={8} />}
      {users.isError && <Failed error={users.error} onRetry={() => void users.refetch()} />}
      {users.data && (
        <Card title={words.count(users.data.pages[0]?.total ?? items.length)}>
          <Table label={words.title} columns={[words.name, words.email, words.role, words.status, words.since, words.actions]}>
            {items.map((user) => (
              <tr key={user.id}>
                <th scope="row">
                  <bdi>{user.display_name}</bdi> {user.id === me.id && <Badge>{words.you}</Badge>}
                </th>
                <td data-label={words.email}>{user.email}</td>
                <td data-label={words.role}>{words.roles[user.role]}</td>
                <td data-label={words.status}>
                  <State user={user} />
                </td>
                <td data-label={words.since}>{day(user.created_at)}</td>
                <td>
                  <Menu label={words.moreFor(user.display_name)} items={itemsOf(user)}>
                    <Icon name="more" />
                  </Menu>
                </td>
              </tr>
            ))}
          </Table>
          {users.hasNextPage && (
            <div className={css.foot}>
              <Button small busy={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
                {words.more}
              </Button>
            </div>
          )}
        </Card>
      )}
      {editing !== undefined && (
        <PersonDialog
          user={editing === "new" ? undefined : editing}
          onClose={() => setEditing(undefined)}
          onDone={(made) => {
            setEditing(undefined);
            setIssued(made);
            void again();
          }}
        />
      )}
      {issued && <CodeDialog issued={issued} onClose={() => setIssued(undefined)} />}
    </Page>
  );
}

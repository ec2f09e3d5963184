import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, call, type Schemas } from "../../lib/api/index.ts";
import { useDebounced } from "../../lib/react/index.ts";
import { Suggest } from "../../ui/index.ts";
import { useWords } from "./words.ts";
import css from "./Icd.module.css";

export type IcdCode = Schemas["IcdCode"];

const QUIET_MS = 120;
const SHOWN = 12;

interface Props {
  onChoose: (code: IcdCode) => void;
  fault?: string | undefined;
}

/** ICD-10 codes as somebody types; the code list is no patient's, so looking is no entry in a log. */
export function IcdField({ onChoose, fault }: Props) {
  const words = useWords();
  const [text, setText] = useState("");
  const q = useDebounced(text.trim(), QUIET_MS);
  const codes = useQuery({
    queryKey: ["icd10", q],
    queryFn: ({ signal }) => call(api.GET("/icd10", { params: { query: { q, limit: SHOWN } }, signal })),
    enabled: q !== "",
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  const items = q === "" ? [] : (codes.data?.items ?? []);
  return (
    <Suggest
      label={words.find}
      value={text}
      onChange={setText}
      items={items}
      keyOf={(code) => code.code}
      placeholder={words.placeholder}
      fault={fault}
      status={codes.isFetching ? words.looking : undefined}
      onChoose={(code) => {
        onChoose(code);
        setText("");
      }}
      render={(code) => (
        <>
          <span className={css.code}>{code.code}</span>
          <span className={css.title}>
            {code.long_title}
            {!code.billable && <small>{words.header}</small>}
          </span>
        </>
      )}
    />
  );
}

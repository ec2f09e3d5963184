import type { ComponentType } from "react";
import { Navigate, type RouteObject } from "react-router";
import type { Permission } from "../lib/session/index.ts";
import { Crashed } from "./Crashed.tsx";
import { FirstPage } from "./FirstPage.tsx";
import { Gate } from "./Gate.tsx";
import { NotFound } from "./NotFound.tsx";
import { Only } from "./Only.tsx";
import { Shell } from "./Shell.tsx";

type Module<K extends string> = Record<K, ComponentType>;

/** A page of a feature, loaded when it is gone to, for those who have the permission. */
function page<K extends string>(load: () => Promise<Module<K>>, name: K, permission?: Permission) {
  return {
    lazy: async () => {
      const Component: ComponentType = (await load())[name];
      if (!permission) return { Component };
      return {
        Component: () => (
          <Only permission={permission}>
            <Component />
          </Only>
        ),
      };
    },
    errorElement: <Crashed />,
  };
}

const accounts = () => import("../features/accounts/index.ts");
const worklist = () => import("../features/worklist/index.ts");
const patients = () => import("../features/patients/index.ts");
const chart = () => import("../features/chart/index.ts");
const records = () => import("../features/records/index.ts");
const search = () => import("../features/search/index.ts");
const templates = () => import("../features/templates/page.ts");
const staff = () => import("../features/staff/index.ts");
const storage = () => import("../features/storage/index.ts");
const audit = () => import("../features/audit/index.ts");
const editor = () => import("../features/records/editor.ts");

/** Every page of the UI. */
export const routes: RouteObject[] = [
  {
    Component: Gate,
    errorElement: <Crashed />,
    children: [
      { path: "/accept", ...page(accounts, "AcceptPage") },
      {
        Component: Shell,
        errorElement: <Crashed />,
        children: [
          { path: "/", element: <FirstPage />, errorElement: <Crashed /> },
          { path: "/sign-in", element: <Navigate to="/" replace /> },
          { path: "/worklist", ...page(worklist, "WorklistPage", "records:read") },
          { path: "/account", ...page(accounts, "AccountPage") },
          { path: "/patients", ...page(patients, "FindPage", "patients:read") },
          { path: "/patients/new", ...page(patients, "NewPage", "patients:write") },
          {
            path: "/patients/:id",
            ...page(chart, "ChartLayout", "patients:read"),
            children: [
              { index: true, ...page(chart, "ChartIndex") },
              { path: "details", ...page(patients, "DetailsPage") },
              { path: "overview", ...page(chart, "OverviewPage", "records:read") },
              { path: "visits", ...page(chart, "VisitsPage", "records:read") },
              { path: "labs", ...page(chart, "LabsPage", "records:read") },
              { path: "vitals", ...page(chart, "VitalsPage", "records:read") },
              { path: "medication", ...page(chart, "MedicationPage", "records:read") },
              { path: "files", ...page(chart, "FilesPage", "records:read") },
            ],
          },
          { path: "/visits/:id", ...page(records, "VisitPage", "records:read") },
          { path: "/visits/:id/versions", ...page(records, "VersionsPage", "records:read") },
          { path: "/visits/:id/edit", ...page(editor, "EditPage", "records:write") },
          { path: "/visits/:id/amend", ...page(editor, "AmendPage", "records:finalize") },
          { path: "/search", ...page(search, "SearchPage", "records:read") },
          { path: "/templates", ...page(templates, "TemplatesPage", "records:read") },
          { path: "/admin/users", ...page(staff, "UsersPage", "users:admin") },
          { path: "/admin/storage", ...page(storage, "StoragePage", "storage:read") },
          { path: "/audit", ...page(audit, "AuditPage", "audit:read") },
          { path: "*", Component: NotFound },
        ],
      },
    ],
  },
];

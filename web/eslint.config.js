import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// The zones: app -> features -> ui, lib. A feature reaches another one only through its index.ts.
const baseUi = { regex: "^@base-ui/", message: "Only src/ui knows Base UI." };
const noApp = { regex: "/app/", message: "Only src/main.tsx imports from app." };
const noFeatures = { regex: "/features/", message: "ui and lib know no features." };
const onlyIndex = {
  regex: "^\\.\\./(?!\\.\\.)[^/]+/(?!index\\.tsx?$)",
  message: "A feature reaches another one only through its index.ts.",
};
const imports = (...patterns) => ({ "no-restricted-imports": ["error", { patterns }] });

const elements = [
  {
    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
    message: "Text from the service is text: build elements of it.",
  },
  {
    selector: "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML|cssText)$/]",
    message: "Text from the service is text: build elements of it.",
  },
  {
    selector: "JSXAttribute[name.name='type'] > Literal[value='number']",
    message: 'The mouse wheel changes number fields: use inputMode="decimal".',
  },
];

export default tseslint.config(
  { ignores: ["node_modules", "src/lib/api/schema.d.ts", "src/lib/api/bounds.ts"] },
  ...tseslint.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-restricted-globals": ["error", "localStorage", "sessionStorage"],
      "no-restricted-syntax": ["error", ...elements],
    },
  },
  { files: ["src/app/**"], rules: imports(baseUi) },
  { files: ["src/features/**"], rules: imports(baseUi, noApp, onlyIndex) },
  { files: ["src/lib/**"], rules: imports(baseUi, noApp, noFeatures) },
  { files: ["src/ui/**"], rules: imports(noApp, noFeatures) },
);

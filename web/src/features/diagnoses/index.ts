export { IcdField } from "./IcdField.tsx";

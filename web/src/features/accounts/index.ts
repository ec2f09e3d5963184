export { AcceptPage } from "./AcceptPage.tsx";
export { AccountPage } from "./AccountPage.tsx";
export { SignInPage } from "./SignInPage.tsx";
export { LockedPage } from "./LockedPage.tsx";

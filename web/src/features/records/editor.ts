export const EditPage = () => null;
export const AmendPage = () => null;

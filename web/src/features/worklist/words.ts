import { catalogue } from "../../lib/i18n/index.ts";

export const useWords = catalogue(
  {
    title: "Worklist",
    drafts: "Your drafts",
    allDrafts: "Drafts",
    noDrafts: "Nothing is waiting to be finished.",
    late: (count: number) =>
      count === 1 ? "One of yours is of a visit more than a day ago." : `${count} of yours are of visits more than a day ago.`,
    overdue: "Follow-ups overdue",
    noOverdue: "No follow-up is overdue.",
    due: "Follow-ups to come",
    noDue: "No follow-up is planned.",
    more: (count: number) => `${count} more`,
    since: (day: string) => `since ${day}`,
    dueOn: (day: string) => `due ${day}`,
    wasDue: (day: string) => `was due ${day}`,
    noComplaint: "No complaint written yet",
    refresh: "Read again",
    asOf: (time: string) => `As of ${time}`,
    find: "Find a patient",
  },
  {
    title: "Tareas",
    drafts: "Sus borradores",
    allDrafts: "Borradores",
    noDrafts: "No queda nada por terminar.",
    late: (count: number) =>
      count === 1 ? "Uno de los suyos es de una visita de hace más de un día." : `${count} de los suyos son de visitas de hace más de un día.`,
    overdue: "Seguimientos atrasados",
    noOverdue: "Ningún seguimiento está atrasado.",
    due: "Próximos seguimientos",
    noDue: "No hay seguimientos previstos.",
    more: (count: number) => `${count} más`,
    since: (day: string) => `desde ${day}`,
    dueOn: (day: string) => `previsto ${day}`,
    wasDue: (day: string) => `previsto ${day}`,
    noComplaint: "Aún sin motivo de consulta",
    refresh: "Leer de nuevo",
    asOf: (time: string) => `A las ${time}`,
    find: "Buscar un paciente",
  },
);

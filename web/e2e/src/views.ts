/** The parts of the server's answers that tests read. */

export interface HazardPage {
  items: { id: string; level: string; description: string }[];
}

export interface RecordView {
  id: string;
  fields: { name: string; shown: unknown; text: string; disputed: boolean }[];
  photos: { declared: number; stored: number; owed: number; items: { id: string; attached: { op: string } }[] };
  pending: { field: string; op: string }[];
}

export interface UserPage {
  items: { id: string; login: string }[];
}

export interface InspectionPage {
  items: { id: string; kind: string; submitted: boolean }[];
}

export interface Appendix2 {
  form: { numbers: Record<string, number>; unchecked: Record<string, number> };
}

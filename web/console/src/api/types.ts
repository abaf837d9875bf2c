/** The server's shapes by the names that the console uses. */
import type { components } from "@paicha/shared/api";

type Schemas = components["schemas"];

export type Act = Schemas["Act"];
export type ActDone = Schemas["ActDone"];
export type Appendix1 = Schemas["Appendix1Body"];
export type Appendix1Form = Schemas["Appendix1FormBody"];
export type Appendix2 = Schemas["Appendix2Body"];
export type Appendix2Form = Schemas["Appendix2FormBody"];
export type AreasImported = Schemas["AreasImported"];
export type Catalogue = Schemas["CatalogueView"];
export type CountedRecord = Schemas["CountedRecordBody"];
export type Device = Schemas["DeviceBody"];
export type FieldView = Schemas["FieldView"];
export type FigureItem = Schemas["FigureItem"];
export type FindingsMap = Schemas["FindingsMap"];
export type FlagItem = Schemas["FlagItem"];
export type FormAct = Schemas["FormAct"];
export type FormCheck = Schemas["Check"];
export type FormView = Schemas["FormView"];
export type HazardItem = Schemas["HazardItem"];
export type InspectionItem = Schemas["InspectionItem"];
export type Me = Schemas["MeBody"];
export type NewAccount = Schemas["NewAccount"];
export type PassedOver = Schemas["PassedOver"];
export type PendingView = Schemas["PendingView"];
export type PeopleImported = Schemas["PeopleImported"];
export type PhotoView = Schemas["PhotoView"];
export type PlacesImported = Schemas["PlacesImported"];
export type RecordView = Schemas["RecordView"];
export type Reminder = Schemas["Reminder"];
export type ReviewItem = Schemas["PageBody_ReviewItem"]["items"][number];
export type Role = Schemas["Role"];
export type Session = Schemas["SessionBody"];
export type TimelineEntry = Schemas["TimelineEntry"];
export type User = Schemas["UserBody"];
export type Village = Schemas["VillageItem"];

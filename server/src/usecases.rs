//! One file per thing somebody asks for, named by a verb phrase. Each opens its transaction, asks, lets a pure function decide, writes
//! and commits. No HTTP here, no SQL, no drivers. What a newcomer gets wrong: forgetting the commit loses the change, so saving is
//! always the visible last step.

pub mod act_on_hazard;
pub mod admit_operations;
pub mod append_upload;
pub mod caller;
pub mod cancel_upload;
pub mod check_blobs;
pub mod check_password;
pub mod check_readiness;
pub mod create_upload;
pub mod describe_caller;
pub mod examine_installation;
pub mod export_appendix1;
pub mod export_appendix2;
pub mod export_correction;
pub mod export_dossier;
pub mod export_ledger;
pub mod find_photo;
pub mod finish_photo;
pub mod form_area;
pub mod form_life;
pub mod greet_phone;
pub mod identify_caller;
pub mod import_areas;
pub mod import_people;
pub mod import_places;
pub mod import_report;
pub mod judge_integrity;
mod keyed_id;
pub mod list_figures;
pub mod list_findings_map;
pub mod list_flags;
pub mod list_hazards;
pub mod list_inspections;
pub mod list_places;
pub mod list_reminders;
pub mod list_reviews;
pub mod list_revision_records;
pub mod list_village_map;
pub mod list_villages;
pub mod load_grants;
pub mod load_village_map;
pub mod manage_devices;
pub mod manage_users;
pub mod open_installation;
pub mod projection;
pub mod pull_changes;
pub mod push_operations;
pub mod read_appendix1;
pub mod read_appendix2;
pub mod read_catalogue;
pub mod read_operation;
pub mod read_record;
pub mod read_upload;
pub mod reading;
pub mod refresh_session;
pub mod seed_demo;
pub mod settle_photos;
pub mod sign_in;
pub mod sign_out;
pub mod upload_access;
pub mod verify_store;
pub mod wording;

/// How the storage under a use case fails, by kind; callers turn it into their own words.
pub type StorageError = paicha_db::DbError;

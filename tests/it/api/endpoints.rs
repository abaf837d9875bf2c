//! Every endpoint of the OpenAPI document as a row: a request that is right in everything but perhaps the asker, and what each role gets.
//!
//! The walk itself is in `permissions`. What a newcomer gets wrong: "allowed" is the status that such a request has, also when
//! that is 404 or 422; "denied" is 403, or 404 where even existence is nobody's business.

use paicha::auth::permissions::{Action, Reach, allows};
use paicha_tests::app::SignedIn;
use serde_json::{Value, json};
use sync_protocol::ids::{DeviceId, UserId};
use sync_protocol::role::Role;
use uuid::Uuid;

/// The village in which every walker has the role.
pub(super) const VILLAGE: &str = "900000001001";
/// A village in which no walker has one.
pub(super) const FOREIGN_VILLAGE: &str = "900000001002";

/// The hazard in the walker's village, and the operation that made it.
pub(super) const OURS: (Uuid, Uuid) = (Uuid::from_u128(0xaaa1), Uuid::from_u128(0xaaa2));
/// The same in the foreign village.
pub(super) const THEIRS: (Uuid, Uuid) = (Uuid::from_u128(0xbbb1), Uuid::from_u128(0xbbb2));

/// Who walks, and what there is to walk over. A new one for each role.
pub(super) struct Scene {
    pub(super) role: Role,
    pub(super) device: DeviceId,
    /// Somebody else, of the foreign village, with a phone.
    pub(super) victim: SignedIn,
}

/// A request.
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) body: String,
}

/// One endpoint and case.
pub(super) struct Row {
    /// Method and path as in the document.
    pub(super) endpoint: &'static str,
    pub(super) request: fn(&Scene) -> Asked,
    pub(super) expected: Expected,
}

/// Who gets what.
#[derive(Clone, Copy)]
pub(super) enum Expected {
    /// Everybody, signed in or not.
    Public(u16),
    /// Everybody who is signed in.
    SignedIn(u16),
    /// Whoever is signed in on a phone; those without one get 403.
    OnPhone(u16),
    /// Those whose role reaches the action get this, the others 403.
    Reaching(Action, u16),
    /// Something of another person: whose role reaches everything gets this; who reaches only the own gets 404, the others 403.
    OfAnother(Action, u16),
    /// Those whose role reaches whole villages get this, the others 403: an empty list would claim that there is nothing.
    InVillages(Action, u16),
    /// Something of a foreign village: 404 for whom the action is open in other villages, 403 for the others.
    Foreign(Action),
}

impl Expected {
    pub(super) fn status(self, role: Role) -> u16 {
        let denied_or = |action, status| if allows(role, action) == Reach::No { 403 } else { status };
        match self {
            Self::Public(status) | Self::SignedIn(status) => status,
            Self::OnPhone(status) => denied_or(Action::Enrol, status),
            Self::Reaching(action, status) => denied_or(action, status),
            Self::OfAnother(action, status) => {
                denied_or(action, if allows(role, action) == Reach::All { status } else { 404 })
            }
            Self::InVillages(action, status) => in_villages(role, action, status),
            Self::Foreign(action) => in_villages(role, action, 404),
        }
    }

    pub(super) fn is_public(self) -> bool {
        matches!(self, Self::Public(_))
    }
}

/// Roles that reach their own records only get 403 from lists and details of villages.
fn in_villages(role: Role, action: Action, status: u16) -> u16 {
    match allows(role, action) {
        Reach::No | Reach::OwnRecords => 403,
        Reach::OwnVillages | Reach::All => status,
    }
}

fn get(path: impl Into<String>) -> Asked {
    Asked { path: path.into(), headers: Vec::new(), body: String::new() }
}

fn json_body(path: impl Into<String>, body: &Value) -> Asked {
    Asked { path: path.into(), headers: vec![("content-type", "application/json")], body: body.to_string() }
}

fn tus(path: impl Into<String>, more: &[(&'static str, &'static str)]) -> Asked {
    let headers = [("tus-resumable", "1.0.0")].into_iter().chain(more.iter().copied()).collect();
    Asked { path: path.into(), headers, body: String::new() }
}

fn of_victim(scene: &Scene, rest: &str) -> String {
    let user: UserId = scene.victim.user;
    format!("/v1/users/{user}{rest}")
}

fn sync_body(scene: &Scene, more: &Value) -> Value {
    let mut body =
        json!({ "proto": 1, "device": scene.device, "incarnation": Uuid::from_u128(scene.role as u128 + 1) });
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    body
}

const NEW_PHOTO: &[(&str, &str)] = &[
    ("upload-length", "3"),
    (
        "upload-metadata",
        "photo MDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx,sha256 MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA==,record MDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAx",
    ),
];

/// The rows, in the order they are asked: what destroys comes last.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    Row { endpoint: "GET /healthz", expected: Expected::Public(200), request: |_| get("/healthz") },
    Row { endpoint: "GET /readyz", expected: Expected::Public(200), request: |_| get("/readyz") },
    Row { endpoint: "GET /v1/openapi.json", expected: Expected::Public(200), request: |_| get("/v1/openapi.json") },
    Row { endpoint: "GET /v1/sync/config", expected: Expected::Public(200), request: |_| get("/v1/sync/config") },
    Row { endpoint: "OPTIONS /v1/uploads", expected: Expected::Public(204), request: |_| tus("/v1/uploads", &[]) },
    Row { endpoint: "OPTIONS /v1/uploads/{id}", expected: Expected::Public(204), request: |_| tus("/v1/uploads/x", &[]) },
    Row { endpoint: "POST /v1/auth/login", expected: Expected::Public(400), request: |_| json_body("/v1/auth/login", &json!({})) },
    Row { endpoint: "POST /v1/auth/refresh", expected: Expected::Public(400), request: |_| json_body("/v1/auth/refresh", &json!({})) },
    Row { endpoint: "GET /v1/me", expected: Expected::Reaching(Action::ReadOwnAccount, 200), request: |_| get("/v1/me") },

    Row { endpoint: "POST /v1/sync/hello", expected: Expected::OnPhone(200), request: |scene| json_body("/v1/sync/hello", &sync_body(scene, &json!({}))) },
    // Villages are left to the merge: work done under an older grant is never refused at the door.
    Row { endpoint: "POST /v1/sync/push", expected: Expected::OnPhone(200), request: |scene| json_body("/v1/sync/push", &sync_body(scene, &json!({ "ops": [] }))) },
    // What a pull may hold is a test of its own.
    Row { endpoint: "POST /v1/sync/pull", expected: Expected::OnPhone(200), request: |scene| json_body("/v1/sync/pull", &sync_body(scene, &json!({}))) },

    // Nobody learns from an upload what there is: unknown, of another village or of another phone are one answer.
    Row { endpoint: "POST /v1/uploads", expected: Expected::SignedIn(404), request: |_| tus("/v1/uploads", NEW_PHOTO) },
    Row { endpoint: "HEAD /v1/uploads/{id}", expected: Expected::SignedIn(404), request: |_| tus("/v1/uploads/unknown", &[]) },
    Row { endpoint: "PATCH /v1/uploads/{id}", expected: Expected::SignedIn(404), request: |_| tus("/v1/uploads/unknown", &[("upload-offset", "0"), ("content-type", "application/offset+octet-stream")]) },
    Row { endpoint: "POST /v1/uploads/{id}", expected: Expected::SignedIn(404), request: |_| tus("/v1/uploads/unknown", &[("x-http-method-override", "DELETE")]) },
    Row { endpoint: "DELETE /v1/uploads/{id}", expected: Expected::SignedIn(404), request: |_| tus("/v1/uploads/unknown", &[]) },
    Row { endpoint: "POST /v1/blobs/check", expected: Expected::SignedIn(200), request: |_| json_body("/v1/blobs/check", &json!({ "hashes": [] })) },

    Row { endpoint: "GET /v1/villages", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/villages") },
    Row { endpoint: "GET /v1/areas", expected: Expected::Reaching(Action::ManageUsers, 200), request: |_| get("/v1/areas") },
    Row { endpoint: "GET /v1/villages.geojson", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/villages.geojson") },
    Row { endpoint: "GET /v1/figures", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/figures?from=2023-05&to=2023-07") },
    Row { endpoint: "GET /v1/figures", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/figures?from=2023-05&to=2023-07&village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/hazards", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/hazards") },
    Row { endpoint: "GET /v1/hazards", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/hazards?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/hazards/{id}", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get(format!("/v1/hazards/{}", OURS.0)) },
    Row { endpoint: "GET /v1/hazards/{id}", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/hazards/{}", THEIRS.0)) },
    Row { endpoint: "POST /v1/hazards/{id}/acts", expected: Expected::InVillages(Action::ActOnFindings, 422), request: |_| json_body(format!("/v1/hazards/{}/acts", OURS.0), &json!({ "request": OURS.0, "base_rev": 1, "act": { "action": "void", "reason": "" } })) },
    Row { endpoint: "POST /v1/hazards/{id}/acts", expected: Expected::Foreign(Action::ActOnFindings), request: |_| json_body(format!("/v1/hazards/{}/acts", THEIRS.0), &json!({ "request": OURS.0, "base_rev": 1, "act": { "action": "void", "reason": "误报" } })) },
    Row { endpoint: "GET /v1/inspections", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/inspections") },
    Row { endpoint: "GET /v1/inspections", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/inspections?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/inspections/{id}", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/inspections/{}", THEIRS.0)) },
    Row { endpoint: "GET /v1/findings.geojson", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/findings.geojson") },
    Row { endpoint: "GET /v1/findings.geojson", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/findings.geojson?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/places", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/places") },
    Row { endpoint: "GET /v1/places", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/places?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/places/{id}", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/places/{}", THEIRS.0)) },
    Row { endpoint: "POST /v1/inspections/{id}/acts", expected: Expected::InVillages(Action::ActOnFindings, 404), request: |_| json_body(format!("/v1/inspections/{}/acts", OURS.0), &json!({ "request": OURS.0, "base_rev": 1, "act": { "action": "void", "reason": "" } })) },
    Row { endpoint: "GET /v1/flags", expected: Expected::InVillages(Action::ReadReviewItems, 200), request: |_| get("/v1/flags") },
    Row { endpoint: "GET /v1/flags", expected: Expected::Foreign(Action::ReadReviewItems), request: |_| get(format!("/v1/flags?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/forms/{form}/life", expected: Expected::InVillages(Action::ReadForms, 200), request: |_| get(format!("/v1/forms/appendix2/life?month=2023-06&village={VILLAGE}")) },
    Row { endpoint: "GET /v1/forms/{form}/life", expected: Expected::Foreign(Action::ReadForms), request: |_| get(format!("/v1/forms/appendix1/life?month=2023-06&village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "POST /v1/forms/{form}/life", expected: Expected::InVillages(Action::SubmitForm, 422), request: |_| json_body(format!("/v1/forms/appendix2/life?month=2023-06&village={VILLAGE}"), &json!({ "action": "submit" })) },
    Row { endpoint: "POST /v1/forms/{form}/life", expected: Expected::InVillages(Action::LockForm, 409), request: |_| json_body(format!("/v1/forms/appendix2/life?month=2023-06&village={VILLAGE}"), &json!({ "action": "lock" })) },
    Row { endpoint: "POST /v1/forms/{form}/life", expected: Expected::InVillages(Action::UnlockForm, 409), request: |_| json_body(format!("/v1/forms/appendix2/life?month=2023-06&village={VILLAGE}"), &json!({ "action": "approve_correction", "reason": "x" })) },
    Row { endpoint: "GET /v1/forms/{form}/correction", expected: Expected::InVillages(Action::ReadForms, 422), request: |_| get(format!("/v1/forms/appendix2/correction?month=2023-06&village={VILLAGE}&rev=1")) },
    Row { endpoint: "GET /v1/reminders", expected: Expected::InVillages(Action::ReadForms, 200), request: |_| get(format!("/v1/reminders?village={VILLAGE}")) },
    Row { endpoint: "POST /v1/operations/{id}/admit", expected: Expected::InVillages(Action::Review, 422), request: |_| json_body(format!("/v1/operations/{}/admit", OURS.1), &json!({})) },
    Row { endpoint: "POST /v1/operations/{id}/admit", expected: Expected::Foreign(Action::Review), request: |_| json_body(format!("/v1/operations/{}/admit", THEIRS.1), &json!({})) },
    Row { endpoint: "GET /v1/map", expected: Expected::SignedIn(200), request: |_| get("/v1/map") },
    Row { endpoint: "GET /v1/catalogue", expected: Expected::SignedIn(200), request: |_| get("/v1/catalogue?on=2023-06-12") },
    Row { endpoint: "GET /v1/hazards/{id}/dossier", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get(format!("/v1/hazards/{}/dossier", OURS.0)) },
    Row { endpoint: "GET /v1/hazards/{id}/dossier", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/hazards/{}/dossier?format=zip", THEIRS.0)) },
    Row { endpoint: "GET /v1/reviews", expected: Expected::InVillages(Action::ReadReviewItems, 200), request: |_| get("/v1/reviews") },
    Row { endpoint: "GET /v1/reviews", expected: Expected::Foreign(Action::ReadReviewItems), request: |_| get(format!("/v1/reviews?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/operations/{id}", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get(format!("/v1/operations/{}", OURS.1)) },
    Row { endpoint: "GET /v1/operations/{id}", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/operations/{}", THEIRS.1)) },
    Row { endpoint: "GET /v1/operations/{id}/bytes", expected: Expected::InVillages(Action::ReadOperationBytes, 200), request: |_| get(format!("/v1/operations/{}/bytes", OURS.1)) },
    Row { endpoint: "GET /v1/operations/{id}/bytes", expected: Expected::Foreign(Action::ReadOperationBytes), request: |_| get(format!("/v1/operations/{}/bytes", THEIRS.1)) },
    // No photo here; those of other villages and unknown ones must be one answer, which the tests of photos hold.
    Row { endpoint: "GET /v1/photos/{id}", expected: Expected::Foreign(Action::ReadPhotos), request: |_| get(format!("/v1/photos/{}", THEIRS.0)) },
    Row { endpoint: "GET /v1/photos/{id}/original", expected: Expected::Foreign(Action::ReadPhotos), request: |_| get(format!("/v1/photos/{}/original", THEIRS.0)) },
    Row { endpoint: "GET /v1/photos/{id}/preview", expected: Expected::Foreign(Action::ReadPhotos), request: |_| get(format!("/v1/photos/{}/preview", THEIRS.0)) },
    Row { endpoint: "GET /v1/photos/{id}/thumbnail", expected: Expected::Foreign(Action::ReadPhotos), request: |_| get(format!("/v1/photos/{}/thumbnail", THEIRS.0)) },

    Row { endpoint: "GET /v1/forms/appendix1", expected: Expected::InVillages(Action::ReadForms, 200), request: |_| get(format!("/v1/forms/appendix1?month=2023-06&format=json&village={VILLAGE}")) },
    Row { endpoint: "GET /v1/forms/appendix1", expected: Expected::Foreign(Action::ReadForms), request: |_| get(format!("/v1/forms/appendix1?month=2023-06&format=json&village={FOREIGN_VILLAGE}")) },

    Row { endpoint: "GET /v1/exports/ledger", expected: Expected::InVillages(Action::ReadForms, 200), request: |_| get("/v1/exports/ledger?format=csv") },
    Row { endpoint: "GET /v1/exports/ledger", expected: Expected::Foreign(Action::ReadForms), request: |_| get(format!("/v1/exports/ledger?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/forms/appendix2", expected: Expected::InVillages(Action::ReadForms, 200), request: |_| get(format!("/v1/forms/appendix2?month=2023-06&village={VILLAGE}")) },
    Row { endpoint: "GET /v1/forms/appendix2", expected: Expected::Foreign(Action::ReadForms), request: |_| get(format!("/v1/forms/appendix2?month=2023-06&village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "GET /v1/forms/appendix2/records", expected: Expected::InVillages(Action::ReadForms, 200), request: |_| get(format!("/v1/forms/appendix2/records?month=2023-06&number=1.3&village={VILLAGE}")) },
    Row { endpoint: "GET /v1/forms/appendix2/records", expected: Expected::Foreign(Action::ReadForms), request: |_| get(format!("/v1/forms/appendix2/records?month=2023-06&number=2.1&village={FOREIGN_VILLAGE}")) },

    Row { endpoint: "POST /v1/imports/areas", expected: Expected::Reaching(Action::ImportAreas, 422), request: |_| json_body("/v1/imports/areas", &json!({})) },
    Row { endpoint: "POST /v1/imports/enterprises", expected: Expected::Reaching(Action::ImportEnterprises, 422), request: |_| json_body("/v1/imports/enterprises", &json!({})) },
    Row { endpoint: "POST /v1/imports/rescue", expected: Expected::Reaching(Action::ImportRescue, 422), request: |_| json_body("/v1/imports/rescue", &json!({})) },
    Row { endpoint: "POST /v1/imports/people", expected: Expected::Reaching(Action::ImportPeople, 422), request: |_| json_body("/v1/imports/people", &json!({})) },

    Row { endpoint: "GET /v1/audit", expected: Expected::Reaching(Action::ReadAudit, 200), request: |_| get("/v1/audit?limit=200") },
    Row { endpoint: "GET /v1/devices", expected: Expected::Reaching(Action::ReadDevices, 200), request: |_| get("/v1/devices") },
    Row { endpoint: "GET /v1/inspectors", expected: Expected::InVillages(Action::HandOver, 200), request: |_| get("/v1/inspectors") },
    Row { endpoint: "POST /v1/handovers", expected: Expected::InVillages(Action::HandOver, 422), request: |scene| json_body("/v1/handovers", &json!({ "request": OURS.0, "from": scene.victim.user, "to": scene.victim.user, "villages": [VILLAGE], "reason": "x" })) },
    Row { endpoint: "POST /v1/handovers", expected: Expected::Foreign(Action::HandOver), request: |scene| json_body("/v1/handovers", &json!({ "request": OURS.0, "from": scene.victim.user, "to": OURS.0, "villages": [FOREIGN_VILLAGE], "reason": "x" })) },
    Row { endpoint: "GET /v1/tasks", expected: Expected::InVillages(Action::ReadFindings, 200), request: |_| get("/v1/tasks") },
    Row { endpoint: "GET /v1/tasks", expected: Expected::Foreign(Action::ReadFindings), request: |_| get(format!("/v1/tasks?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "POST /v1/tasks", expected: Expected::InVillages(Action::AssignTasks, 422), request: |_| json_body("/v1/tasks", &json!({ "request": OURS.0, "village": VILLAGE, "visit_kind": "patrol", "due": "someday" })) },
    Row { endpoint: "POST /v1/tasks", expected: Expected::Foreign(Action::AssignTasks), request: |_| json_body("/v1/tasks", &json!({ "request": OURS.0, "village": FOREIGN_VILLAGE, "visit_kind": "patrol", "due": "2999-01-01" })) },
    Row { endpoint: "POST /v1/tasks/{id}/changes", expected: Expected::Foreign(Action::AssignTasks), request: |_| json_body(format!("/v1/tasks/{}/changes", OURS.0), &json!({ "request": OURS.0, "change": { "action": "cancel", "reason": "x" } })) },
    Row { endpoint: "GET /v1/assignees", expected: Expected::InVillages(Action::AssignTasks, 200), request: |_| get(format!("/v1/assignees?village={VILLAGE}")) },
    Row { endpoint: "GET /v1/assignees", expected: Expected::Foreign(Action::AssignTasks), request: |_| get(format!("/v1/assignees?village={FOREIGN_VILLAGE}")) },
    Row { endpoint: "POST /v1/reminders", expected: Expected::InVillages(Action::AssignTasks, 422), request: |_| json_body("/v1/reminders", &json!({ "kind": "deadline", "area": VILLAGE, "record": THEIRS.0 })) },
    Row { endpoint: "POST /v1/reminders", expected: Expected::Foreign(Action::AssignTasks), request: |_| json_body("/v1/reminders", &json!({ "kind": "judge", "area": FOREIGN_VILLAGE, "record": THEIRS.0 })) },
    Row { endpoint: "GET /v1/users", expected: Expected::Reaching(Action::ManageUsers, 200), request: |_| get("/v1/users") },
    Row { endpoint: "GET /v1/users/{id}", expected: Expected::Reaching(Action::ManageUsers, 200), request: |scene| get(of_victim(scene, "")) },
    Row { endpoint: "POST /v1/users", expected: Expected::Reaching(Action::ManageUsers, 201), request: |scene| json_body("/v1/users", &json!({ "login": format!("made-{}", scene.role), "name": "测试", "password": "made password" })) },
    Row { endpoint: "POST /v1/users/{id}/grants", expected: Expected::Reaching(Action::ManageUsers, 200), request: |scene| json_body(of_victim(scene, "/grants"), &json!({ "role": "R1", "village": VILLAGE })) },
    Row { endpoint: "DELETE /v1/users/{id}/grants/{role}/{village}", expected: Expected::Reaching(Action::ManageUsers, 200), request: |scene| get(of_victim(scene, &format!("/grants/R1/{VILLAGE}"))) },
    Row { endpoint: "POST /v1/users/{id}/password", expected: Expected::Reaching(Action::ManageUsers, 204), request: |scene| json_body(of_victim(scene, "/password"), &json!({ "password": "stolen password" })) },
    Row { endpoint: "DELETE /v1/devices/{id}", expected: Expected::OfAnother(Action::RevokeDevice, 204), request: |scene| get(format!("/v1/devices/{}", scene.victim.device)) },
    Row { endpoint: "POST /v1/users/{id}/disable", expected: Expected::Reaching(Action::ManageUsers, 204), request: |scene| get(of_victim(scene, "/disable")) },
    Row { endpoint: "POST /v1/users/{id}/enable", expected: Expected::Reaching(Action::ManageUsers, 204), request: |scene| get(of_victim(scene, "/enable")) },
    Row { endpoint: "POST /v1/auth/logout", expected: Expected::SignedIn(204), request: |_| get("/v1/auth/logout") },
];

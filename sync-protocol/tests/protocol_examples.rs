//! The examples of `docs/protocol.md` are read with the types that the wire uses, so that the page cannot say what the code does not.

use std::path::Path;
use sync_protocol::op::{Body, Op};
use sync_protocol::pull::{ChangedRecord, PullRequest, PullResponse};
use sync_protocol::push::{PushRequest, PushResponse};
use sync_protocol::record::Verdict;
use sync_protocol::rescue::{RESCUE_VERSION, RescueOps};

/// The JSON blocks that follow `<!-- name -->`.
fn examples(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md");
    let page = std::fs::read_to_string(path).expect("the page is in the repository");
    let opening = format!("<!-- {name} -->\n```json\n");
    let blocks = page.split(&opening).skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_operations_are_read_as_what_they_mean() {
    let ops: Vec<Op> = examples("op").iter().map(|text| Op::parse(text.as_bytes()).expect(text)).collect();
    assert!(matches!(&ops[0].body, Body::Patch(set) if set.len() == 2));
    assert!(matches!(&ops[1].body, Body::PhotoAttach(photo) if photo.fix.is_some()));
    assert!(matches!(&ops[2].body, Body::Transition { evidence, .. } if evidence["verdict"] == "real"));
    assert!(matches!(&ops[3].body, Body::Resolve { verdict: Verdict::Approve, .. }));
    assert!(matches!(&ops[4].body, Body::LinkDuplicate { survivor: Some(_), .. }));
}

#[test]
fn the_envelopes_are_read_and_written_back() {
    let text = &examples("push request")[0];
    let request: PushRequest<'_> = serde_json::from_str(text).expect(text);
    assert_eq!(request.ops[0].seq, 41);
    let text = &examples("push response")[0];
    let response: PushResponse = serde_json::from_str(text).expect(text);
    assert_eq!(
        serde_json::from_str::<PushResponse>(&serde_json::to_string(&response).expect(text)).expect(text),
        response
    );
    let text = &examples("pull request")[0];
    assert_eq!(serde_json::from_str::<PullRequest>(text).expect(text).cursor, None);
    let text = &examples("pull response")[0];
    let page: PullResponse<ChangedRecord> = serde_json::from_str(text).expect(text);
    assert_eq!(page.villages[0].changes.len(), 2);
    assert_eq!(page.outcomes[0].status, "approved");
}

#[test]
fn a_rescue_file_names_its_phone_and_holds_operations_as_they_were_frozen() {
    let text = &examples("rescue file")[0];
    let file: RescueOps<'_> = serde_json::from_str(text).expect(text);
    assert_eq!((file.rescue, file.ops[0].seq, file.photos.len()), (RESCUE_VERSION, 41, 1));
    assert!(text.contains(file.ops[0].op.get()), "the bytes are those of the file");
}

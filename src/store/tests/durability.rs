//! The writer: groups, failures, full disks.

use super::*;

#[test]
fn what_is_put_is_read_back_and_the_follower_was_told_before_the_caller_goes_on() {
    let f = Fixture::new();
    let memory = f.memory("tm");
    let outcome = f.put(
        memory.id,
        draft(&[("en", "Hello"), ("fa", "سلام")]),
        Mode::Add,
    );
    assert_eq!(outcome, Outcome::Added(UnitId(1), 1));
    let unit = f.unit(UnitId(1)).unwrap();
    assert_eq!(unit.variants[1].text, "سلام");
    assert_eq!(unit.created.by.as_deref(), Some("putter"));
    let told = f.told.lock().unwrap();
    assert_eq!(told.len(), 2);
    assert!(matches!(&told[1].kind, ChangeKind::UnitPut(u) if **u == unit));
    assert_eq!(told[1].seq, f.head());
}

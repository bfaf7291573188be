//! The audit log: with its deed or not at all, filtered, and forgotten after its time.

use super::Fixture;
use crate::store::{Actor, AuditFilter, AuditPage, Deed, Error, KEEP_AUDIT};

fn who(name: &str) -> Actor {
    Actor {
        by: Some(name.into()),
        key: Some(format!("id-of-{name}")),
        request: Some("r1".into()),
    }
}

fn audit(store: &Fixture, name: &'static str, deed: Deed) {
    store.write(move |tx| tx.audit(&who(name), &deed)).unwrap();
}

fn page(store: &Fixture, before: Option<i64>, limit: usize, filter: &AuditFilter) -> AuditPage {
    store.read(|r| r.audit(before, limit, filter)).unwrap()
}

#[test]
fn a_deed_that_fails_is_not_written_down() {
    let store = Fixture::new();
    let failed = store.write(|tx| {
        tx.audit(&who("a"), &Deed::new("tried", "thing", "1"))?;
        Err::<(), _>(Error::NotFound { what: "thing" })
    });
    assert!(failed.is_err());
    assert_eq!(
        page(&store, None, 10, &AuditFilter::default()),
        AuditPage::default()
    );
}

#[test]
fn entries_come_newest_first_page_by_page_and_as_the_filter_says() {
    let store = Fixture::new();
    let memories = ["zero", "one", "two"].map(|name| store.memory(name).id);
    for n in 0..10_i64 {
        store.set_clock(1_000 + n);
        let deed = Deed::new(
            if n % 2 == 0 { "even" } else { "odd" },
            "thing",
            n.to_string(),
        );
        let deed = deed
            .within(memories[n as usize % 3])
            .revised(Some(n), Some(n + 1));
        audit(&store, if n < 5 { "ann" } else { "ben" }, deed);
    }
    let ids = |filter: &AuditFilter| {
        let (mut ids, mut before) = (Vec::new(), None);
        loop {
            let page = page(&store, before, 3, filter);
            ids.extend(page.entries.iter().map(|e| e.object_id.clone()));
            before = page.next;
            if before.is_none() {
                return ids.join(" ");
            }
        }
    };
    let all = AuditFilter::default();
    assert_eq!(ids(&all), "9 8 7 6 5 4 3 2 1 0");
    let by = |by: &str| AuditFilter {
        by: Some(by.into()),
        ..all.clone()
    };
    assert_eq!(ids(&by("ann")), "4 3 2 1 0");
    assert_eq!(ids(&by("id-of-ben")), "9 8 7 6 5");
    assert_eq!(ids(&by("nobody")), "");
    let filter = AuditFilter {
        action: Some("even".into()),
        memory: Some("zero".into()),
        since: Some(1_001),
        until: Some(1_009),
        ..all.clone()
    };
    assert_eq!(ids(&filter), "6");
    let newest = page(&store, None, 1, &all).entries.remove(0);
    assert_eq!(
        (newest.at, newest.before, newest.after),
        (1_009, Some(9), Some(10))
    );
    assert_eq!(newest.actor, who("ben"));
    assert_eq!(
        (newest.action.as_str(), newest.memory.as_deref()),
        ("odd", Some("zero"))
    );
}

#[test]
fn entries_are_kept_for_their_time_and_no_longer() {
    let store = Fixture::new();
    audit(&store, "ann", Deed::new("old", "thing", "1"));
    store.set_clock(1_000 + KEEP_AUDIT);
    audit(&store, "ann", Deed::new("new", "thing", "2"));
    let count = || {
        page(&store, None, 10, &AuditFilter::default())
            .entries
            .len()
    };
    store.write(|tx| tx.purge()).unwrap();
    assert_eq!(count(), 2);
    store.set_clock(1_001 + KEEP_AUDIT);
    store.write(|tx| tx.purge()).unwrap();
    assert_eq!(count(), 1);
}

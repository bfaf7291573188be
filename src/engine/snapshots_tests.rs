//! Snapshots where memories go and come back, the log is cut and the disk is full.

use std::sync::atomic::Ordering;

use super::super::Caller;
use super::super::trial::World;
use super::*;
use crate::model::Lang;
use crate::store::KEEP_CHANGES;

/// A place for snapshots that nothing else writes to.
fn place() -> (tempfile::TempDir, Snapshots) {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Snapshots::new(folder.path());
    (folder, snapshots)
}

fn write(world: &World, snapshots: &Snapshots, generation: usize) -> io::Result<()> {
    let snapshot = world.engine.index.snapshot().unwrap();
    snapshots.write(&snapshot, generation, &world.engine.store.epoch())
}

/// An index as the next start would have it, if a snapshot serves.
fn started(world: &World, snapshots: &Snapshots) -> Option<Index> {
    let index = Index::default();
    let loaded = snapshots.load(&index, &world.engine.store).unwrap();
    assert!(
        loaded || index.size().0 == 0,
        "what is refused leaves nothing"
    );
    loaded.then_some(index)
}

/// That the index has exactly the units of these texts, of which the store knows the memories and ids.
fn has_exactly(world: &World, index: &Index, units: &[(&str, &str, &str)]) {
    for (memory, id, text) in units {
        let (memory, id) = (world.id(memory), UnitId(id.parse().unwrap()));
        assert!(
            index.holds(memory, id, &Lang::parse("en").unwrap(), text),
            "{text}"
        );
    }
    let counted: u64 = index.census().iter().map(|(.., count)| count).sum();
    assert_eq!(counted, 2 * units.len() as u64, "two languages of each");
}

#[cfg(unix)]
#[test]
fn a_snapshot_is_for_the_servers_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new(&["news"]);
    world.add("news", "one house");
    let (_folder, snapshots) = place();
    write(&world, &snapshots, 0).unwrap();
    let mode = fs::metadata(snapshots.path(0))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn memories_that_went_and_came_back_since_are_as_they_are_now() {
    let world = World::new(&["news", "old", "gone"]);
    let one = world.add("news", "one house");
    let two = world.add("old", "two houses");
    world.add("gone", "three houses");
    let (_folder, snapshots) = place();
    write(&world, &snapshots, 0).unwrap();
    let index = started(&world, &snapshots).unwrap();
    assert_eq!(index.census().len(), 6);

    let local = Caller::local();
    let back = |name: &'static str| {
        let undeleted = world
            .engine
            .store
            .write(move |tx| tx.undelete_memory(name, None));
        undeleted.unwrap();
    };
    // Away and back, with an edit in between; away for good; and a name that another memory takes.
    world.engine.delete_memory(&local, "old").unwrap();
    back("old");
    let four = world.add("old", "four houses");
    world.engine.delete_memory(&local, "gone").unwrap();
    let expected = [
        ("news", &*one, "one house"),
        ("old", &*two, "two houses"),
        ("old", &*four, "four houses"),
    ];
    has_exactly(&world, &started(&world, &snapshots).unwrap(), &expected);

    world.engine.delete_memory(&local, "news").unwrap();
    world.make("news");
    let five = world.add("news", "five houses");
    let expected = [
        ("old", &*two, "two houses"),
        ("old", &*four, "four houses"),
        ("news", &*five, "five houses"),
    ];
    has_exactly(&world, &started(&world, &snapshots).unwrap(), &expected);
    world.engine.delete_memory(&local, "old").unwrap();
    has_exactly(
        &world,
        &started(&world, &snapshots).unwrap(),
        &expected[2..],
    );
}

#[test]
fn one_older_than_the_log_is_refused_and_a_newer_one_serves() {
    let world = World::new(&["news"]);
    let one = world.add("news", "one house");
    let (_folder, snapshots) = place();
    write(&world, &snapshots, 0).unwrap();
    let two = world.add("news", "two houses");
    world.clock.fetch_add(KEEP_CHANGES + 1, Ordering::Relaxed);
    let three = world.add("news", "three houses");
    while world.engine.store.write(|tx| tx.purge()).unwrap() {}
    assert!(started(&world, &snapshots).is_none());
    write(&world, &snapshots, 1).unwrap();
    let expected = [
        ("news", &*one, "one house"),
        ("news", &*two, "two houses"),
        ("news", &*three, "three houses"),
    ];
    has_exactly(&world, &started(&world, &snapshots).unwrap(), &expected);
}

#[test]
fn one_of_another_life_of_the_store_is_refused() {
    let world = World::new(&["news"]);
    world.add("news", "one house");
    let (_folder, snapshots) = place();
    write(&world, &snapshots, 0).unwrap();
    world.engine.store.write(|tx| tx.renew_epoch()).unwrap();
    assert!(started(&world, &snapshots).is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_what_was_written_before() {
    let world = World::new(&["news"]);
    let one = world.add("news", "one house");
    let (folder, snapshots) = place();
    write(&world, &snapshots, 0).unwrap();
    let two = world.add("news", "two houses");
    std::os::unix::fs::symlink("/dev/full", snapshots.draft()).unwrap();
    let error = write(&world, &snapshots, 1).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(!snapshots.path(1).exists());
    let expected = [("news", &*one, "one house"), ("news", &*two, "two houses")];
    has_exactly(&world, &started(&world, &snapshots).unwrap(), &expected);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "the draft is gone"
    );
    write(&world, &snapshots, 1).unwrap();
    has_exactly(&world, &started(&world, &snapshots).unwrap(), &expected);
}

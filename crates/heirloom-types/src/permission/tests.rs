use super::*;

#[test]
fn every_permission_reads_back_from_its_spelling() {
    for permission in Permission::EVERY {
        assert_eq!(permission.as_str().parse(), Ok(*permission));
    }
}

#[test]
fn all_allows_everything_and_a_single_one_only_itself() {
    assert!(Permissions::all().allows(Permission::TagAsset));
    let tags = Permissions::from_iter([Permission::TagRead]);
    assert!(tags.allows(Permission::TagRead));
    assert!(!tags.allows(Permission::TagAsset));
    assert!(Permissions::all().covers(&tags));
    assert!(!tags.covers(&Permissions::all()));
}

#[test]
fn vanilla() {
    use super::*;
    let headers = [("host".to_owned(), "example.amazonaws.com".to_owned())];
    let parts = RequestParts { method: "GET", path: "/", query: "", headers: &headers, body: b"" };
    let key = SigningKey {
        access_key_id: "AKIDEXAMPLE".into(),
        secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
        session_token: None,
    };
    let added = sign(&parts, &key, "us-east-1", "service", 1_440_938_160);
    assert!(
        added[1].1.ends_with("5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        "{added:?}"
    );
    let mut all = headers.to_vec();
    all.extend(added.iter().map(|(n, v)| ((*n).to_owned(), v.clone())));
    let parts = RequestParts { headers: &all, ..parts };
    let presented = read(&parts).unwrap();
    verify(&parts, &presented, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 1_440_938_160, 300)
        .unwrap();
}

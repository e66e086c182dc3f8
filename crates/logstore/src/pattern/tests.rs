//! Every table and vector of `cloudwatch-logs.md` §5, and laws.

mod json;
mod laws;

use super::*;

/// Of §5.4.
const ACCESS: &str =
    r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /apache_pb.gif HTTP/1.0" 200 1534"#;
const FLOW: &str = "2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 REJECT OK";
const NODATA: &str =
    "2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA";
fn check(cases: &[(&str, &str, bool)]) {
    for (pattern, message, expected) in cases {
        let compiled = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        assert_eq!(compiled.matches(message), *expected, "{pattern} on {message}");
        assert_eq!(compiled.extract(message).is_some(), *expected, "{pattern} on {message}");
    }
}

fn check_refused(cases: &[(&str, &str)]) {
    for (pattern, text) in cases {
        match Pattern::parse(pattern) {
            Ok(compiled) => panic!("{pattern} is taken: {compiled:?}"),
            Err(error) => assert_eq!(error.to_string(), *text, "{pattern}"),
        }
    }
}

fn extracted(pattern: &str, message: &str) -> String {
    let values = Pattern::parse(pattern).unwrap().extract(message).unwrap();
    values.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("|")
}

#[test]
fn an_empty_pattern_matches_everything() {
    check(&[
        ("", "anything", true),
        ("", "", true),
        (" ", "", true),
        ("\" \"", "anything", true),
        ("\" \"", "", true),
    ]);
    assert_eq!(Pattern::parse(" ").unwrap().to_string(), " ");
}

#[test]
fn terms_are_found_anywhere_in_their_case() {
    let (four_hundred, four_nineteen) =
        ("[ERROR 400] BAD REQUEST", "[ERROR 419] MISSING ARGUMENTS");
    check(&[
        ("ERROR", "[ERROR 400] BAD", true),
        ("ERROR", "error", false),
        ("ERROR ARGUMENTS", four_nineteen, true),
        ("ARGUMENTS ERROR", four_nineteen, true),
        ("ERROR ARGUMENTS", four_hundred, false),
        ("?ERROR ?ARGUMENTS", four_hundred, true),
        ("?ERROR ?ARGUMENTS", four_nineteen, true),
        ("?ERROR ?ARGUMENTS", "INFO", false),
        ("ERROR -ARGUMENTS", four_hundred, true),
        ("ERROR -ARGUMENTS", four_nineteen, false),
        ("-\"172.31.16.139\"", FLOW, false),
        ("-\"172.31.16.139\"", "10.0.0.1", true),
        ("\"INTERNAL SERVER ERROR\"", "[ERROR 500] INTERNAL SERVER ERROR", true),
        ("\"INTERNAL SERVER ERROR\"", "INTERNAL ERROR SERVER", false),
        ("%AUTHORIZED%", "UNAUTHORIZED", true),
        ("%AUTHORIZED%", "AUTHORIZED", true),
        ("%AUTHORIZED%", "authorized", false),
        ("\"[ERROR]\"", "an [ERROR] x", true),
        (r#""say \"no\" and C:\\""#, r#"say "no" and C:\"#, true),
        (r#""a\d""#, r"a\d", true),
        ("-%4[0-9]{2}%", "status 404", false),
        ("?%4[0-9]{2}% ?OK", "OK", true),
    ]);
}

#[test]
fn optional_terms_count_for_nothing_beside_others() {
    check(&[
        ("?ERROR ?ARGUMENTS REQUEST", "[INFO] REQUEST FAILED", true),
        ("?ERROR ?ARGUMENTS REQUEST", "ERROR x", false),
        ("?ERROR -ARGUMENTS", "INFO", true),
    ]);
}

#[test]
fn terms_select_flow_log_records() {
    check(&[
        ("REJECT", FLOW, true),
        ("reject", FLOW, false),
        ("\"REJECT OK\"", FLOW, true),
        ("?ACCEPT ?REJECT", FLOW, true),
        ("REJECT -OK", FLOW, false),
        ("REJECT -NODATA", FLOW, true),
        ("REJECT -NODATA", NODATA, false),
        (r"%172\.31\.[0-9]+\.21%", FLOW, true),
        (r"%172\.31\.[0-9]+\.22 %", FLOW, false),
    ]);
}

#[test]
fn what_is_no_term_is_refused_by_name() {
    check_refused(&[
        ("\"\"", "Invalid character(s) in term '\"\"'"),
        ("ERROR -\"\"", "Invalid character(s) in term '-\"\"'"),
        ("foo.bar", "Invalid character(s) in term 'foo.bar'"),
        ("ok foo.bar baz", "Invalid character(s) in term 'foo.bar'"),
        ("größe", "Invalid character(s) in term 'größe'"),
        ("?", "Invalid character(s) in term '?'"),
        ("a - b", "Invalid character(s) in term '-'"),
        ("?-a", "Invalid character(s) in term '?-a'"),
        ("\"a\"b c", "Invalid character(s) in term '\"a\"b'"),
        ("\"open", "Invalid character(s) in term '\"open'"),
        ("%open", "Invalid character(s) in term '%open'"),
        ("$a", "Invalid character(s) in term '$a'"),
        ("a}", "Invalid character(s) in term 'a}'"),
    ]);
    check_refused(&[("a ".repeat(513).as_str(), "Invalid filter pattern")]);
    assert!(Pattern::parse(&"a ".repeat(512)).is_ok());
}

#[test]
fn regexes_keep_to_their_subset() {
    check(&[
        (r"%\x28a\x29%", "f(a)", true),
        (r"%\d{2,}\s\w+$%", "at 42 x", true),
        (r"%^\D\S\W%", "ab!", true),
        (r"%^a{,2}b$%", "aab", true),
        (r"%^a{,2}b$%", "aaab", false),
        ("%x[{,]x%", "x0x", false),
        ("%^shutting down%", "shutting down now", true),
        ("%^shutting down%", "now shutting down", false),
        ("%a|b%", "xbx", true),
        (r"%\.%", "a", false),
        ("%caf.{2}$%", "café", true),
    ]);
    check_refused(&[
        ("%(a)%", "Invalid character(s) in term '%(a)%'"),
        ("%a!%", "Invalid character(s) in term '%a!%'"),
        ("%é%", "Invalid character(s) in term '%é%'"),
        (r"%\1%", r"Invalid character(s) in term '%\1%'"),
        (r"%\b%", r"Invalid character(s) in term '%\b%'"),
        (r"%\pL%", r"Invalid character(s) in term '%\pL%'"),
        (r"%\x2%", r"Invalid character(s) in term '%\x2%'"),
        ("%%", "Invalid character(s) in term '%%'"),
        ("%[a%", "Invalid filter pattern"),
        ("%a{100}{100}{100}%", "Invalid filter pattern"),
        ("%a% %b% %c%", "Invalid filter pattern"),
        ("[a=%a%, b=%b%, c=%c%]", "Invalid filter pattern"),
        ("{ $.a = %a% || $.b = %b% || $.c = %c% }", "Invalid filter pattern"),
    ]);
}

#[test]
fn columns_have_the_names_of_their_slots() {
    assert_eq!(
        extracted("[ip, identity, user_id, timestamp, request, status_code, size]", ACCESS),
        "$ip=127.0.0.1|$identity=-|$user_id=frank|$timestamp=10/Oct/2000:13:25:15 -0700|\
         $request=GET /apache_pb.gif HTTP/1.0|$status_code=200|$size=1534"
    );
    let positional = "$1=127.0.0.1|$2=-|$3=frank|$4=10/Oct/2000:13:25:15 -0700|\
                      $5=GET /apache_pb.gif HTTP/1.0";
    assert_eq!(extracted("[..., size]", ACCESS), format!("{positional}|$6=200|$size=1534"));
    assert_eq!(extracted("[]", ACCESS), format!("{positional}|$6=200|$7=1534"));
    assert_eq!(extracted("[...]", ACCESS), format!("{positional}|$6=200|$7=1534"));
    assert_eq!(
        extracted("[..., status_code=200, size]", ACCESS),
        format!("{positional}|$status_code=200|$size=1534")
    );
    assert!(
        extracted("[..., b, s, e, act, st]", FLOW)
            .ends_with("$9=20|$b=4249|$s=1418530010|$e=1418530070|$act=REJECT|$st=OK")
    );
    assert_eq!(extracted("[first, ..., last]", "a b c"), "$first=a|$2=b|$last=c");
    assert_eq!(extracted("[first, ...,]", "a b c"), "$first=a|$2=b|$3=c");
    assert_eq!(extracted("[]", ""), "");
    assert_eq!(extracted("ERROR", "ERROR"), "");
}

#[test]
fn the_last_slot_takes_what_is_left() {
    assert_eq!(
        extracted("[w1=ERROR, w2]", "ERROR 09/25/2014 12:00:02 Failed to \"process\" request "),
        "$w1=ERROR|$w2=09/25/2014 12:00:02 Failed to \"process\" request"
    );
    assert_eq!(extracted("[a, b]", "x [y z]"), "$a=x|$b=y z");
    assert_eq!(extracted("[a,]", "x y z"), "$a=x|$2=y z");
}

#[test]
fn conditions_select_columns() {
    check(&[
        ("[..., request=*.html*, status_code=4*,]", ACCESS, false),
        ("[..., request=*.gif*, status_code=2*,]", ACCESS, true),
        (
            "[ip, user, username, timestamp, request=*.gif*, status_code=404 || status_code=200, bytes>1000]",
            ACCESS,
            true,
        ),
        (r"[ip=%127\.0\.0\.[1-9]%, ...]", ACCESS, true),
        ("[ip=%^/service/resource/[0-9]+$%]", "/service/resource/17", true),
        ("[ip=%^/service/resource/[0-9]+$%]", "/service/resource/x", false),
        (
            "[version, account, eni, source, destination, srcport, destport=\"22\", protocol=\"6\", packets, bytes, windowstart, windowend, action=\"REJECT\", flowlogstatus]",
            FLOW,
            true,
        ),
        (
            "[v, a, eni, src=10.0.*, dst, sp, dp=443 || dp=8443, proto=6, pk, by>10000, s, e, act=ACCEPT, st=OK]",
            "2 1 eni-1 10.0.0.1 1.1.1.1 5 8443 6 9 10001 1 2 ACCEPT OK",
            true,
        ),
        (
            "[v, a, eni, src=10.0.*, dst, sp, dp=443 || dp=8443, proto=6, pk, by>10000, s, e, act=ACCEPT, st=OK]",
            FLOW,
            false,
        ),
        ("[..., action=REJECT, status]", FLOW, true),
        ("[..., action=REJECT, status]", NODATA, false),
        ("[..., status=NODATA]", NODATA, true),
        ("[..., status=NODATA]", FLOW, false),
        ("[v,a,e,src!=10.* && src!=172.16.*, ...]", FLOW, true),
        ("[v,a,e,src!=10.* && src!=172.31.*, ...]", FLOW, false),
        ("[v,a,i,src,dst,sp,dp<1024,...]", FLOW, true),
        ("[v,a,i,src,dst,sp,dp>1024,...]", FLOW, false),
        ("[v,a,i,src=172.31.*,...]", FLOW, true),
        ("[a,b,c,d,e,f,g,h,i,j,k,l,m,n]", FLOW, true),
        ("[a,b,c,d,e,f,g,h,i,j,k,l,m,n,o]", FLOW, false),
        ("[a,b,c,d,e,f,g,h,i,j,k,l,m,n,...]", FLOW, true),
        ("[a,b,c,d,e,f,g,...,h,i,j,k,l,m,n]", FLOW, true),
        ("[a,b,c,d,e,f,g,...,h,i,j,k,l,m,n,o]", FLOW, false),
        ("[(a=1 || a=2) && a!=2]", "1", true),
        ("[(a=1 || a=2) && a!=2]", "2", false),
        ("[a=1 || a=2 && a=3]", "1", true),
    ]);
}

#[test]
fn numbers_compare_as_numbers_and_text_as_text() {
    check(&[
        ("[a=200]", "200.0", true),
        ("[a=\"200\"]", "200.0", false),
        ("[a=1e3]", "1000", true),
        ("[a>=10]", "9", false),
        ("[a>=10]", "10", true),
        ("[a<=-1.5]", "-2", true),
        ("[a<5]", "-", false),
        ("[a>5]", "-", false),
        ("[a>\"5\"]", "6", true),
        ("[a!=5]", "-", true),
        ("[a<5]", "inf", false),
        ("[a>5]", "inf", false),
        ("[a>5]", "0x10", false),
        ("[a=OK]", "ok", false),
        ("[a=OK]", "OKAY", false),
        ("[a=O*Y]", "OKAY", true),
        ("[a=*KA*Y*]", "OKAY", true),
        ("[a=O*O]", "O", false),
        ("[a=*]", "", false),
        ("[a=\"\", ...]", "\"\" x", true),
        ("[a=12345678901234567]", "12345678901234568", false),
    ]);
}

#[test]
fn what_are_no_columns_is_refused() {
    let invalid = "Invalid filter pattern";
    check_refused(&[
        ("[a, b", invalid),
        ("[", invalid),
        ("[status_code = 4* && bytes > 1000]", invalid),
        ("[..., a, ...]", invalid),
        ("[a,,b]", invalid),
        ("[,]", invalid),
        ("[a b]", invalid),
        ("[a=]", invalid),
        ("[a=1 ||]", invalid),
        ("[(a=1]", invalid),
        ("[a=1)]", invalid),
        ("[(a)]", invalid),
        ("[=1]", invalid),
        ("[a==1]", invalid),
        ("[a<b]", invalid),
        ("[a>4*]", invalid),
        ("[a=1] x", invalid),
        ("[a=x/y]", "Invalid character(s) in term 'x/y'"),
        ("[a=-]", "Invalid character(s) in term '-'"),
        ("[a=\"x]", "Invalid character(s) in term '\"x'"),
    ]);
    check_refused(&[(format!("[{}a=1{}]", "(".repeat(200), ")".repeat(200)).as_str(), invalid)]);
}

//! An answer, and whether it is the refusal that it should be.

use flowlogd_aws::codec::{Node, xml};

/// How a service writes its refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `vpc-filtering.md` §9.3.
    Ec2,
    /// `iam-sts-sigv4-cloudtrail.md` §5.1.
    Query,
    /// `cloudwatch-logs.md` §1.3.
    Json,
}

/// What came back; a status of 0 if nothing did.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// What a refusal says in any shape.
struct Refusal {
    code: String,
    message: String,
    /// JSON has it in the header alone.
    request_id: Option<String>,
}

impl Answer {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).expect("an answer is UTF-8");
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(text.is_empty(), "no HTTP: {text}");
            return Self::default();
        };
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Returns the text of the first element of a name.
    pub(crate) fn element(&self, name: &str) -> &str {
        let after = self.body.split_once(&format!("<{name}>")).unwrap().1;
        after.split_once('<').unwrap().0
    }

    pub(crate) fn is_refusal(
        &self,
        shape: Shape,
        status: u16,
        code: &str,
        says: &str,
    ) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{what} (expected {status} {code}): {self:?}"));
        if self.status != status {
            return wrong("the status");
        }
        let id = self.header("x-amzn-requestid");
        if id.len() != 36 || !id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-')) {
            return wrong("no request id in the header");
        }
        // Clients set their clocks by it (`iam-sts-sigv4-cloudtrail.md` §8.3).
        if !self.header("date").ends_with(" GMT") {
            return wrong("no date");
        }
        let content_type = match shape {
            Shape::Ec2 => "text/xml;charset=UTF-8",
            Shape::Query => "text/xml",
            Shape::Json => "application/x-amz-json-1.1",
        };
        if self.header("content-type") != content_type {
            return wrong("the content type");
        }
        let Some(refusal) = self.refusal(shape) else { return wrong("the shape") };
        if refusal.request_id.is_some_and(|inner| inner != id) {
            return wrong("two request ids");
        }
        if refusal.code != code {
            return wrong("the code");
        }
        if refusal.message.is_empty() || !refusal.message.contains(says) {
            return wrong(&format!("the message does not say '{says}'"));
        }
        Ok(())
    }

    fn refusal(&self, shape: Shape) -> Option<Refusal> {
        if shape == Shape::Json {
            let body: serde_json::Value = serde_json::from_str(&self.body).ok()?;
            return Some(Refusal {
                code: body["__type"].as_str()?.to_owned(),
                message: body["message"].as_str()?.to_owned(),
                request_id: None,
            });
        }
        // Nobody may smuggle in what XML has no place for.
        if self.body.chars().any(|char| char.is_control() && char != '\n') {
            return None;
        }
        let document = xml::parse(&self.body).ok()?;
        let text = |node: &Node, name: &str| Some(node.get(name)?.text()?.to_owned());
        let (root, error, id) = match shape {
            Shape::Ec2 => ("<Response><", document.get("Errors")?.get("Error")?, "RequestID"),
            Shape::Query | Shape::Json => {
                ("<ErrorResponse xmlns=", document.get("Error")?, "RequestId")
            }
        };
        if !self.body.contains(root) {
            return None;
        }
        if shape == Shape::Query && text(error, "Type")? != "Sender" {
            return None;
        }
        Some(Refusal {
            code: text(error, "Code")?,
            message: text(error, "Message")?,
            request_id: Some(text(&document, id)?),
        })
    }
}

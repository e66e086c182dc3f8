//! A request that can be bent anywhere.

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As in the request line.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn post(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: vec![
                ("host".to_owned(), "flowlogd.test:4566".to_owned()),
                ("content-type".to_owned(), content_type.to_owned()),
            ],
            body: body.into(),
        }
    }

    pub(crate) fn form(body: impl Into<Vec<u8>>) -> Self {
        Self::post("application/x-www-form-urlencoded; charset=utf-8", body)
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::form("").method("GET").without("content-type").target(target)
    }

    /// `GetCallerIdentity`.
    pub(crate) fn caller() -> Self {
        Self::form("Action=GetCallerIdentity&Version=2011-06-15")
    }

    /// Parameters without `Version`.
    pub(crate) fn ec2(form: &str) -> Self {
        Self::form(format!("Version=2016-11-15&{form}"))
    }

    /// Parameters without `Version`.
    pub(crate) fn iam(form: &str) -> Self {
        Self::form(format!("Version=2010-05-08&{form}"))
    }

    pub(crate) fn logs(operation: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::post("application/x-amz-json-1.1", body)
            .with("x-amz-target", &format!("Logs_20140328.{operation}"))
    }

    pub(crate) fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub(crate) fn target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(header, _)| header != name);
        self
    }

    /// Changes the value of a header that is there.
    pub(crate) fn change(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        let header = self.headers.iter_mut().find(|(header, _)| header == name);
        let (_, value) = header.expect("the header is there");
        *value = change(value);
        self
    }

    pub(crate) fn authorization(self, value: &str) -> Self {
        self.without("authorization").with("authorization", value)
    }

    /// Replaces a part of the `Authorization` header that is there.
    pub(crate) fn reauthorize(self, from: &str, to: &str) -> Self {
        self.change("authorization", |value| {
            assert!(value.contains(from), "{value} has no {from}");
            value.replacen(from, to, 1)
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The request as it travels; its length is told unless a header says something else of it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if self.header("content-length").or_else(|| self.header("transfer-encoding")).is_none() {
            bytes.extend_from_slice(format!("content-length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"connection: close\r\n\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

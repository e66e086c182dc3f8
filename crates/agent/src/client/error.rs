//! What can come instead of an answer.

use std::path::PathBuf;

use flowlogd_aws::codec::{Node, xml};

/// What cannot be a client's settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// No URL.
    #[error("'{0}' is no endpoint: it would be http://HOST:PORT or https://HOST:PORT")]
    Endpoint(String),
    /// Certificates that cannot be read.
    #[error("the certificates in {0}: {1}")]
    Certificates(PathBuf, String),
    /// TLS itself.
    #[error("TLS: {0}")]
    Tls(String),
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It did not arrive, or nothing came back.
    #[error("the service cannot be reached: {0}")]
    Transport(String),
    /// The service refused.
    #[error("{code}: {message}")]
    Service {
        /// HTTP status.
        status: u16,
        /// `AccessDeniedException`, ….
        code: String,
        /// For people.
        message: String,
    },
    /// The answer is not what it should be.
    #[error("the answer cannot be read: {0}")]
    Malformed(String),
}

impl CallError {
    pub(super) fn transport(error: hyper_util::client::legacy::Error) -> Self {
        // The innermost cause says it: "Connection refused".
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Self::Transport(cause.to_string())
    }

    /// The answer is not what it should be.
    pub const fn malformed(text: String) -> Self {
        Self::Malformed(text)
    }

    pub(super) fn of_json(status: u16, body: &[u8]) -> Self {
        let value: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(|value| value.as_str());
        let code = text("__type").unwrap_or("Unknown");
        let code = code.rsplit('#').next().unwrap_or(code).to_owned();
        let message = text("message").or_else(|| text("Message")).unwrap_or_default().to_owned();
        Self::Service { status, code, message }
    }

    pub(super) fn of_xml(status: u16, body: &str) -> Self {
        let root = xml::parse(body).unwrap_or_default();
        // EC2 has Errors/Error, the others Error.
        let error = root.get("Errors").and_then(|errors| errors.get("Error")).or(root.get("Error"));
        let text = |name: &str| {
            error
                .and_then(|error| error.get(name))
                .and_then(Node::text)
                .unwrap_or_default()
                .to_owned()
        };
        let code = text("Code");
        let code = if code.is_empty() { "Unknown".to_owned() } else { code };
        Self::Service { status, code, message: text("Message") }
    }

    /// The code of the service's refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Service { code, .. } => Some(code),
            Self::Transport(_) | Self::Malformed(_) => None,
        }
    }

    /// Whether the caller may not.
    pub fn is_access_denied(&self) -> bool {
        matches!(
            self.code(),
            Some("AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation")
        )
    }

    /// Whether it was too much at once.
    pub fn is_throttled(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "Throttling"
                    | "ThrottlingException"
                    | "RequestLimitExceeded"
                    | "LimitExceededException"
            )
        )
    }

    /// Whether the credential does not hold any more.
    pub fn is_expired_token(&self) -> bool {
        matches!(
            self.code(),
            Some(
                "ExpiredToken"
                    | "ExpiredTokenException"
                    | "UnrecognizedClientException"
                    | "InvalidClientTokenId"
            )
        )
    }

    /// Whether what it was about is not there.
    pub fn is_missing_resource(&self) -> bool {
        matches!(self.code(), Some("ResourceNotFoundException" | "NoSuchEntity"))
    }

    /// Whether it is there already.
    pub fn is_already_there(&self) -> bool {
        self.code() == Some("ResourceAlreadyExistsException")
    }

    /// Whether trying again later may help: the service is away, or has a fault of its own.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(_) | Self::Malformed(_) => true,
            Self::Service { status, .. } => *status >= 500,
        }
    }
}
